"""Takes the features of the snapshot's tracks out of a file; tracks without features are simply absent."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from algorhythms_ask.features import FEATURES, LIMITS
from algorhythms_ask.songs import track_id

from algorhythms_assets.contracts import AUDIO_FEATURES, AUDIO_FEATURES_SCHEMA, TRACK_METADATA
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import InputError

_KEYS = ("track_uri", "uri", "track_id", "id")


def build(work: Work[AudioFeaturesConfig]) -> dict[str, Any]:
    """Take the audio features of the snapshot's tracks out of a file."""
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet", columns=["track_uri", "playlists"])
    if work.config.source == "none":
        work.write_file(AUDIO_FEATURES_SCHEMA.empty_table(), AUDIO_FEATURES_SCHEMA)
        return {"dagster/row_count": 0, "source": "none: the model works without audio features"}
    features, refused = read_features(Path(work.config.source))
    wanted = tracks.to_pandas()
    found = features[features.index.isin(wanted["track_uri"])].sort_index()
    if refused:
        work.log.warning("%d rows of %s have no valid features and were left out", refused, work.config.source)
    work.write_file(pa.Table.from_pandas(found.reset_index(names="track_uri")), AUDIO_FEATURES_SCHEMA)
    has = wanted["track_uri"].isin(found.index)
    return {
        "dagster/row_count": len(found),
        "source": work.config.source,
        "rows refused": refused,
        "share of tracks": round(float(has.mean()), 4),
        "share of plays": round(float(np.average(has, weights=wanted["playlists"] + 1e-9)), 4),
    }


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
    values = table[list(FEATURES)].apply(pd.to_numeric, errors="coerce")
    uris = table[key].map(_full)
    valid = uris.notna() & ~uris.duplicated()
    for name in FEATURES:
        low, high = LIMITS[name]
        valid &= values[name].between(low, high)
    return values[valid].set_index(uris[valid]), int((~valid).sum())


def _full(identifier: Any) -> str | None:
    try:
        return track_id(str(identifier))
    except ValueError:
        return None


if __name__ == "__main__":
    run(build, AUDIO_FEATURES, AudioFeaturesConfig)
