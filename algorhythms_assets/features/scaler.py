"""Fits what turns the 13 features into 29 network inputs, on tracks of training playlists alone."""

from pathlib import Path
from typing import Any

import numpy as np
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
    values = values[playlists.to_numpy()[tracks] > 0]

    def write(folder: Path) -> None:
        write_json(folder / "description.json", {"features": bool(len(values)), "fitted_on": len(values)})
        if len(values):
            numeric = values[:, : len(NUMERIC_FEATURES)]
            ranges = zip(numeric.min(axis=0).tolist(), numeric.max(axis=0).tolist(), strict=True)
            write_json(folder / "scaler.json", dict(zip(NUMERIC_FEATURES, ranges, strict=True)))
            write_json(folder / "one_hot.json", ONE_HOT)

    work.write_folder(write)
    return {"features": bool(len(values)), "fitted on": len(values)}


def load_features(store: Store) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the tracks that have features, int64 [n] rising, and these, float32 [n, 13] in `FEATURES`' order."""
    features = pq.read_table(store.path(AUDIO_FEATURES))
    uris = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet", columns=["track_uri"])["track_uri"]
    # Both are ordered by URI, so the rows found come out in the order of the features.
    tracks = np.flatnonzero(uris.to_pandas().isin(features["track_uri"].to_pandas()))
    columns = [features[name].cast(pa.float32()).to_numpy() for name in FEATURES]
    return tracks, np.stack(columns, axis=1) if len(tracks) else np.zeros((0, len(FEATURES)), np.float32)


if __name__ == "__main__":
    run(build, SCALER, NoConfig)
