"""Writes the projection that `algorhythms_ask.projection` reads, if it finds what a scan of all vectors finds."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Search
from algorhythms_ask.recommend import POPULARITY_WEIGHT
from numpy.typing import NDArray

from algorhythms_assets.resources.index.embedded import checksum
from algorhythms_assets.resources.store import write_json

# With fewer tracks, reading all vectors takes less than 10 ms.
FEWEST_TRACKS = 200_000
AXES = 64
# The smallest that is good enough is used. With more, a search would take half as long as a scan.
CANDIDATES = (4_000, 8_000, 16_000)
LEAST_RECALL = 0.999
_DEPTH = 100
_FILES = ("projected.npy", "axes.npy")
_ROWS_AT_ONCE = 1 << 16
# Share of a dimension's mean, for directions that few playlists cover: other queries use other directions too.
_UNSEEN = 1e-3


def project(
    folder: Path, others: NDArray[np.float32], asked: Mapping[str, NDArray[np.float32]]
) -> tuple[int, dict[str, float]]:
    """Adds a projection to the embedded index in a folder, if its recall against a full scan is high enough.

    Its axes are fitted to the queries `others`, float32 [n, dimension - 1], and its recall@100 is measured with those
    of `asked`, float32 [n, dimension] by name, each with one weight of popularity. If even the maximum of candidates
    misses too much where popularity weighs less than by default, such queries keep reading all vectors. `index.json`
    records what was chosen.

    Returns:
        The number of candidates it needs and the recall with these. If queries with the default weight miss too much:
        0 candidates and the recall with the maximum; the index is unchanged.
    """
    exact = EmbeddedIndex(folder)
    expected = {called: found(exact, queries) for called, queries in asked.items()}
    tracks = exact.tracks
    # What it has mapped would take memory beside what is mapped next.
    del exact
    write_projection(folder, others, tracks)
    about = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    about["files"] |= {name: checksum(folder / name) for name in _FILES}
    weights = {called: float(queries[0, -1]) for called, queries in asked.items()}
    tried: list[tuple[int, dict[str, float]]] = []
    for candidates in CANDIDATES:
        write_json(folder / "index.json", about | {"projection": {"candidates": candidates}})
        projected = EmbeddedIndex(folder)
        recall = {called: _share(expected[called], found(projected, queries)) for called, queries in asked.items()}
        tried.append((candidates, recall))
        if min(recall.values()) >= LEAST_RECALL:
            break
    for least in sorted(weight for weight in set(weights.values()) if weight <= POPULARITY_WEIGHT):
        for candidates, recall in tried:
            if min(share for called, share in recall.items() if weights[called] >= least) >= LEAST_RECALL:
                chosen = {"candidates": candidates, "recall": recall, "least_popularity": least}
                write_json(folder / "index.json", about | {"projection": chosen})
                return candidates, recall
    for name in _FILES:
        (folder / name).unlink()
        del about["files"][name]
    write_json(folder / "index.json", about)
    return 0, tried[-1][1]


def write_projection(folder: Path, others: NDArray[np.float32], tracks: int) -> None:
    """Writes the two files of the projection."""
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")[:tracks]
    axes, of_tracks = fitted(others, vectors, min(AXES, others.shape[1]))
    np.save(folder / "axes.npy", axes)
    shape = (tracks, axes.shape[1] + 1)
    projected = np.lib.format.open_memmap(folder / "projected.npy", "w+", np.float32, shape)
    for start in range(0, tracks, _ROWS_AT_ONCE):
        some = vectors[start : start + _ROWS_AT_ONCE]
        projected[start : start + len(some), :-1] = some[:, :-1] @ of_tracks
        projected[start : start + len(some), -1] = some[:, -1]
    projected.flush()


def found(index: EmbeddedIndex, queries: NDArray[np.float32]) -> list[set[str]]:
    """Returns the identifiers of the best 100 tracks of each query."""
    return [{hit.id for hit in hits} for hits in index.nearest([Search(query, _DEPTH) for query in queries])]


def _share(expected: list[set[str]], those: list[set[str]]) -> float:
    return float(np.mean([len(some & of) / len(some) for some, of in zip(expected, those, strict=True)]))


def fitted(
    queries: NDArray[np.float32], vectors: NDArray[np.float32], axes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns matrices P and T, float32 [dimension - 1, axes], such that (q P) . (x T) is closest to q . x.

    Closest in the mean square over all pairs of a query q and a vector x, without the last dimension, popularity, which
    is kept as it is. `queries` are float32 [n, dimension - 1], `vectors` float32 [tracks, dimension].
    """
    size = queries.shape[1]
    moments = np.zeros((size, size))
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        some = vectors[start : start + _ROWS_AT_ONCE, :-1]
        moments += some.T @ some
    of_queries = queries.astype(np.float64).T @ queries
    of_queries += (_UNSEEN * np.trace(of_queries) / size + 1e-12) * np.eye(size)
    # With queries whitened, so that all directions are equally frequent, the axes are the vectors' principal ones.
    root = np.linalg.cholesky(of_queries)
    _, principal = np.linalg.eigh(root.T @ moments @ root)
    principal = principal[:, ::-1][:, :axes]
    return np.linalg.solve(root.T, principal).astype(np.float32), (root @ principal).astype(np.float32)
