"""The baselines: popularity and item-kNN."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from algorhythms_ask.projection import lowest_of
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.metrics import DEPTH, Task
from algorhythms_assets.resources.engine import cores

Ranking = NDArray[np.int64]

# If a track is in more playlists, only this many are visited: of a million playlists, a hit is in tens of thousands.
_MOST_PLAYLISTS = 500


class Popularity:
    """Recommends the tracks that most training playlists contain. `playlists` is int [tracks]."""

    def __init__(self, playlists: NDArray[np.integer]) -> None:
        known = int((playlists > 0).sum())
        self._order = np.argsort(-playlists.astype(np.int64), kind="stable")[:known]

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        return [self.beside(np.empty(0, np.int64), task) for task in tasks]

    def beside(self, found: Ranking, task: Task) -> Ranking:
        """Returns the most popular tracks that fill a ranking up to 500, without those already in it and the seeds."""
        head = self._order[: DEPTH + len(task.seeds)]
        return head[~np.isin(head, task.seeds) & ~np.isin(head, found)][: DEPTH - len(found)]


class ItemKnn:
    """Recommends by the summed, shrunk cosine of co-occurrence with the seeds: n_ij / (sqrt(n_i n_j) + shrinkage).

    Sarwar et al., "Item-based collaborative filtering", WWW 2001. If a seed i is in more than 500 playlists, n_ij is
    estimated from 500 of them, evenly spread.
    """

    def __init__(self, training: Playlists, tracks: int, shrinkage: float = 5.0) -> None:
        once = training.once()
        self._starts, self._held = once.offsets, once.tracks
        self._owner_starts, self._owner = once.holders(tracks)
        playlists = np.diff(self._owner_starts)
        self._playlists = playlists.astype(np.float32)
        self._popular = Popularity(playlists)
        self._shrinkage = np.float32(shrinkage)

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        share = math.ceil(len(tasks) / cores()) or 1
        with ThreadPoolExecutor(cores()) as threads:
            shares = threads.map(self._rank, (tasks[start : start + share] for start in range(0, len(tasks), share)))
            return [ranking for some in shares for ranking in some]

    def _rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        size = len(self._playlists)
        counts, scores = np.zeros(size, np.int32), np.zeros(size, np.float32)
        met, scored = np.empty(size, np.int32), np.empty(size, np.int32)
        found = []
        for task in tasks:
            seeds = task.seeds.astype(np.int64)
            lists = (self._owner_starts, self._owner, self._starts, self._held)
            number = _add_similarities(
                seeds, _MOST_PLAYLISTS, *lists, self._playlists, self._shrinkage, counts, met, scores, scored
            )
            tracks = scored[:number]
            scores[seeds] = -np.inf
            found.append(self._best(tracks, scores[tracks], task))
            scores[tracks] = scores[seeds] = 0
        return found

    def _best(self, tracks: NDArray[np.int32], scores: NDArray[np.float32], task: Task) -> Ranking:
        """Returns at most 500 of the tracks by score, then by popularity, then others by popularity."""
        best = np.flatnonzero((scores >= lowest_of(scores, DEPTH)) & (scores > -np.inf))
        order = np.lexsort((tracks[best], -self._playlists[tracks[best]], -scores[best]))
        found = tracks[best[order][:DEPTH]].astype(np.int64)
        return found if len(found) == DEPTH else np.append(found, self._popular.beside(found, task))


@numba.njit(cache=True, nogil=True)
def _add_similarities(  # type: ignore[no-untyped-def]
    seeds, most, owner_starts, owner, starts, held, playlists, shrinkage, counts, met, scores, scored
):
    """Adds each track's similarity to the seeds to `scores`; returns how many tracks it has listed in `scored`.

    `counts` and `scores` are zero for every track; `counts` is so again afterwards.
    """
    number = 0
    for seed in seeds:
        own = 0
        first, size = owner_starts[seed], owner_starts[seed + 1] - owner_starts[seed]
        walked = min(size, most)
        for step in range(walked):
            playlist = owner[first + step * size // walked]
            for track in held[starts[playlist] : starts[playlist + 1]]:
                if counts[track] == 0:
                    met[own] = track
                    own += 1
                counts[track] += 1
        for track in met[:own]:
            if scores[track] == 0:
                scored[number] = track
                number += 1
            together = counts[track] * size / walked
            scores[track] += together / (math.sqrt(playlists[seed] * playlists[track]) + shrinkage)
            counts[track] = 0
    return number
