"""The index beyond one machine: Elasticsearch, with approximate search of vectors and an inverted index of names.

A document's `_id` is the key it is found by, so artists and albums are there once for each of their keys. Only tracks
have an `embedding` to be searched, a `rank` (by falling popularity, which the index is sorted by) and terms of names;
artists and albums have a `vector` that is not searched. Fields are read back as doc values, at half the cost of
`_source`. Vectors are base64 of float32: exact, and ten times faster to read than JSON. Neighbours, which are larger
than everything else and seldom needed, are a stored field.

An embedding is the vector, a 1, and what makes all embeddings equally long (Bachrach et al., RecSys 2014): a graph by
inner product leads to the longest vectors, past most of the best for a query that does not point there. A query is the
vector searched for, a number so large that no score is negative, and a 0. Elasticsearch turns negative scores into
reciprocals, to which nothing could be added for an artist.
The index is written by `algorhythms_assets`.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask import names
from algorhythms_ask.connection import Connection, RefusedError
from algorhythms_ask.index import Called, Document, Hit, IndexUnavailableError, Key, NoSuchIndexError, Search
from algorhythms_ask.matching import Match, Term, Wanted, as_written, forgiving, one_edit, so_called

_Column = str | Mapping[str, str]

# Elasticsearch's own limit for the results of one search.
MOST_FOUND = 10_000

# This many searches by name are answered well within one time-out.
_SEARCHES_IN_TIME = 500
# Two round trips have to fit into what Lambda gives a request.
_LONGEST_SECONDS = 10.0

# Columns of a document.
_NAMES = ("id", "kind", "name", "artist", "album", "playlists", "song")
_READ = (*_NAMES, "vector", {"field": "embedding", "format": "binary"})

_NONE = (None,)

# At most this many tracks may be left out after they were found.
_FEW = 100
# A song seldom has more.
_VERSIONS = 3

# The field in which a term is searched.
_FIELD = {
    Match.TITLE: "titles",
    Match.ARTIST: "artists",
    Match.WORD: "words",
    Match.SPELLING: "spellings",
}

_LONGEST_ID = 512  # bytes, Elasticsearch's limit


class ElasticIndex:
    """Answers from one index of a cluster; safe to share between threads."""

    def __init__(self, connection: Connection, name: str) -> None:
        """Opens the index; of an alias, the index that it names now.

        Raises:
            NoSuchIndexError: the cluster has no index of that name.
            IndexUnavailableError: the cluster does not answer, or the index was not finished.
        """
        self._connection = connection
        try:
            found = connection.get(f"/{quote(name, safe='')}/_mapping")
        except RefusedError as error:
            if error.status == 404:
                raise NoSuchIndexError(
                    f"{connection.url} has no index {name}: materialize search_index again"
                ) from None
            raise
        try:
            [(self.name, index)] = found.items()
            about = index["mappings"]["_meta"]
            self.embeddings: str = about["embeddings"]
            self.tracks: int = about["tracks"]
            self.dimension: int = about["dimension"]
            # Candidates of a nearest-neighbour search; measured to be enough when the index was built.
            self.num_candidates: int = about["num_candidates"]
            # In an index of the version before, vectors are not made equally long: it has one dimension less.
            self._longest: float = about["length"] if "length" in about else about["longest"]
            self._dims: int = index["mappings"]["properties"]["embedding"]["dims"]
            if about["names"] != names.VERSION:
                raise ValueError("its names are another version's")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexUnavailableError(
                f"{name} in {connection.url} is no finished index of tracks, or another version's: materialize "
                "search_index again"
            ) from error

    def fetch(self, keys: Sequence[Key], neighbours: bool = False) -> Mapping[Key, Document]:
        """Returns the documents of those keys that are known."""
        wanted = {document_id(key): key for key in keys if isinstance(key, str) and key}
        called = [key for key in dict.fromkeys(keys) if isinstance(key, Called)]
        identifiers = list(wanted)
        bodies = []
        for start in range(0, len(identifiers), MOST_FOUND):
            some = identifiers[start : start + MOST_FOUND]
            body = _body({"constant_score": {"filter": {"terms": {"key": some}}}}, len(some), "key", *_READ)
            bodies.append(body | {"stored_fields": "neighbours"} if neighbours else body)
        answers = self._searched([*bodies, *(_matching(so_called(*key), 1, _READ) for key in called)])
        hits = [hit["fields"] for hits in answers[: len(bodies)] for hit in hits]
        found: dict[Key, Document] = {wanted[fields["key"][0]]: self._document(fields) for fields in hits}
        for key, hits in zip(called, answers[len(bodies) :], strict=True):
            if hits:
                found[key] = self._document(hits[0]["fields"])
        return found

    def nearest(self, searches: Sequence[Search], documents: bool = False) -> list[list[Hit]]:
        """Returns, per search, the best tracks; equal scores by popularity, then identifier."""
        read = _READ if documents else ("id",)
        wanted = [search for search in searches if search.count]
        bodies = [
            _popular(search, read) if _popularity_alone(search) else self._near(search, read) for search in wanted
        ]
        answers = iter(self._searched(bodies))
        return [self._hits(search, next(answers)) if search.count else [] for search in searches]

    def _near(self, search: Search, read: Sequence[_Column]) -> dict[str, Any]:
        # A filter within a nearest-neighbour search costs more than finding a few tracks and dropping them.
        within = len(search.without) > _FEW or search.without_artists
        reach = search.count if within else search.count + len(search.without) + _VERSIONS * len(search.without_songs)
        left_out = _left_out(search)
        query = np.zeros(self._dims, np.float32)
        query[: self.dimension] = search.query
        query[self.dimension] = self._offset(search)

        def nearest(*only: Mapping[str, Any]) -> dict[str, Any]:
            k = min(reach, MOST_FOUND)
            filters = [*only, {"bool": {"must_not": left_out}}] if within else [*only]
            return {
                "knn": {
                    "field": "embedding",
                    "query_vector": encoded(query),
                    "k": k,
                    "num_candidates": min(max(self.num_candidates, k), MOST_FOUND),
                    "filter": filters,
                }
            }

        artists: dict[float, list[str]] = {}
        for artist, more in search.raised.items():
            artists.setdefault(more, []).append(artist)
        raised = [
            {"constant_score": {"filter": {"terms": {"artist": names}}, "boost": more}}
            for more, names in artists.items()
        ]
        # Tracks of raised artists may be among the best even if their vectors alone are not. They are searched too,
        # separately for each raise, since among equally raised tracks the nearest are the best.
        ways = [nearest(), *(nearest({"terms": {"artist": names}}) for names in artists.values())]
        # As a query it is searched and fetched in one phase; `knn` beside a query takes three.
        best = {"dis_max": {"queries": ways}}
        return _body({"bool": {"must": best, "should": raised, "must_not": left_out}}, search.count, *read)

    def _hits(self, search: Search, found: Sequence[Mapping[str, Any]]) -> list[Hit]:
        if _popularity_alone(search):
            coefficient = float(search.query[-1])
            return [self._hit(hit["fields"], coefficient * hit["fields"]["popularity"][0]) for hit in found]
        return self._near_hits(search, found)

    def _near_hits(self, search: Search, found: Sequence[Mapping[str, Any]]) -> list[Hit]:
        # Elasticsearch adds 1 to an inner product.
        added = 1 + float(self._offset(search))
        return [self._hit(hit["fields"], hit["_score"] - added) for hit in found]

    def _offset(self, search: Search) -> np.float32:
        # No inner product is less than minus this (Cauchy and Schwarz).
        return np.float32(self._longest * np.linalg.norm(search.query))

    def search(self, text: str, count: int) -> list[Document]:
        """Returns the tracks that a text names; see `matching`."""
        found: dict[str, Document] = {}
        for look in (as_written, forgiving):
            if len(found) < count:
                hits = [document for some in self.find(look(text), count) for document in some]
                found |= {document.id: document for document in hits if document.id not in found}
        return list(found.values())[:count]

    def find(self, wanted: Sequence[Wanted], count: int) -> list[list[Document]]:
        """Returns the most popular tracks that match, for each query."""
        found = self._searched([_matching(clauses, count, _NAMES) for clauses in wanted])
        return [[self._document(hit["fields"]) for hit in hits] for hits in found]

    def _hit(self, fields: Mapping[str, list[Any]], score: float) -> Hit:
        return Hit(fields["id"][0], score, self._document(fields) if "kind" in fields else None)

    def _document(self, fields: Mapping[str, list[Any]]) -> Document:
        neighbours = fields.get("neighbours", ())
        [vector] = fields.get("vector") or fields.get("embedding") or [""]
        return Document(
            id=fields["id"][0],
            kind=fields["kind"][0],
            name=fields.get("name", _NONE)[0],
            artist=fields.get("artist", _NONE)[0],
            album=fields.get("album", _NONE)[0],
            playlists=fields["playlists"][0],
            vector=np.frombuffer(binascii.a2b_base64(vector), ">f4")[: self.dimension].astype(np.float32),
            neighbours=tuple((uri, count) for text in neighbours for uri, count in json.loads(base64.b64decode(text))),
            song=fields.get("song", _NONE)[0],
        )

    def _searched(self, bodies: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """Returns the hits of each search of a multi-search."""
        if not bodies:
            return []
        lines = [line for body in bodies for line in ({}, body)]
        # One time-out for a few searches; the hundreds needed for a list of names may take several.
        timeout = self._connection.timeout
        timeout = max(timeout, min(timeout * (1 + len(bodies) // _SEARCHES_IN_TIME), _LONGEST_SECONDS))
        answer = self._connection.post_lines(f"/{self.name}/_msearch", lines, timeout)
        found = []
        for response in answer["responses"]:
            shards = response.get("_shards", {})
            # A partial answer would be wrong.
            if "error" in response or response.get("timed_out") or shards.get("failed"):
                reason = response.get("error") or shards.get("failures") or "it took too long"
                raise IndexUnavailableError(f"{self.name} could not be searched: {str(reason)[:300]}")
            found.append(response["hits"]["hits"])
        return found


def document_id(key: str) -> str:
    """Returns the `_id` of a key: the key itself, or its hash if it is too long for Elasticsearch."""
    encoded = key.encode("utf-8", "surrogatepass")
    return key if len(encoded) <= _LONGEST_ID else f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def encoded(vector: NDArray[np.float32]) -> str:
    """Returns a vector as Elasticsearch stores and returns it."""
    return base64.b64encode(vector.astype(">f4").tobytes()).decode()


def stored(document: Document, length: float) -> dict[str, Any]:
    """Returns the fields of a document that are stored and read back.

    No track's vector is longer than `length`.
    """
    fields: dict[str, Any] = {name: getattr(document, name) for name in _NAMES}
    if document.kind == "track":
        # Below 0 only by rounding.
        missing = math.sqrt(max(0.0, length**2 - float(np.linalg.norm(document.vector)) ** 2))
        fields["embedding"] = encoded(np.append(document.vector, [1, missing]))
    else:
        fields["vector"] = encoded(document.vector)
    return fields | {"neighbours": base64.b64encode(json.dumps(document.neighbours).encode()).decode()}


def _popularity_alone(search: Search) -> bool:
    return not search.query[:-1].any()


def _popular(search: Search, read: Sequence[_Column]) -> dict[str, Any]:
    """Returns a search sorted by popularity, for queries without a direction, which have no nearest neighbours."""
    coefficient = search.query[-1]
    order = [{"popularity": "desc" if coefficient > 0 else "asc"}] if coefficient else []
    tracks = {"bool": {"filter": {"exists": {"field": "rank"}}, "must_not": _left_out(search)}}
    return _body(tracks, search.count, *read, "popularity") | {"sort": [*order, {"rank": "asc"}]}


def _left_out(search: Search) -> list[dict[str, Any]]:
    without = {
        "key": [document_id(identifier) for identifier in search.without],
        "song": list(search.without_songs),
        "artists": list(search.without_artists),
    }
    return [{"terms": {field: values}} for field, values in without.items() if values]


def _matching(wanted: Wanted, count: int, read: Sequence[_Column]) -> dict[str, Any]:
    """Returns the query for the most popular tracks that match."""
    query = {"bool": {"filter": [_any(clause) for clause in wanted]}}
    return _body(query, count, *read) | {"sort": [{"rank": "asc"}]}


def _body(query: Mapping[str, Any], size: int, *read: _Column) -> dict[str, Any]:
    return {
        "query": query,
        "size": size,
        "docvalue_fields": read,
        "stored_fields": "_none_",
        "_source": False,
        "track_total_hits": False,
    }


def _any(clause: Sequence[Term]) -> dict[str, Any]:
    # Without any query Elasticsearch would return everything.
    if not clause:
        return {"match_none": {}}
    return {"bool": {"should": [_query(term) for term in clause], "minimum_should_match": 1}}


def _query(term: Term) -> dict[str, Any]:
    match term.match:
        case Match.TITLE | Match.ARTIST | Match.WORD | Match.SPELLING:
            return {"term": {_FIELD[term.match]: term.text}}
        case Match.BEGINNING:
            return {"prefix": {"spellings": term.text}}
        case Match.NEAR:
            return {"fuzzy": {"words": {"value": term.text, "fuzziness": 1, "rewrite": "constant_score"}}}
        case Match.NEAR_BEGINNING:
            return {"regexp": {"words": {"value": f"{one_edit(term.text)}.*", "flags": "NONE"}}}
