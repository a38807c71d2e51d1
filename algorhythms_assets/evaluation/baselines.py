"""The baselines: popularity and item-kNN."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from algorhythms_ask.projection import lowest_of
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.metrics import DEPTH, Task

Ranking = NDArray[np.int64]

# So many playlists are scored at a time at most: at two million tracks 0.5 GB.
_AT_ONCE = 32
# So many rows of the seeds' playlists are walked at a time, or those of one task: memory grows with them.
_ROWS_AT_ONCE = 50_000_000


class Popularity:
    """Recommends the tracks that most training playlists contain. `playlists` is int [tracks]."""

    def __init__(self, playlists: NDArray[np.int32]) -> None:
        known = int((playlists > 0).sum())
        self._order = np.argsort(-playlists.astype(np.int64), kind="stable")[:known]

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        head = self._order[: DEPTH + max((len(task.seeds) for task in tasks), default=0)]
        return [head[~np.isin(head, task.seeds)][:DEPTH] for task in tasks]


class ItemKnn:
    """Recommends by the summed, shrunk cosine of co-occurrence with the seeds: n_ij / (sqrt(n_i n_j) + shrinkage).

    Sarwar et al., "Item-based collaborative filtering", WWW 2001.
    """

    def __init__(self, training: Playlists, tracks: int, shrinkage: float = 5.0) -> None:
        # Not SciPy's `sum_duplicates`: it would sort and shift the caller's arrays, which the matrix shares.
        once = training.once()
        ones = np.ones(len(once.tracks), np.float32)
        holds = sp.csr_array((ones, once.tracks, once.offsets), shape=(len(once), tracks))
        self._holds = holds
        self._held = holds.T.tocsr()
        self._playlists = np.diff(self._held.indptr).astype(np.float32)
        # The rows of all playlists that hold a track.
        self._rows = self._held @ np.diff(holds.indptr).astype(np.float64)
        self._shrinkage = shrinkage

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        return [ranking for some in self._batches(tasks) for ranking in self._rank(some)]

    def _batches(self, tasks: Sequence[Task]) -> Iterator[list[Task]]:
        """Yields the tasks in batches of bounded work: playlists of popular seeds have more to be walked."""
        batch: list[Task] = []
        rows = 0
        for task in tasks:
            own = int(self._rows[task.seeds].sum())
            if batch and (len(batch) == _AT_ONCE or rows + own > _ROWS_AT_ONCE):
                yield batch
                batch, rows = [], 0
            batch.append(task)
            rows += own
        if batch:
            yield batch

    def _rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        seeds, columns = np.unique(np.concatenate([task.seeds for task in tasks]), return_inverse=True)
        together = (self._held[seeds] @ self._holds).tocoo()
        scale = np.sqrt(self._playlists[seeds[together.row]] * self._playlists[together.col]) + self._shrinkage
        similar = sp.csr_array((together.data / scale, (together.row, together.col)), shape=together.shape)
        rows = np.repeat(np.arange(len(tasks)), [len(task.seeds) for task in tasks])
        chosen = sp.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(tasks), len(seeds)))
        # Ties, and tracks that occur with no seed, are ranked by popularity.
        scores = (chosen @ similar).toarray() + self._playlists * 1e-9
        scores[:, self._playlists == 0] = -np.inf
        found = []
        for row, task in zip(scores, tasks, strict=True):
            row[task.seeds] = -np.inf
            # The edge of a sample lies below that of all, and is found in an eighth of the time.
            best = np.flatnonzero((row >= lowest_of(row[::8], DEPTH)) & (row > -np.inf))
            found.append(best[np.argsort(-row[best], kind="stable")[:DEPTH]])
        return found
