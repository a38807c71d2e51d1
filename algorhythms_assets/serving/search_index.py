"""Builds the index of the vectors and verifies it; what it answers becomes visible with the release."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import EMBEDDINGS, FACTORS, SEARCH_INDEX, TRACK_METADATA
from algorhythms_assets.graph.edge_table import strength_parts
from algorhythms_assets.graph.pruning import Strongest, strongest
from algorhythms_assets.model.stored import load_embeddings
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.index_builder import build_embedded, verify_embedded
from algorhythms_assets.serving.config import SearchIndexConfig
from algorhythms_assets.serving.documents import Neighbours, documents

_PROBES = 50


def build(work: Work[SearchIndexConfig]) -> dict[str, Any]:
    """Build the index of tracks, artists and albums, and verify that it answers."""
    embeddings = work.store.require(EMBEDDINGS).data_version
    numbers, vectors = load_embeddings(work.store)
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet")
    uris = tracks["track_uri"].to_pylist()
    tracks = tracks.take(pa.array(numbers))
    parts = strength_parts(work, "weight")
    together = by_track(strongest(parts, len(uris), work.config.neighbours), uris)

    def write(folder: Path) -> None:
        done = documents(tracks, vectors, together, FACTORS)
        build_embedded(folder, work.progress(done, tracks.num_rows, "documents"), vectors.shape[1], embeddings)
        probes = np.linspace(0, len(numbers) - 1, min(_PROBES, len(numbers))).astype(int)
        verify_embedded(folder, len(numbers), {uris[numbers[i]]: vectors[i] for i in probes})

    place = work.write_folder(write, work.stamp.data_version[:12])
    size = sum(path.stat().st_size for path in place.iterdir())
    return {"dagster/row_count": len(numbers), "version": place.name, "megabytes": round(size / 1e6, 1)}


def by_track(found: Strongest, uris: list[str]) -> Neighbours:
    """Returns the neighbours of each track, by track number, as (URI, playlists together), the strongest first."""
    neighbours: Neighbours = {}
    for node, neighbour, playlists in zip(
        found.node.tolist(), found.neighbour.tolist(), found.playlists.tolist(), strict=True
    ):
        neighbours.setdefault(node, []).append((uris[neighbour], playlists))
    return neighbours


if __name__ == "__main__":
    run(build, SEARCH_INDEX, SearchIndexConfig)
