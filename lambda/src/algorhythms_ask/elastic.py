"""The index beyond one machine: Elasticsearch, which searches vectors approximately and names by its inverted index.

A document's `_id` is the key it is found by, so artists and albums are there once for each of their keys. Only tracks
have an `embedding` to be searched, a `rank` (by falling popularity, which the index is sorted by) and `words`. What is
read back is in `_source`, the vector as base64 of big-endian float32: exact, and ten times faster to read than JSON.
Neighbours, which are more than all the rest and seldom wanted, are a stored field of their own.
It is written by `algorhythms_assets`.
"""

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask.connection import Connection, RefusedError
from algorhythms_ask.index import Document, Hit, IndexUnavailableError, NoSuchIndexError

# Elasticsearch's own limit to what one search finds.
MOST_FOUND = 10_000
# More than wanted are asked for, so that equal scores at the edge fall as everywhere else.
_BEYOND = 20

_LONGEST_ID = 512  # bytes, Elasticsearch's limit
_LONGEST_WORD = 64
_MOST_WORDS = 100
_WORD = re.compile(r"[^\W_]+")


class ElasticIndex:
    """Answers from one index of a cluster; safe to share between threads."""

    def __init__(self, connection: Connection, name: str) -> None:
        """Opens the index; of an alias, the index that it names now.

        Raises:
            NoSuchIndexError: the cluster has none of that name.
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
            # So many a search among neighbours looks at: that they are enough was measured when it was built.
            self.num_candidates: int = about["num_candidates"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexUnavailableError(f"{name} in {connection.url} is no finished index of tracks") from error

    def fetch(self, keys: Sequence[str], neighbours: bool = False) -> Mapping[str, Document]:
        """Returns the documents of those keys that are known."""
        wanted = [key for key in dict.fromkeys(keys) if key]
        if not wanted:
            return {}
        path = f"/{self.name}/_mget" + ("?_source=true&stored_fields=neighbours" if neighbours else "")
        answer = self._connection.post(path, {"ids": [document_id(key) for key in wanted]})
        found = {}
        for key, document in zip(wanted, answer["docs"], strict=True):
            if "error" in document:
                raise IndexUnavailableError(f"{self.name}: {document['error'].get('reason')}")
            if document["found"]:
                found[key] = _document(document["_source"], document.get("fields", {}).get("neighbours", ()))
        return found

    def nearest(self, queries: NDArray[np.float32], count: int, exclude: Sequence[Sequence[str]]) -> list[list[Hit]]:
        """Returns, per query, the tracks of largest inner product; equal scores by popularity, then identifier."""
        if len(queries) == 0 or count == 0:
            return [[] for _ in queries]
        without = [set(identifiers) for identifiers in exclude]
        lines: list[object] = []
        for query, identifiers in zip(queries, without, strict=True):
            # A filter would cost the search more than finding what is then left out.
            lines += [{}, self._search(query, min(count + len(identifiers) + _BEYOND, MOST_FOUND))]
        found = []
        for query, identifiers, hits in zip(queries, without, self._searched(lines), strict=True):
            ranked = sorted(_ranked(query, hits))
            found.append([hit for _, _, hit in ranked if hit.id not in identifiers][:count])
        return found

    def _search(self, query: NDArray[np.float32], size: int) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "size": size,
            "_source": False,
            "stored_fields": "_none_",
            "docvalue_fields": ["id", "artist", "rank"],
            "track_total_hits": False,
        }
        if not query[:-1].any():
            # Popularity alone is a number to sort by; a search among neighbours would be lost.
            by_popularity = [{"popularity": "desc" if query[-1] > 0 else "asc"}] if query[-1] else []
            wanted["docvalue_fields"].append("popularity")
            tracks = {"bool": {"filter": {"exists": {"field": "rank"}}}}
            return wanted | {"query": tracks, "sort": [*by_popularity, {"rank": "asc"}]}
        knn: dict[str, Any] = {
            "field": "embedding",
            "query_vector": encoded(query),
            "k": size,
            "num_candidates": min(max(self.num_candidates, size), MOST_FOUND),
        }
        # As a query it is searched for and fetched in one phase; what stands as `knn` beside queries takes three.
        return wanted | {"query": {"knn": knn}}

    def search(self, text: str, count: int) -> list[Document]:
        """Returns tracks whose name and artist hold all words of the text as prefixes, the most popular first.

        Where there are fewer than wanted, those follow whose words differ in a letter, or in two if they are long.
        """
        words = list(dict.fromkeys(folded(text)))[:_MOST_WORDS]
        if not words or count == 0:
            return []
        found: dict[str, Document] = {}
        for clauses in ([_prefix(word) for word in words], [_similar(word) for word in words]):
            query = {"bool": {"filter": clauses}}
            order = [{"rank": "asc"}]
            body = {"size": count, "query": query, "sort": order, "track_total_hits": False}
            [hits] = self._searched([{}, body])
            for hit in hits:
                found.setdefault(hit["_source"]["id"], _document(hit["_source"]))
            if len(found) >= count:
                break
        return list(found.values())[:count]

    def _searched(self, lines: Sequence[object]) -> list[list[dict[str, Any]]]:
        """Returns the hits of each search of a multi-search."""
        answer = self._connection.post_lines(f"/{self.name}/_msearch", lines)
        found = []
        for response in answer["responses"]:
            shards = response.get("_shards", {})
            # A part of the answer would be a wrong one.
            if "error" in response or response.get("timed_out") or shards.get("failed"):
                reason = response.get("error") or shards.get("failures") or "it took too long"
                raise IndexUnavailableError(f"{self.name} could not be searched: {str(reason)[:300]}")
            found.append(response["hits"]["hits"])
        return found


def document_id(key: str) -> str:
    """Returns the `_id` of a key: the key itself, or its hash where Elasticsearch would find it too long."""
    encoded = key.encode("utf-8", "surrogatepass")
    return key if len(encoded) <= _LONGEST_ID else f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def folded(text: str) -> list[str]:
    """Returns the words of a name as they are compared: without accents and case."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
    return [word[:_LONGEST_WORD] for word in _WORD.findall(plain)]


