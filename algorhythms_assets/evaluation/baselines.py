"""The baselines: popularity and item-kNN."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from algorhythms_ask.projection import lowest_of
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.metrics import DEPTH, Task

Ranking = NDArray[np.int64]

# Tasks at a time, or as many as have so many rows of their seeds' playlists: memory grows with them.
_AT_ONCE = 32
_ROWS_AT_ONCE = 50_000_000
# Of a track in more playlists, so many are walked: a hit of a million playlists is in tens of thousands.
_MOST_PLAYLISTS = 2_000


class Popularity:
    """Recommends the tracks that most training playlists contain. `playlists` is int [tracks]."""

    def __init__(self, playlists: NDArray[np.int32]) -> None:
        known = int((playlists > 0).sum())
        self._order = np.argsort(-playlists.astype(np.int64), kind="stable")[:known]

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        return [self.beside(np.empty(0, np.int64), task) for task in tasks]

    def beside(self, found: Ranking, task: Task) -> Ranking:
        """Returns the tracks that fill up a ranking to at most 500, without those in it and without the seeds."""
        head = self._order[: DEPTH + len(task.seeds)]
        return head[~np.isin(head, task.seeds) & ~np.isin(head, found)][: DEPTH - len(found)]


class ItemKnn:
    """Recommends by the summed, shrunk cosine of co-occurrence with the seeds: n_ij / (sqrt(n_i n_j) + shrinkage).

    Sarwar et al., "Item-based collaborative filtering", WWW 2001. If a seed i is in more than 2,000 playlists, n_ij is
    estimated from 2,000 of them.
    """

    def __init__(self, training: Playlists, tracks: int, shrinkage: float = 5.0) -> None:
        # Not SciPy's `sum_duplicates`: it would sort and shift the caller's arrays, which the matrix shares.
        once = training.once()
        ones = np.ones(len(once.tracks), np.float32)
        self._holds = sp.csr_array((ones, once.tracks, once.offsets), shape=(len(once), tracks))
        held = self._holds.T.tocsr()
        self._playlists = np.diff(held.indptr).astype(np.float32)
        self._popular = Popularity(np.diff(held.indptr))
        self._walked = _thinned(held, _MOST_PLAYLISTS)
        rows = np.append(0, np.cumsum(np.diff(once.offsets)[self._walked.indices]))
        self._rows = np.diff(rows[self._walked.indptr])
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
        similar = self._walked[seeds] @ self._holds
        of_seed = np.repeat(self._playlists[seeds], np.diff(similar.indptr))
        similar.data /= np.sqrt(of_seed * self._playlists[similar.indices]) + self._shrinkage
        starts = np.cumsum([0, *(len(task.seeds) for task in tasks)])
        chosen = sp.csr_array((np.ones(len(columns), np.float32), columns, starts), shape=(len(tasks), len(seeds)))
        scores = chosen @ similar
        bounds = zip(scores.indptr[:-1], scores.indptr[1:], tasks, strict=True)
        return [self._best(scores.indices[a:b], scores.data[a:b], task) for a, b, task in bounds]

    def _best(self, tracks: NDArray[np.integer], scores: NDArray[np.float32], task: Task) -> Ranking:
        """Returns at most 500 of the tracks by score, then by popularity, then others by popularity."""
        others = ~np.isin(tracks, task.seeds)
        tracks, scores = tracks[others], scores[others] + self._playlists[tracks[others]] * np.float32(1e-9)
        best = np.flatnonzero(scores >= lowest_of(scores, DEPTH))
        found = tracks[best[np.lexsort((tracks[best], -scores[best]))][:DEPTH]].astype(np.int64)
        return found if len(found) == DEPTH else np.append(found, self._popular.beside(found, task))


def _thinned(held: sp.csr_array, most: int) -> sp.csr_array:
    """Returns rows with at most `most` entries, evenly spread, which count for those that are left out."""
    counts = np.diff(held.indptr)
    kept = np.minimum(counts, most)
    place = np.arange(held.nnz) - np.repeat(held.indptr[:-1], counts)
    # Of n entries, entry i is kept where i * most / n passes an integer.
    of_row, most_of_row = np.repeat(counts, counts), np.repeat(kept, counts)
    chosen = place * most_of_row % of_row < most_of_row
    weights = np.repeat((counts / np.maximum(kept, 1)).astype(np.float32), kept)
    return sp.csr_array((weights, held.indices[chosen], np.append(0, np.cumsum(kept))), shape=held.shape)
