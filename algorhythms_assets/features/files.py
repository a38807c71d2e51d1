"""Reads audio features from a file."""

from pathlib import Path
from typing import Any

import pandas as pd
from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, LIMITS
from algorhythms_ask.songs import track_id

from algorhythms_assets.resources.store import InputError

_KEYS = ("track_uri", "uri", "track_id", "id")


def read_features(path: Path) -> tuple[pd.DataFrame, int]:
    """Returns valid features with the track's URI as index, and how many rows were not valid.

    Raises:
        InputError: the file cannot be read, or a column is missing.
    """
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"the audio features in {path} cannot be read: {error}") from error
    key = next((name for name in _KEYS if name in table.columns), None)
    missing = [name for name in FEATURES if name not in table.columns]
    if key is None or missing:
        lacking = ", ".join(missing if key else [f"one of {'/'.join(_KEYS)}", *missing])
        raise InputError(f"the audio features in {path} lack the columns: {lacking}")
    # As integers, durations beyond 4.6 hours could not become float32 without an error.
    values = table[list(FEATURES)].apply(pd.to_numeric, errors="coerce").astype("float64")
    uris = table[key].map(_full)
    valid = uris.notna() & ~uris.duplicated()
    for name in FEATURES:
        low, high = LIMITS[name]
        valid &= values[name].between(low, high)
    for name in CATEGORICAL_FEATURES:
        valid &= values[name] % 1 == 0
    return values[valid].set_index(uris[valid]), int((~valid).sum())


def _full(identifier: Any) -> str | None:
    try:
        return track_id(str(identifier))
    except ValueError:
        return None
