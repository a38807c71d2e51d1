"""What one request asks of the recommender; bounds are kept by `contract`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from algorhythms_ask.songs import Song

# Positions that pages may reach: so many pages as large as the first, but so many positions at least and at most.
_PAGES = 15
LEAST_PAGED, MOST_PAGED = 300, 1000


@dataclass(frozen=True)
class Wish:
    """Songs to continue, and how.

    `tastes` is how many there are, None to find out; `popularity` from -1 to 1 weights the popularity term by
    1 + 2 * popularity; `without_artists` are keys of names (see `names.artist_keys`). A page begins at `start`, and all
    pages are cut out of the same `paged` tracks of each taste; without pages these are 0.
    """

    songs: Sequence[Song]
    count: int
    title: str | None = None
    negative: Sequence[Song] = ()
    without_tracks: Collection[str] = ()
    without_artists: Collection[str] = ()
    tastes: int | None = 1
    popularity: float = 0.0
    diversity: float = 0.0
    max_per_artist: int | None = None
    collapse_versions: bool = False
    evidence: bool = False
    start: int = 0
    paged: int = 0

    def pool(self) -> int:
        """Returns among how many tracks of each taste is chosen."""
        if self.paged:
            return self.paged
        if self.diversity or self.max_per_artist or self.collapse_versions:
            return 2 * self.count + 20
        # What one taste has of another's is the other's.
        return self.count + 20 if self.tastes != 1 else self.count


def paged(count: int) -> int:
    """Returns of how many tracks of each taste pages are cut, the first of which has `count`."""
    return min(max(_PAGES * count, LEAST_PAGED), MOST_PAGED)
