"""The protocol of an index of tracks; every implementation passes the same tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask.matching import Wanted


@dataclass(frozen=True)
class Document:
    """A track, or an artist or album by which an unknown track is placed.

    `vector` is the stored vector, float32 [dimension]: the unit vector z, factors, then the popularity term; empty if
    it was found by name. `neighbours` are (track id, playlists that hold both), strongest first; empty if they were not
    requested. `song` is the same for all versions of a song (see `versions`).
    """

    id: str
    kind: str
    name: str | None
    artist: str | None
    album: str | None
    playlists: int
    vector: NDArray[np.float32]
    neighbours: tuple[tuple[str, int], ...] = ()
    song: str | None = None


class Called(NamedTuple):
    """A key for the most popular track with this title and artist."""

    title: str
    artist: str


Key = str | Called


@dataclass(frozen=True)
class Search:
    """Which tracks are wanted: the `count` of largest inner product with `query`, float32 [dimension].

    `raised` maps artists, spelt as in documents, to what is added to the scores of their tracks. Excluded are the
    tracks in `without`, all versions of the songs in `without_songs`, and tracks by artists whose name has a key (see
    `names.artist_keys`) in `without_artists`.
    """

    query: NDArray[np.float32]
    count: int
    without: Collection[str] = ()
    without_songs: Collection[str] = ()
    without_artists: Collection[str] = ()
    raised: Mapping[str, float] = field(default_factory=dict)


class Hit(NamedTuple):
    """A track that was found, with its document if requested."""

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
        """The data version of the embeddings it was made from, which the serving bundle must share."""

    @property
    def tracks(self) -> int:
        """How many tracks can be recommended."""

    @property
    def dimension(self) -> int:
        """Length of a stored vector."""

    def fetch(self, keys: Sequence[Key], neighbours: bool = False) -> Mapping[Key, Document]:
        """Returns the documents of those keys that are known, in one round trip, with or without their neighbours."""

    def nearest(self, searches: Sequence[Search], documents: bool = False) -> list[list[Hit]]:
        """Returns, per search, the best tracks, best first, in one round trip, with or without documents."""

    def search(self, text: str, count: int) -> list[Document]:
        """Returns the tracks that a text names, best matches first, then by popularity.

        `algorhythms_ask.matching` defines what is found in which order; it is the same on every index.
        """

    def find(self, wanted: Sequence[Wanted], count: int) -> list[list[Document]]:
        """Returns the `count` most popular tracks that match, for each query, in one round trip."""
