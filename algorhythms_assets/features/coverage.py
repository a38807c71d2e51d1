"""How much of a snapshot has features, and whether they are plausible: figures for metadata and checks."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from algorhythms_ask.features import FEATURES, LIMITS


def shares(tracks: pa.Table, with_features: Collection[str]) -> dict[str, float]:
    """Returns the share of tracks that have features, and of their plays: occurrences in training playlists."""
    if not tracks.num_rows:
        return {"share of tracks": 0.0, "share of plays": 0.0}
    has = pc.is_in(tracks["track_uri"], pa.array(list(with_features), pa.string())).to_numpy()
    # A snapshot may have no plays; the smallest weight keeps the mean defined.
    plays = float(np.average(has, weights=tracks["playlists"].to_numpy() + 1e-9))
    return {"share of tracks": round(float(has.mean()), 4), "share of plays": round(plays, 4)}


def ranges(features: pa.Table) -> list[dict[str, Any]]:
    """Returns for each feature its lowest and highest value, its allowed range, and how many rows are out of range.

    `missing` counts rows without it. A value that is not a number is out of range.
    """
    rows = []
    for name in FEATURES:
        low, high = LIMITS[name]
        # A limit such as 0.1 has no exact float32, so the values are widened instead of rounding the limits.
        values = features[name].cast(pa.float64()).to_numpy()
        inside = (values >= low) & (values <= high)
        finite = values[np.isfinite(values)]
        ends = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
        rows.append({"feature": name, "lowest": ends[0], "highest": ends[1], "allowed": (low, high)})
        rows[-1] |= {"outside": int((~inside).sum()) - features[name].null_count, "missing": features[name].null_count}
    return rows
