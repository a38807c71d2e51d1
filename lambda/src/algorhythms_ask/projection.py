"""A first pass over all tracks in few dimensions, which selects the tracks to score exactly.

An embedded index of many tracks has two more files, written by `algorhythms_assets`: `projected.npy` (float32
[tracks, k + 1]) has k coordinates of each track and its popularity term, `axes.npy` (float32 [dimension - 1, k]) maps
a query to its coordinates. The axes are those along which the scores of real playlists' queries vary most.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Where BLAS has one thread, as at an endpoint, the rows of a large index are spread over the cores here: BLAS's own
# threads would make requests wait for each other.
_threads = ThreadPoolExecutor(os.cpu_count()) if os.environ.get("OPENBLAS_NUM_THREADS") == "1" else None
_ROWS_OF_A_THREAD = 1 << 15

# `index.json` has the number of candidates for this many wanted tracks; it grows with the number wanted.
WANTED = 500


class Projection:
    """The tracks of an index in few dimensions."""

    def __init__(self, folder: Path, candidates: int, least_popularity: float = -np.inf) -> None:
        """Maps the files of a folder; `candidates` are scored exactly for each 500 tracks wanted.

        For queries that weight popularity less than `least_popularity`, it would miss too many.

        Raises:
            OSError, EOFError, ValueError: a file is missing or not a numpy file.
        """
        self._tracks: NDArray[np.float32] = np.asarray(np.load(folder / "projected.npy", mmap_mode="r"))
        self._axes: NDArray[np.float32] = np.load(folder / "axes.npy")
        self._candidates = candidates
        self._least_popularity = least_popularity

    def fits(self, tracks: int, dimension: int) -> bool:
        """Tells whether it fits this number of tracks and this length of vectors."""
        axes = self._axes.shape[-1]
        return self._axes.shape == (dimension - 1, axes) and self._tracks.shape == (tracks, axes + 1)

    def serves(self, query: NDArray[np.float32]) -> bool:
        """Tells whether it finds enough for such a query."""
        return bool(query[-1] >= self._least_popularity)

    def scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns each track's score in these dimensions alone: float32 [queries, tracks]."""
        return products(np.append(queries[:, :-1] @ self._axes, queries[:, -1:], axis=1), self._tracks)

    def candidates(self, scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
        """Returns the rows, ascending, that may be among the `count` best, given such scores, float32 [tracks].

        Rows that score minus infinity are never included.
        """
        wanted = self._candidates * max(1, -(-count // WANTED))
        # Of all tracks, about eight times as many are above the threshold as of the sample.
        edge = lowest_of(scores[::8], wanted // 8)
        rows = np.flatnonzero(scores >= edge)
        if len(rows) > 2 * wanted:
            # Many scores may be equal, such as those of tracks in one playlist when only popularity counts.
            equal = np.flatnonzero(scores == edge)[:wanted]
            rows = np.sort(np.concatenate([np.flatnonzero(scores > edge), equal]))
        return rows[scores[rows] > -np.inf]


def products(queries: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the inner products of queries and rows, float32 [queries, rows]."""
    if len(queries) > 1:
        return queries @ rows.T
    # BLAS has a kernel for one query, in half the time of its matrix product.
    query, found = queries[0], np.empty((1, len(rows)), np.float32)
    if _threads is None or len(rows) <= _ROWS_OF_A_THREAD:
        np.matmul(rows, query, out=found[0])
        return found

    def of_some(start: int) -> None:
        some = slice(start, start + _ROWS_OF_A_THREAD)
        np.matmul(rows[some], query, out=found[0, some])

    list(_threads.map(of_some, range(0, len(rows), _ROWS_OF_A_THREAD)))
    return found


def lowest_of(scores: NDArray[np.float32], count: int) -> float:
    """Returns the score that is the last of the `count` largest; minus infinity if there are no more."""
    return float(np.partition(scores, len(scores) - count)[len(scores) - count]) if len(scores) > count else -np.inf
