"""What an index of tracks has to answer; every implementation passes the same tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Document:
    """A track, or the artist or album that stands for an unknown one.

    `vector` is the stored vector, float32 [dimension]: the unit vector z, factors, then the popularity term.
    `neighbours` are (track id, playlists that hold both), the strongest first; empty where they were not asked for.
    """

    id: str
    kind: str
    name: str | None
    artist: str | None
    album: str | None
    playlists: int
    vector: NDArray[np.float32]
    neighbours: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Search:
    """Which tracks are wanted: those of largest inner product with `query`, float32 [dimension].

    None of those in `without`, which are track ids, is found. The first `among` are reordered: what is by an artist in
    `raised` scores so much more.
    """

    query: NDArray[np.float32]
    without: Collection[str] = ()
    raised: Mapping[str, float] = field(default_factory=dict)
    among: int = 0

    def reach(self, count: int) -> int:
        """Returns of how many tracks, those in `without` among them, the best `count` are found."""
        return max(count, self.among) + len(self.without)


@dataclass(frozen=True)
class Hit:
    """A track that was found; its document is there where it was asked for."""

    id: str
    score: float
    document: Document | None = None


class IndexUnavailableError(Exception):
    """The index cannot answer now; the same request may succeed later."""


class NoSuchIndexError(IndexUnavailableError):
    """There is no index of that name."""


class Index(Protocol):
    """Tracks with their vectors and names."""

    @property
    def embeddings(self) -> str:
        """The data version of the embeddings it was made from, which a serving bundle has to share."""

    @property
    def tracks(self) -> int:
        """How many tracks can be recommended."""

    @property
    def dimension(self) -> int:
        """Length of a stored vector."""

    def fetch(self, keys: Sequence[str], neighbours: bool = False) -> Mapping[str, Document]:
        """Returns the documents of those keys that are known, in one round trip, with or without their neighbours."""

    def nearest(self, searches: Sequence[Search], count: int, documents: bool = False) -> list[list[Hit]]:
        """Returns, per search, the best `count` tracks, best first, in one round trip, with or without documents."""

    def search(self, text: str, count: int) -> list[Document]:
        """Returns the tracks that a text names, those that it names best first, then the most popular.

        What is found in which order is said by `algorhythms_ask.matching`, and is the same on every index.
        """

    def named(self, title: str, artist: str, count: int) -> list[Document]:
        """Returns the tracks whose title and artist are the same names as these, the most popular first."""
