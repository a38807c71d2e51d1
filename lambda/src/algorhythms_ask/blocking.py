"""Music that was taken down: a list that is excluded from every answer, whichever release serves.

`releases/blocked.json` is next to the pointer, lists tracks and artists, and is written by `algorhythms_assets`. It is
applied to the index, because everything in an answer comes from there: no route can bypass it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from algorhythms_ask.index import Document, Hit, Index, Key, Search
from algorhythms_ask.matching import Wanted
from algorhythms_ask.names import artist_keys
from algorhythms_ask.songs import ARTIST_URI

BLOCKED = "releases/blocked.json"

# Blocked tracks sent along with the searches of one round trip: about 10 MB to Elasticsearch.
_SENT_AT_ONCE = 100_000
# Documents looked up in one round trip: about 1 MB from Elasticsearch.
_FETCHED_AT_ONCE = 500
# How far a search by name looks for tracks that are not blocked.
_DEEPEST = 10_000


class BlockListError(Exception):
    """The list cannot be read. The message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class BlockList:
    """What must not be found: tracks by identifier, artists by name or by Spotify's URI."""

    tracks: frozenset[str] = frozenset()
    artists: frozenset[str] = frozenset()

    @classmethod
    def parsed(cls, content: bytes, place: str) -> "BlockList":
        """Reads the content of `place`: an object whose `tracks` and `artists` are objects or lists of names.

        Raises:
            BlockListError: it is not such an object.
        """
        try:
            found = json.loads(content)
            tracks, artists = frozenset(found["tracks"]), frozenset(found["artists"])
            if not all(isinstance(name, str) and name for name in tracks | artists):
                raise ValueError("a name is not a string")
        except (ValueError, TypeError, KeyError) as error:
            raise BlockListError(
                f"{place} cannot be read ({error!r}): rewrite it with python -m algorhythms_assets.release.block_list"
            ) from None
        return cls(tracks, artists)

    @property
    def version(self) -> str:
        """Identifies the list; empty if nothing is blocked."""
        if not self:
            return ""
        names = json.dumps([sorted(self.tracks), sorted(self.artists)])
        return hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def __len__(self) -> int:
        return len(self.tracks) + len(self.artists)

    @property
    def artist_uris(self) -> frozenset[str]:
        """The artists blocked by Spotify's URI."""
        return frozenset(artist for artist in self.artists if artist.startswith(ARTIST_URI))

    @property
    def artist_keys(self) -> frozenset[str]:
        """The keys of the artists blocked by name (see `names.artist_keys`)."""
        return frozenset(key for artist in self.artists - self.artist_uris for key in artist_keys(artist))


def without(index: Index, blocked: BlockList) -> Index:
    """Returns the index without what is blocked.

    Raises:
        IndexUnavailableError: the index does not answer.
    """
    uris = blocked.artist_uris
    names = sorted(blocked.tracks | uris)
    known: dict[Key, Document] = {}
    for start in range(0, len(names), _FETCHED_AT_ONCE):
        known |= index.fetch(names[start : start + _FETCHED_AT_ONCE])
    # An index built since then contains none of them, so it is searched as fast as if nothing were blocked.
    tracks = frozenset(key for key in blocked.tracks if key in known and known[key].kind == "track")
    of_uris = (known[uri].artist for uri in uris if uri in known and known[uri].kind == "artist")
    artists = blocked.artist_keys | {key for artist in of_uris if artist for key in artist_keys(artist)}
    return _Without(index, tracks, artists) if tracks or artists else index


class _Without:
    """An index without these tracks, and without tracks by artists whose name has one of these keys."""

    def __init__(self, index: Index, tracks: frozenset[str], artists: frozenset[str]) -> None:
        self._index = index
        self._tracks = tracks
        self._artists = artists
        self.embeddings = index.embeddings
        self.tracks = index.tracks
        self.dimension = index.dimension

    def fetch(self, keys: Sequence[Key], neighbours: bool = False) -> Mapping[Key, Document]:
        found = self._index.fetch(keys, neighbours)
        return {key: document for key, document in found.items() if self._permits(document)}

    def nearest(self, searches: Sequence[Search], documents: bool = False) -> list[list[Hit]]:
        step = max(1, _SENT_AT_ONCE // max(1, len(self._tracks)))
        permitted = [
            replace(
                search,
                without=self._tracks.union(search.without),
                without_artists=self._artists.union(search.without_artists),
            )
            for search in searches
        ]
        return [
            hits
            for start in range(0, len(permitted), step)
            for hits in self._index.nearest(permitted[start : start + step], documents)
        ]

    def search(self, text: str, count: int) -> list[Document]:
        asked = count
        while True:
            found = self._index.search(text, asked)
            permitted = self._permitted(found)
            if len(permitted) >= count or len(found) < asked or asked >= _DEEPEST:
                return permitted[:count]
            asked = min(10 * asked, _DEEPEST)

    def find(self, wanted: Sequence[Wanted], count: int) -> list[list[Document]]:
        found = self._index.find(wanted, count)
        permitted = [self._permitted(documents) for documents in found]
        # Blocked tracks must not displace those ranked after them.
        short = [i for i, documents in enumerate(found) if len(permitted[i]) < len(documents) == count]
        if short:
            deeper = self._index.find([wanted[i] for i in short], 10 * count)
            for i, documents in zip(short, deeper, strict=True):
                permitted[i] = self._permitted(documents)[:count]
        return permitted

    def _permitted(self, documents: Sequence[Document]) -> list[Document]:
        return [document for document in documents if self._permits(document)]

    def _permits(self, document: Document) -> bool:
        if document.kind == "track" and document.id in self._tracks:
            return False
        return not (self._artists and document.artist and self._artists & artist_keys(document.artist))
