"""What one request asks of the recommender; bounds are kept by `contract`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from algorhythms_ask.songs import Song

# Positions that pages may reach.
MOST_PAGED = 1000


@dataclass(frozen=True)
class Wish:
    """Songs to continue, and how.

    `tastes` is how many there are, None to find out; `popularity` from -1 to 1 weights the popularity term by
    1 + 2 * popularity; `without_artists` are keys of names (see `names.artist_keys`). A page begins at `start`, and
    where there are pages all are cut out of the same search.
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
    paged: bool = False

    def pool(self) -> int:
        """Returns among how many tracks of each taste is chosen."""
        if self.paged:
            return MOST_PAGED
        if self.diversity or self.max_per_artist or self.collapse_versions:
            return 2 * self.count + 20
        # What one taste has of another's is the other's.
        return self.count + 20 if self.tastes != 1 else self.count
