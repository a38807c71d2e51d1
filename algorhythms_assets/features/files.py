"""Reads audio features from a file: the rows that name tracks, the values that are possible, and warnings."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, LIMITS

from algorhythms_assets.features.rows import Rows, read_rows
from algorhythms_assets.resources.store import InputError

_UNIT_FEATURES = [name for name in FEATURES if LIMITS[name] == (0, 1) and name not in CATEGORICAL_FEATURES]
_SHORTEST_MS = 1000


@dataclass(frozen=True)
class FileFeatures:
    """Valid features by track URI, NaN where one is missing; and how many rows were invalid, or repeated a track."""

    features: pd.DataFrame
    refused: int = 0
    repeated: int = 0
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_features(path: Path, known: Collection[str] = ()) -> FileFeatures:
    """Returns the features in a file; `known` are track identifiers besides Spotify's.

    A feature without a value in any row is missing. A row without a value that other rows have, or with an impossible
    one, is invalid; of the valid rows of a track the first is used.

    Raises:
        InputError: the file cannot be read, has no valid features, or its values are in another unit.
    """
    rows = read_rows(path, known)
    values = rows.values
    missing = [name for name in FEATURES if not values[name].notna().any()]
    present = [name for name in FEATURES if name not in missing]
    _check_units(path, rows)
    # Any table of playlists has durations.
    if present in ([], ["duration_ms"]):
        raise InputError(
            f"{path} has no audio features: {_why_missing(rows, missing)}. "
            "Some programs, such as Exportify, write them only if you enable that."
        )
    valid = _valid(values[present])
    counts = valid & ~rows.uris.where(valid).duplicated()
    invalid = values.loc[~valid, present]
    rows.left_out.add(((number, _reason(row)) for number, row in invalid.iterrows()), len(invalid))
    if not counts.any():
        raise InputError(f"{path}: no row has valid features: {rows.left_out}")
    refused, repeated = rows.left_out.count, int((valid & ~counts).sum())
    warnings = []
    if missing:
        warnings.append(f"{path}: features missing, which the model does without: {_why_missing(rows, missing)}")
    if refused:
        warnings.append(f"{path}: {_rows(refused)} skipped: {rows.left_out}")
    if repeated:
        warnings.append(f"{path}: {_rows(repeated)} skipped as duplicates: the first valid row of a track is used")
    features = values[counts].set_axis(pd.Index(rows.uris[counts], dtype="object"))
    return FileFeatures(features, refused, repeated, missing, warnings)


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _valid(values: pd.DataFrame) -> pd.Series:
    valid = pd.Series(data=True, index=values.index)
    for name in values:
        valid &= values[name].between(*LIMITS[name])
        if name in CATEGORICAL_FEATURES:
            valid &= values[name] % 1 == 0
    return valid


def _check_units(path: Path, rows: Rows) -> None:
    percent = [
        rows.headings[name]
        for name in _UNIT_FEATURES
        if _most(rows.values[name], 1, 100) or rows.examples.get(name, "").endswith("%")
    ]
    if percent:
        raise InputError(
            f"{path}: values of {', '.join(percent)} look like percentages, but must be 0 to 1: divide them by 100"
        )
    if _most(rows.values["duration_ms"], 0, _SHORTEST_MS):
        raise InputError(
            f"{path}: values of {rows.headings['duration_ms']} are not milliseconds: most are less than a second. "
            "If it has seconds or minutes, rename the column to duration_s or duration_min"
        )


def _most(values: pd.Series, low: float, high: float) -> bool:
    """Returns whether more than half of the numbers exceed `low` and nine of ten are at most `high`."""
    numbers = values[np.isfinite(values)]
    return bool(len(numbers)) and bool((numbers > low).mean() > 0.5) and bool(numbers.quantile(0.9) <= high)


def _why_missing(rows: Rows, missing: list[str]) -> str:
    """Describes which features have no column, and which have a column without values."""
    absent = [name for name in missing if name not in rows.headings]
    told = [f"no column for {', '.join(absent)}"] if absent else []
    for name in missing:
        if name in rows.headings:
            example = f"has {rows.examples[name]!r}, which is not understood" if name in rows.examples else "is empty"
            told.append(f"the column {rows.headings[name]!r} {example}")
    return "; ".join(told)


def _reason(row: pd.Series) -> str:
    for name, value in row.items():
        low, high = LIMITS[str(name)]
        if pd.isna(value):
            return f"has no number for {name}"
        if not low <= value <= high:
            return f"has {value:g} for {name}, which must be {low:g} to {high:.9g}"
        if name in CATEGORICAL_FEATURES and value % 1:
            return f"has {value:g} for {name}, which must be a whole number"
    return "has no valid features"
