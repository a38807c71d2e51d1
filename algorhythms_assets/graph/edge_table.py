"""Counts the edges of the training playlists, a block of source tracks at a time."""

import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import EDGE_TABLE, EDGES_SCHEMA, TRACK_METADATA, NoConfig
from algorhythms_assets.graph.edges import Structure, count_edges
from algorhythms_assets.ingest.playlists import load_snapshot
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import Stamp, write_table

# Rows read in a block: some tens of megabytes of edges each.
WORK_PER_BLOCK = 20_000_000


def write_block(structure: Path, folder: Path, stamp: Stamp, block: tuple[int, int, int]) -> int:
    """Counts and writes the edges of one block, given as (number, first source, end); returns how many."""
    number, first, end = block
    edges = count_edges(Structure.load(structure), first, end)
    write_table(pa.table(vars(edges)), folder / f"part-{number:05d}.parquet", EDGES_SCHEMA, stamp)
    return len(edges.source)


def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Count which tracks stand together in training playlists, how often and how closely."""
    metadata = work.store.path(TRACK_METADATA)
    tracks = json.loads((metadata / "snapshot.json").read_text())["tracks"]
    structure = Structure.of(load_snapshot(metadata).training, tracks)
    blocks = [(number, *block) for number, block in enumerate(structure.blocks(WORK_PER_BLOCK))]
    counts: list[int] = []

    def write(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".edge_structure.") as shared:
            structure.save(Path(shared))
            done = work.engine.map_blocks(partial(write_block, Path(shared), folder, work.stamp), blocks)
            counts.extend(work.progress(done, len(blocks), "blocks"))

    place = work.write_folder(write)
    return {
        "dagster/row_count": sum(counts),
        "blocks": len(blocks),
        "megabytes": round(sum(path.stat().st_size for path in place.glob("*.parquet")) / 1e6, 1),
    }


def edge_files(folder: Path) -> list[Path]:
    """Returns the files of the edge table, in order."""
    return sorted(folder.glob("part-*.parquet"))


def load_edges(folder: Path) -> pa.Table:
    """Returns the whole edge table."""
    return pq.read_table(edge_files(folder), schema=EDGES_SCHEMA)


if __name__ == "__main__":
    run(build, EDGE_TABLE, NoConfig)
