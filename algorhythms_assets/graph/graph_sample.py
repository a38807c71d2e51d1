"""Draws tracks with all their neighbours, names and features: a table for notebooks."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import (
    AUDIO_FEATURES,
    EDGE_TABLE,
    GRAPH_SAMPLE,
    GRAPH_SAMPLE_SCHEMA,
    TRACK_METADATA,
)
from algorhythms_assets.graph.config import GraphSampleConfig
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import write_table

_SAMPLE = """
WITH relations AS (
    SELECT source AS track, target AS neighbour, weight, proximity, playlists FROM edges
    UNION ALL
    SELECT target AS track, source AS neighbour, weight, proximity, playlists FROM edges
)
SELECT a.track_uri, a.track_name, a.artist_name, b.track_uri AS neighbour_uri, b.track_name AS neighbour_name,
       b.artist_name AS neighbour_artist, r.weight, r.proximity, r.playlists, {features}
FROM drawn
JOIN relations r ON r.track = drawn.track
JOIN tracks a ON a.track = r.track
JOIN tracks b ON b.track = r.neighbour
LEFT JOIN features f ON f.track_uri = a.track_uri
ORDER BY a.track_uri, r.weight DESC, b.track_uri
"""


def build(work: Work[GraphSampleConfig]) -> dict[str, Any]:
    """Draw tracks with all their neighbours, names and features."""
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet")
    known = np.flatnonzero(tracks["playlists"].to_numpy() > 0)
    share = work.config.share
    size = min(work.config.nodes, len(known)) if share is None else math.ceil(share * len(known))
    drawn = np.sort(np.random.default_rng(work.config.seed).choice(known, size=size, replace=False))
    features = [
        name for name in GRAPH_SAMPLE_SCHEMA.names if name in pq.read_schema(work.store.path(AUDIO_FEATURES)).names
    ]
    sample = work.engine.sql(
        _SAMPLE.format(features=", ".join(f"f.{name}" for name in features if name != "track_uri")),
        {
            "edges": edge_files(work.store.path(EDGE_TABLE)),
            "drawn": pa.table({"track": pa.array(drawn, pa.int32())}),
            "tracks": tracks,
            "features": [work.store.path(AUDIO_FEATURES)],
        },
    )

    def write(folder: Path) -> None:
        write_table(sample, folder / "sample.parquet", GRAPH_SAMPLE_SCHEMA, work.stamp)

    work.write_folder(write)
    return {"dagster/row_count": sample.num_rows, "tracks drawn": size}


if __name__ == "__main__":
    run(build, GRAPH_SAMPLE, GraphSampleConfig)