def encoded(vector: NDArray[np.float32]) -> str:
    """Returns a vector as Elasticsearch takes it, and as it is stored to be read back."""
    return base64.b64encode(vector.astype(">f4").tobytes()).decode()


def source(document: Document) -> dict[str, Any]:
    """Returns what is stored of a document and read back."""
    return {
        "id": document.id,
        "kind": document.kind,
        "name": document.name,
        "artist": document.artist,
        "album": document.album,
        "playlists": document.playlists,
        "vector": encoded(document.vector),
        "neighbours": base64.b64encode(json.dumps(document.neighbours).encode()).decode(),
    }


def _document(stored: Mapping[str, Any], neighbours: Sequence[str] = ()) -> Document:
    return Document(
        id=stored["id"],
        kind=stored["kind"],
        name=stored["name"],
        artist=stored["artist"],
        album=stored["album"],
        playlists=stored["playlists"],
        vector=np.frombuffer(base64.b64decode(stored["vector"]), ">f4").astype(np.float32),
        neighbours=tuple((uri, count) for text in neighbours for uri, count in json.loads(base64.b64decode(text))),
    )


def _ranked(query: NDArray[np.float32], hits: Sequence[Mapping[str, Any]]) -> list[tuple[float, int, Hit]]:
    """Returns (negative score, rank, hit), which sorts as answers are ordered; no two have one rank."""
    ranked = []
    for hit in hits:
        fields = hit["fields"]
        if "popularity" in fields:
            score = float(query[-1]) * fields["popularity"][0]
        else:
            # How Elasticsearch makes an inner product a positive score.
            score = hit["_score"] - 1 if hit["_score"] >= 1 else 1 - 1 / hit["_score"]
        ranked.append((-score, fields["rank"][0], Hit(fields["id"][0], score, fields.get("artist", [None])[0])))
    return ranked


def _prefix(word: str) -> dict[str, Any]:
    return {"prefix": {"words": word}}


def _similar(word: str) -> dict[str, Any]:
    fuzzy = {"fuzzy": {"words": {"value": word, "fuzziness": "AUTO:4,8", "prefix_length": 1}}}
    return {"bool": {"should": [_prefix(word), fuzzy]}}
