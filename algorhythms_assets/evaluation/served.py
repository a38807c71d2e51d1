"""Ranks with the same code, bundle and index that would serve."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.songs import Song

from algorhythms_assets.evaluation.baselines import Ranking
from algorhythms_assets.metrics import DEPTH, Task

# A track that an earlier version knows and this snapshot does not; never a target.
_ELSEWHERE = -1

# Requests per round trip, as in a batch request.
_AT_ONCE = 100


class Served:
    """Queries a recommender as applications do: with the title, and each song's identifier, name, artist and album."""

    def __init__(self, recommender: Recommender, tracks: pa.Table) -> None:
        self._recommender = recommender
        self._songs = [
            Song(row["track_uri"], row["track_name"], row["artist_name"], row["album_name"])
            for row in tracks.select(["track_uri", "track_name", "artist_name", "album_name"]).to_pylist()
        ]
        self._number = {song.id: number for number, song in enumerate(self._songs)}

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        found = []
        for start in range(0, len(tasks), _AT_ONCE):
            some = tasks[start : start + _AT_ONCE]
            requests = [[self._songs[seed] for seed in task.seeds] for task in some]
            resolutions = self._recommender.resolve(requests)
            answers = self._recommender.rank(requests, resolutions, DEPTH, [task.title for task in some])
            found += [np.array([self._number.get(hit.id, _ELSEWHERE) for hit in hits], np.int64) for hits in answers]
        return found
