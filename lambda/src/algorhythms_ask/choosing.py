"""Chooses which of the tracks found are recommended, and in which order.

Each taste's tracks come best first. Of tracks that several tastes have, of versions of a song, and of an artist's
tracks beyond the cap, only the first are kept. Then each taste is reordered for diversity, and gets its share.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from algorhythms_ask.diversity import diversified
from algorhythms_ask.index import Document
from algorhythms_ask.tastes import interleaved
from algorhythms_ask.wish import Wish


@dataclass(frozen=True)
class Recommendation:
    """A track with its score: `popularity` and `title`, plus the sums of `seed_terms` and `negative_terms`.

    There is one term per seed and per negative song, in their order; it is 0 for a seed of another taste.
    """

    document: Document
    score: float
    seed_terms: tuple[float, ...]
    popularity: float
    negative_terms: tuple[float, ...] = ()
    taste: int = 0
    title: float = 0.0


def chosen(
    candidates: Sequence[Sequence[Recommendation]], shares: Sequence[int], wish: Wish, z: int
) -> list[Recommendation]:
    """Returns the recommendations among the candidates of each taste; without options all of them, in order.

    `shares` are the tastes' numbers of seeds; `z` is the dimension of z.
    """
    kept = interleaved(candidates, shares, _taken(wish))
    if wish.diversity:
        kept = interleaved(
            [_reordered([one for one in kept if one.taste == taste], wish, z) for taste in range(len(candidates))],
            shares,
            lambda _: True,
        )
    return kept


def _taken(wish: Wish) -> Callable[[Recommendation], bool]:
    tracks: set[str] = set()
    songs: set[str] = set()
    by: Counter[str] = Counter()

    def take(found: Recommendation) -> bool:
        document = found.document
        artist = document.artist
        version = wish.collapse_versions and document.song in songs
        full = wish.max_per_artist is not None and artist is not None and by[artist] >= wish.max_per_artist
        if document.id in tracks or version or full:
            return False
        tracks.add(document.id)
        if document.song is not None:
            songs.add(document.song)
        if artist is not None:
            by[artist] += 1
        return True

    return take


def _reordered(found: list[Recommendation], wish: Wish, z: int) -> list[Recommendation]:
    if not found:
        return []
    scores = np.array([one.score for one in found])
    vectors = np.stack([one.document.vector[:z] for one in found]).astype(np.float64)
    # One more tells whether there is another page.
    return [found[i] for i in diversified(scores, vectors, wish.diversity, wish.start + wish.count + 1)]
