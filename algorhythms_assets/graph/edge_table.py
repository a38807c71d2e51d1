"""Counts the edges of the training playlists, a block of source tracks at a time."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import EDGE_TABLE, EDGES_SCHEMA, TRACK_METADATA, NoConfig
from algorhythms_assets.graph.edges import Structure, count_edges
from algorhythms_assets.graph.pruning import EdgeArrays
from algorhythms_assets.ingest.playlists import load_training
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.checksums import damage
from algorhythms_assets.resources.store import InputError, Stamp, Store, discard, replacing, write_table

# A worker keeps the edges of its block in memory, at most as many as its pairs: 0.4 GB. Few playlists are cut into
# smaller blocks for several workers; the number of blocks does not depend on the number of workers, so that the same
# playlists give the same files.
MOST_PAIRS = 20_000_000
LEAST_PAIRS = 4_000_000
BLOCKS = 32

# Among the encodings that DuckDB, Spark and pyarrow read, the fastest to write below 10 bytes per row; see docs/log.md.
ENCODING = {
    "compression": "lz4",
    "use_dictionary": False,
    "column_encoding": {
        "source": "DELTA_BINARY_PACKED",
        "target": "DELTA_BINARY_PACKED",
        "weight": "BYTE_STREAM_SPLIT",
        "proximity": "BYTE_STREAM_SPLIT",
        "playlists": "DELTA_BINARY_PACKED",
    },
}


@dataclass(frozen=True)
class Block:
    """A range of source tracks, first to end (exclusive); block `number`, counted from 1, of `of`."""

    number: int
    of: int
    first: int
    end: int

    def __str__(self) -> str:
        return f"block {self.number} of {self.of} (tracks {self.first} to {self.end - 1})"


def write_block(store: Path, folder: Path, stamp: Stamp, block: Block) -> int:
    """Counts and writes the edges of a block, unless an earlier attempt has; returns how many.

    Raises:
        InputError: the snapshot changed while edges were counted.
    """
    part = folder / f"part-{block.number:05d}.parquet"
    if part.exists() and damage(part) is None:
        return int(pq.read_metadata(part).num_rows)
    snapshot = Store(store).require(TRACK_METADATA, wanted_by=EDGE_TABLE).data_version
    if snapshot != stamp.snapshot:
        raise InputError(
            f"track_metadata was rebuilt while edges were counted, at {block}: it is now snapshot {snapshot[:12]}, "
            f"but the edges are from {str(stamp.snapshot)[:12]}. Materialize edge_table again."
        )
    edges = count_edges(Structure.load(folder / "structure"), block.first, block.end)
    with replacing(part) as path:
        write_table(pa.table(vars(edges)), path, EDGES_SCHEMA, stamp, **ENCODING)
    return len(edges.source)


def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Count which tracks occur together in training playlists, how often and how closely."""
    counts: list[int] = []
    found_done = 0

    def write(folder: Path) -> None:
        nonlocal found_done
        found_done = len(edge_files(folder))
        for half in folder.glob(".*.tmp"):
            shutil.rmtree(half) if half.is_dir() else half.unlink()
        structure = _structure(work, folder / "structure")
        ranges = structure.blocks(min(MOST_PAIRS, max(LEAST_PAIRS, structure.pairs()[-1] // BLOCKS)))
        blocks = [Block(number, len(ranges), *range_) for number, range_ in enumerate(ranges, start=1)]
        if found_done:
            work.log.info("%d of %d blocks exist from an earlier attempt", found_done, len(blocks))
        write_one = partial(write_block, work.store.root, folder, work.stamp)
        done = work.engine.map_blocks(write_one, blocks, threads=True)
        counts.extend(work.progress(done, len(blocks), "blocks"))
        # Mapped files cannot be removed from every network file system.
        del structure
        discard(folder / "structure")

    work.write_folder(write, resumable=True)
    return {
        "dagster/row_count": sum(counts),
        "blocks": len(counts),
        "blocks of an earlier try": found_done,
    }


def _structure(work: Work[NoConfig], place: Path) -> Structure:
    """Returns the structure, memory-mapped; writes it first unless an earlier attempt has."""
    if not place.exists():
        metadata = work.store.path(TRACK_METADATA)
        tracks = json.loads((metadata / "snapshot.json").read_text(encoding="utf-8"))["tracks"]
        with replacing(place) as path:
            path.mkdir()
            Structure.of(load_training(metadata), tracks).save(path)
    return Structure.load(place)


def edge_files(folder: Path) -> list[Path]:
    """Returns the files of the edge table, in order."""
    return sorted(folder.glob("part-*.parquet"))


def strength_parts(work: Work[Any], column: str) -> Iterator[EdgeArrays]:
    """Yields source, target, strength (from the column) and playlists, one part of the edge table at a time."""
    files = edge_files(work.store.path(EDGE_TABLE))
    for path in work.progress(files, len(files), "parts"):
        table = pq.read_table(path, columns=sorted({"source", "target", column, "playlists"}))
        source, target, playlists = (table[name].to_numpy() for name in ("source", "target", "playlists"))
        yield source, target, table[column].to_numpy().astype(np.float32, copy=False), playlists


if __name__ == "__main__":
    run(build, EDGE_TABLE, NoConfig)
