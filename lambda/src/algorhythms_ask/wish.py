"""The recommender's input for one request; `requests` enforces the bounds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from algorhythms_ask.songs import Song

# How far pages may reach: a number of pages as large as the first, within a minimum and maximum of positions.
_PAGES = 15
LEAST_PAGED, MOST_PAGED = 300, 1000


@dataclass(frozen=True)
class Wish:
    """Songs to continue, and how.

    `tastes` is their number, None to find it automatically; `popularity` from -1 to 1 weights the popularity term by
    1 + 2 * popularity; `without_artists` are Spotify's URIs, or keys of names (see `names.artist_keys`). A page begins
    at `start`, and all pages are taken from the same `paged` tracks of each taste; without pages both are 0.
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
        """Returns the number of candidates of each taste."""
        if self.paged:
            return self.paged
        if self.diversity or self.max_per_artist or self.collapse_versions:
            return 2 * self.count + 20
        # A taste's candidates may also belong to another taste, which then gets them.
        return self.count + 20 if self.tastes != 1 else self.count


def paged(count: int) -> int:
    """Returns how many tracks of each taste the pages are taken from; the first page has `count`."""
    return min(max(_PAGES * count, LEAST_PAGED), MOST_PAGED)
