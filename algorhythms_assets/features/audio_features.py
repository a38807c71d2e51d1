"""Gathers the features of the snapshot's tracks from the configured source; tracks without features are absent."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import AUDIO_FEATURES, AUDIO_FEATURES_SCHEMA, TRACK_METADATA
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.features.coverage import shares
from algorhythms_assets.features.distributions import plot_distributions
from algorhythms_assets.features.sources import open_source
from algorhythms_assets.payload import Work, run
from algorhythms_assets.plots import picture


def build(work: Work[AudioFeaturesConfig]) -> dict[str, Any]:
    """Gather the audio features of the snapshot's tracks from a file or a service."""
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet", columns=["track_uri", "playlists"])
    source = work.config.source
    if source == "none":
        work.write_file(AUDIO_FEATURES_SCHEMA.empty_table(), AUDIO_FEATURES_SCHEMA)
        return {"dagster/row_count": 0, "source": "none: the model works without audio features"}
    found = open_source(work).find(tracks["track_uri"].to_pylist())
    for warning in found.warnings:
        work.log.warning("%s", warning)
    features = found.features[found.features.index.isin(tracks["track_uri"].to_pandas())].sort_index()
    work.write_file(pa.Table.from_pandas(features.reset_index(names="track_uri")), AUDIO_FEATURES_SCHEMA)
    return {
        "dagster/row_count": len(features),
        "source": source,
        "rows refused": found.refused,
        **found.told,
        **shares(tracks, features.index),
        **_plotted(features),
    }


def _plotted(features: pd.DataFrame) -> dict[str, Any]:
    if features.empty:
        return {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "distributions.png"
        plot_distributions(features, path)
        return {"distributions": picture(path)}


if __name__ == "__main__":
    run(build, AUDIO_FEATURES, AudioFeaturesConfig)
