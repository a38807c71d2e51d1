"""The baselines: popularity and item-kNN."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.metrics import DEPTH, Task

Ranking = NDArray[np.int64]

# Playlists scored at a time: 0.5 GB at two million tracks.
_AT_ONCE = 32


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
        holds = sp.csr_array(
            (np.ones(len(training.tracks), np.float32), training.tracks, training.offsets),
            shape=(len(training), tracks),
        )
        holds.sum_duplicates()
        holds.data[:] = 1
        self._holds = holds
        self._held = holds.T.tocsr()
        self._playlists = np.diff(self._held.indptr).astype(np.float32)
        self._shrinkage = shrinkage

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        return [ranking for i in range(0, len(tasks), _AT_ONCE) for ranking in self._rank(tasks[i : i + _AT_ONCE])]

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
            best = np.argpartition(-row, min(DEPTH, len(row) - 1))[:DEPTH]
            best = best[np.lexsort((best, -row[best]))]
            found.append(best[row[best] > -np.inf].astype(np.int64))
        return found
