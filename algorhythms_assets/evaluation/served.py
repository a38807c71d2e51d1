"""Ranks with the same code, bundle and index that would serve."""

import gc
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from functools import partial

import numpy as np
import pyarrow as pa
from algorhythms_ask.index import Hit
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.songs import Song
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from algorhythms_assets.evaluation.baselines import Ranking
from algorhythms_assets.metrics import DEPTH, Task
from algorhythms_assets.resources.engine import cores

# A track that an earlier version knows and this snapshot does not; never a target.
_ELSEWHERE = -1

# Requests per round trip, as in a batch request.
_AT_ONCE = 100
_FIRST = 10
_SONGS_AT_ONCE = 1 << 16


class Served:
    """Queries a recommender as applications do: with the title, and each song's identifier, name, artist and album.

    Tracks that are `new`, by identifier, are passed over: they came after the held-out playlists, so they count neither
    as hits nor as misses (a condensed list; Sakai, "Alternatives to Bpref", SIGIR 2007). Searches go deeper to make up
    for them, and `shown` counts the tracks among the first ten answers: new ones, and all.
    """

    def __init__(self, recommender: Recommender, tracks: pa.Table, new: Collection[str] = ()) -> None:
        self._recommender = recommender
        self._new = frozenset(new)
        self._depth = DEPTH + min(len(self._new), DEPTH)
        self.shown = np.zeros(2, np.int64)
        columns = ["track_uri", "track_name", "artist_name", "album_name"]
        self._songs = [
            Song(row["track_uri"], row["track_name"], row["artist_name"], row["album_name"])
            for batch in tracks.select(columns).to_batches(_SONGS_AT_ONCE)
            for row in batch.to_pylist()
        ]
        self._number = {song.id: number for number, song in enumerate(self._songs)}

    def by(self, recommender: Recommender) -> "Served":
        """Returns the same for another recommender, sharing the songs: those of a million playlists take a gigabyte."""
        other = copy(self)
        other._recommender, other.shown = recommender, np.zeros(2, np.int64)
        return other

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        return [self._numbers([hit.id for hit in hits]) for hits, _ in self._answers(tasks, self._depth)]

    def scored(self, tasks: Sequence[Task], count: int) -> Iterator[tuple[Ranking, NDArray[np.float64], int]]:
        """Yields, per task, the first tracks that are not new, at most `count`, their scores, and the seeds placed."""
        for hits, placed in self._answers(tasks, count + min(len(self._new), count)):
            trained = [hit for hit in hits if hit.id not in self._new][:count]
            numbers = [self._number.get(hit.id, _ELSEWHERE) for hit in trained]
            yield np.array(numbers, np.int64), np.array([hit.score for hit in trained]), placed

    def _answers(self, tasks: Sequence[Task], count: int) -> Iterator[tuple[list[Hit], int]]:
        """Yields the hits of each task, and how many of its seeds could be placed."""
        parts = (tasks[start : start + _AT_ONCE] for start in range(0, len(tasks), _AT_ONCE))
        # Threads of BLAS beside these would wait for each other.
        with _collecting_only_new(), threadpool_limits(1), ThreadPoolExecutor(cores()) as threads:
            for answers in threads.map(partial(self._answered, count=count), parts):
                yield from answers

    def _answered(self, tasks: Sequence[Task], count: int) -> list[tuple[list[Hit], int]]:
        requests = [[self._songs[seed] for seed in task.seeds] for task in tasks]
        resolutions = self._recommender.resolve(requests)
        found = self._recommender.rank(requests, resolutions, count, [task.title for task in tasks])
        return [(hits, len(resolution.seeds)) for hits, resolution in zip(found, resolutions, strict=True)]

    def _numbers(self, found: Sequence[str]) -> Ranking:
        self.shown += sum(uri in self._new for uri in found[:_FIRST]), len(found[:_FIRST])
        trained = [uri for uri in found if uri not in self._new][:DEPTH]
        return np.array([self._number.get(uri, _ELSEWHERE) for uri in trained], np.int64)


@contextmanager
def _collecting_only_new() -> Iterator[None]:
    """Keeps the garbage collector from walking through millions of songs again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
