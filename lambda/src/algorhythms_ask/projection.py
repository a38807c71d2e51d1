"""A first look at all tracks in few dimensions, which says whose scores are worth finding exactly.

Two more files in the folder of an embedded index of many tracks, written by `algorhythms_assets`: `projected.npy`
(float32 [tracks, k + 1]) has k coordinates of each track and its popularity term, `axes.npy` (float32
[dimension - 1, k]) what a query's coordinates are made with. The axes are those in which the scores that playlists ask
for differ most.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The file `index.json` says how many candidates are enough where so many are wanted; where more are, it takes more.
WANTED = 500


class Projection:
    """The tracks of an index in few dimensions."""

    def __init__(self, folder: Path, candidates: int) -> None:
        """Maps the files of a folder; so many candidates are scored exactly for each 500 that are wanted.

        Raises:
            OSError, EOFError, ValueError: a file is missing or none of numpy's.
        """
        self._tracks: NDArray[np.float32] = np.asarray(np.load(folder / "projected.npy", mmap_mode="r"))
        self._axes: NDArray[np.float32] = np.load(folder / "axes.npy")
        self._candidates = candidates

    def fits(self, tracks: int, dimension: int) -> bool:
        """Tells whether it is one of so many tracks with vectors of that length."""
        axes = self._axes.shape[-1]
        return self._axes.shape == (dimension - 1, axes) and self._tracks.shape == (tracks, axes + 1)

    def scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns what each track would score if the other directions did not count: float32 [queries, tracks]."""
        return products(np.append(queries[:, :-1] @ self._axes, queries[:, -1:], axis=1), self._tracks)

    def candidates(self, scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
        """Returns the rows, rising, that may be among the `count` best, by such scores, float32 [tracks].

        What scores minus infinity is never among them.
        """
        wanted = self._candidates * max(1, -(-count // WANTED))
        # As many of all lie above the edge of a sample as the sample has above it, eight times.
        edge = lowest_of(scores[::8], wanted // 8)
        rows = np.flatnonzero(scores >= edge)
        if len(rows) > 2 * wanted:
            # Many score the same, as tracks of one playlist do where popularity alone is asked for.
            equal = np.flatnonzero(scores == edge)[:wanted]
            rows = np.sort(np.concatenate([np.flatnonzero(scores > edge), equal]))
        return rows[scores[rows] > -np.inf]


def products(queries: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the inner products of queries and rows, float32 [queries, rows]."""
    if len(queries) == 1:
        # Half the time of a product of matrices, which for one query does not keep up with memory.
        found: NDArray[np.float32] = np.einsum("ij,j->i", rows, queries[0])
        return found[None]
    return queries @ rows.T


def lowest_of(scores: NDArray[np.float32], count: int) -> float:
    """Returns the score that is the last of the `count` largest; minus infinity if there are no more."""
    return float(np.partition(scores, len(scores) - count)[len(scores) - count]) if len(scores) > count else -np.inf
