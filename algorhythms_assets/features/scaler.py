"""Fits the transformation of the 13 features to at most 29 network inputs, on tracks of training playlists only."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from algorhythms_ask.features import FEATURES, NUMERIC_FEATURES, ONE_HOT
from numpy.typing import NDArray

from algorhythms_assets.contracts import AUDIO_FEATURES, SCALER, TRACK_METADATA, NoConfig
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import Store, write_json


def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Fit min-max ranges of the numeric features; the classes of the others are fixed."""
    tracks, values = load_features(work.store)
    playlists = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet", columns=["playlists"])["playlists"]
    trained = pd.DataFrame(values[playlists.to_numpy()[tracks] > 0], columns=list(FEATURES))
    # An input that never occurs in training would be meaningless.
    seen = trained.loc[:, trained.notna().any()]
    missing = [name for name in FEATURES if name not in seen.columns]

    def write(folder: Path) -> None:
        write_json(folder / "description.json", {"features": bool(len(trained)), "fitted_on": len(trained)})
        if len(trained):
            lowest, highest = seen.min().tolist(), seen.max().tolist()
            ranges = dict(zip(seen.columns, zip(lowest, highest, strict=True), strict=True))
            write_json(folder / "scaler.json", {name: ranges[name] for name in NUMERIC_FEATURES if name in ranges})
            write_json(folder / "one_hot.json", {name: c for name, c in ONE_HOT.items() if name in ranges})

    work.write_folder(write)
    told = {"features missing": ", ".join(missing)} if len(trained) and missing else {}
    return {"features": bool(len(trained)), "fitted on": len(trained), **told}


def load_features(store: Store) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the tracks that have features, int64 [n] rising, and the features, float32 [n, 13] in `FEATURES`' order.

    A missing number is replaced by the mean of training tracks. A missing class, and a feature that no training track
    has, is NaN.
    """
    features = pq.read_table(store.path(AUDIO_FEATURES))
    if not len(features):
        return np.zeros(0, np.int64), np.zeros((0, len(FEATURES)), np.float32)
    known = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet", columns=["track_uri", "playlists"])
    # Both are ordered by URI, so the rows found are in the order of the features.
    tracks = np.flatnonzero(known["track_uri"].to_pandas().isin(features["track_uri"].to_pandas()))
    values = pd.DataFrame({name: features[name].cast(pa.float32()).to_numpy() for name in FEATURES})
    trained = values[known["playlists"].to_numpy()[tracks] > 0]
    # Zero would mean the lowest value.
    values = values.fillna(trained[list(NUMERIC_FEATURES)].mean())
    return tracks, values.to_numpy(np.float32)


if __name__ == "__main__":
    run(build, SCALER, NoConfig)
