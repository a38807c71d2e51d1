"""Writes the index that `algorhythms_ask.elastic` reads, and measures its recall against a full scan."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
from algorhythms_ask import names
from algorhythms_ask.connection import Connection, Database, RefusedError
from algorhythms_ask.elastic import ElasticIndex, document_id, stored
from algorhythms_ask.index import Document, IndexUnavailableError, Search
from elastic_transport import TlsError
from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, Elasticsearch, TransportError
from numpy.typing import NDArray
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from algorhythms_assets.resources.index.embedded import IndexFaultError, check_content
from algorhythms_assets.resources.store import InputError, write_json

RECALL_OF = 100
LEAST_RECALL = 0.95
# Tried in this order; the last is Elasticsearch's maximum.
NUM_CANDIDATES = (250, 500, 1000, 2000, 5000, 10_000)

_BATCH = 500
_BULK_SECONDS = 120
_ATTEMPTS = 8
_POLL_SECONDS = 1
_SAY_SECONDS = 60
_PROGRESS = "progress.json"
_BUSY = (429, 502, 503, 504)
# Lucene allows 32,766 bytes in a keyword, and a letter may have four. A longer name is read back as null.
_LONGEST_NAME = 8000

# Built from all vectors at once after loading: a graph merged from those of segments has lower recall.
_GRAPH = {"type": "hnsw", "m": 16, "ef_construction": 100}

# Identifiers and names have no white space around them.
_NO_KEY = " "

_LOADING = {"refresh_interval": "-1", "auto_expand_replicas": False, "number_of_replicas": 0}
_LOADED = {"refresh_interval": None, "auto_expand_replicas": "0-1"}

_log = logging.getLogger(__name__)


def _mappings(dimension: int, index_options: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, Any]:
    read = {"type": "keyword", "index": False, "ignore_above": _LONGEST_NAME}
    # They are already folded, so no analysis module is needed.
    words = {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False}
    return {
        "dynamic": False,
        "_meta": meta,
        # For people: answers come from doc values and stored fields.
        "_source": {"includes": ["id", "kind", "name", "artist", "album", "playlists"]},
        "properties": {
            "key": {"type": "keyword"},
            "id": read,
            "kind": read,
            "name": read,
            "artist": read | {"index": True},
            "album": read,
            "song": {"type": "keyword"},
            "playlists": {"type": "integer", "index": False},
            "vector": {"type": "binary", "doc_values": True},
            "neighbours": {"type": "binary", "store": True},
            "rank": {"type": "integer"},
            "popularity": {"type": "float"},
            "titles": {"type": "keyword", "doc_values": False},
            "artists": {"type": "keyword", "doc_values": False},
            "words": words,
            "spellings": words | {"index_prefixes": {"min_chars": 1, "max_chars": 8}},
            "embedding": {
                "type": "dense_vector",
                "dims": dimension + 2,
                "similarity": "max_inner_product",
                "index_options": index_options,
            },
        },
    }


def writer(database: Database) -> Elasticsearch:
    """Returns the client for writing; endpoints read through the lighter `Connection`."""
    # A line for each of its requests would drown out the payload's own.
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    return Elasticsearch(
        database.url,
        basic_auth=(database.user, database.password or "") if database.user else None,
        api_key=database.api_key,
        ca_certs=database.ca_file or DEFAULT,
        request_timeout=_BULK_SECONDS,
        max_retries=0,  # it would not wait between attempts
    )


def longest(vectors: NDArray[np.float32]) -> float:
    """Returns the length of the longest of vectors, float32 [n, dimension]."""
    # Their norms at once would take as much memory as all of them.
    return math.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64).max(initial=0))


def build_elastic(
    client: Elasticsearch,
    name: str,
    documents: Iterable[tuple[Document, list[str]]],
    dimension: int,
    length: float,
    embeddings: str,
    work: Path,
) -> int:
    """Loads an index of documents with the keys they are found by; returns how many documents it must have.

    Tracks come first, by falling popularity; none of their vectors is longer than `length`. `work` is a folder in which
    an interrupted load records its progress: the next one, of the same documents, resumes from there.

    Raises:
        IndexUnavailableError: the cluster does not accept it.
    """
    progress = work / _PROGRESS
    done = _loaded(client, name, progress)
    if done is None:
        _ask(client.indices.delete, index=name, ignore_unavailable=True)
        mappings = _mappings(dimension, {"type": "flat"}, {"loading": embeddings})
        settings = {"number_of_shards": 1, "sort.field": "rank", "sort.order": "asc", **_LOADING}
        _ask(client.indices.create, index=name, settings={"index": settings}, mappings=mappings)
        done = 0
    tracks = count = 0
    uuid = _uuid(client, name)
    for batch, (lines, some_tracks) in enumerate(_batches(documents, length), start=1):
        count += len(lines) // 2
        tracks += some_tracks
        if batch > done:
            # A document of which all keys are taken has no line, and Elasticsearch rejects a request without lines.
            if lines:
                _bulk(client, name, lines)
            write_json(progress, {"uuid": uuid, "batches": batch})
    if _uuid(client, name) != uuid:
        # Elasticsearch automatically created one of that name for the rest, with other mappings.
        raise IndexUnavailableError(f"{name} was deleted while it was loaded: materialize search_index again")
    _ask(client.indices.put_settings, index=name, settings={"index": _LOADED})
    meta = {
        "embeddings": embeddings,
        "tracks": tracks,
        "dimension": dimension,
        "documents": count,
        "length": length,
        "num_candidates": NUM_CANDIDATES[0],
        "names": names.VERSION,
    }
    # Data needed only for recovery is dropped in a merge once it is safe on disk: a third of the index.
    _ask(client.indices.flush, index=name)
    _ask(client.indices.put_mapping, index=name, **_mappings(dimension, _GRAPH, {"loading": embeddings}))
    _merge(client, name)
    _ask(client.indices.refresh, index=name)
    _ask(client.indices.put_mapping, index=name, meta=meta)
    return count


def verify_elastic(
    client: Elasticsearch,
    connection: Connection,
    name: str,
    documents: int,
    probes: Mapping[str, NDArray[np.float32]],
    vectors: NDArray[np.float32],
    queries: Mapping[str, NDArray[np.float32]],
) -> dict[str, Any]:
    """Queries the index for probes and searches, and finds the number of candidates that it needs.

    It queries through `connection`, as the endpoint will.
    `probes` are track ids with their vectors; `vectors` are those of all tracks, float32 [tracks, dimension];
    `queries` are float32 [n, dimension] by name. Returns the number of candidates and recalls.

    Raises:
        IndexFaultError: a document is missing or differs.
        InputError: recall is too low at any number of candidates.
    """
    index = ElasticIndex(connection, name)
    held = _ask(client.count, index=name)["count"]
    if held != documents:
        raise IndexFaultError(f"{name} holds {held} documents, not {documents}")
    check_content(name, index, len(vectors), probes)
    edges = {called: _last_of_best(vectors, asked) for called, asked in queries.items()}
    recalls: dict[str, float] = {}
    for candidates in NUM_CANDIDATES:
        index.num_candidates = candidates
        recalls = {called: _recall(index, asked, edges[called]) for called, asked in queries.items()}
        if min(recalls.values()) >= LEAST_RECALL:
            meta = _ask(client.indices.get_mapping, index=name)[name]["mappings"]["_meta"]
            _ask(client.indices.put_mapping, index=name, meta=meta | {"num_candidates": candidates})
            return {"num_candidates": candidates, "recall": recalls}
    found = ", ".join(f"{recall:.3f} for {called}" for called, recall in recalls.items())
    raise InputError(
        f"{name} finds too little: recall@{RECALL_OF} at {NUM_CANDIDATES[-1]} candidates is {found}. Elasticsearch's "
        f"graph does not suit these {len(vectors):,} vectors; ALGORHYTHMS_INDEX=embedded finds all of the best."
    )


def _recall(index: ElasticIndex, queries: NDArray[np.float32], edges: NDArray[np.float64]) -> float:
    shares = []
    for start in range(0, len(queries), 50):
        asked = queries[start : start + 50]
        answers = index.nearest([Search(query, RECALL_OF) for query in asked])
        for hits, edge in zip(answers, edges[start : start + 50], strict=True):
            # Any track that scores the same as the last of the best is as good.
            good = sum(hit.score >= edge - 1e-4 * max(1, abs(edge)) for hit in hits)
            shares.append(good / min(RECALL_OF, index.tracks))
    return round(float(np.mean(shares)), 4)


def _last_of_best(vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns, per query, the score of the last of the best that an exact scan finds, float64 [n]."""
    best = np.full((len(queries), RECALL_OF), -np.inf)
    for start in range(0, len(vectors), 1 << 17):
        scores = np.concatenate([best, queries @ vectors[start : start + (1 << 17)].T], axis=1)
        best = np.partition(scores, scores.shape[1] - RECALL_OF, axis=1)[:, -RECALL_OF:]
    edges: NDArray[np.float64] = np.where(np.isfinite(best), best, np.inf).min(axis=1)
    return edges


def _batches(
    documents: Iterable[tuple[Document, list[str]]], length: float
) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Yields the lines of each bulk request, an action and a document in turn, and the number of its tracks."""
    numbered = enumerate(documents)
    claimed: set[str] = set()
    while some := list(islice(numbered, _BATCH)):
        lines: list[dict[str, Any]] = []
        tracks = 0
        for rank, (document, keys) in some:
            fields = stored(document, length)
            if document.kind == "track":
                tracks += 1
                fields |= {
                    "rank": rank,
                    "popularity": float(document.vector[-1]),
                    **_names(names.terms(document.name, document.artist)),
                }
            for key in keys:
                # The first to claim a key gets it: of two artists with one name, the more popular.
                if key not in claimed:
                    claimed.add(key)
                    identifier = document_id(key)
                    lines += [{"index": {"_id": identifier}}, fields | {"key": identifier}]
        yield lines, tracks


def _names(terms: names.Terms) -> dict[str, Any]:
    words = sorted(terms.words)
    return {
        "titles": sorted(terms.titles),
        "artists": sorted(terms.artists),
        "words": " ".join(words),
        "spellings": " ".join([*words, *sorted(terms.joins)]),
    }


def _loaded(client: Elasticsearch, name: str, progress: Path) -> int | None:
    """Returns how many batches of an earlier attempt are in the index, or None if it has to be rebuilt."""
    try:
        noted = json.loads(progress.read_text(encoding="utf-8"))
        return int(noted["batches"]) if noted["uuid"] == _uuid(client, name) else None
    except (FileNotFoundError, ValueError, KeyError):
        return None
    except RefusedError as error:
        if error.status == 404:
            return None
        raise


def _uuid(client: Elasticsearch, name: str) -> str:
    return str(_ask(client.indices.get_settings, index=name)[name]["settings"]["index"]["uuid"])


def _bulk(client: Elasticsearch, name: str, lines: Sequence[dict[str, Any]]) -> None:
    def send() -> None:
        answer = client.bulk(index=name, operations=lines, filter_path="errors,items.*.status,items.*.error")
        if answer["errors"]:
            # The first refusal is representative, and sending the batch again is harmless.
            refused = next(item["index"] for item in answer["items"] if "error" in item["index"])
            message = f"{name} does not take a document: {refused['error'].get('reason')}{_hint(refused['error'])}"
            raise RefusedError(refused["status"], message)

    _ask(send)


def _hint(error: Mapping[str, Any]) -> str:
    if error.get("type") != "cluster_block_exception":
        return ""
    return (
        ". A cluster whose disks are full blocks writing until there is room: make some, then materialize "
        "search_index again, which resumes after the last batch"
    )


def _merge(client: Elasticsearch, name: str) -> None:
    """Merges everything into one segment, so that a search uses one graph instead of many."""
    # A single segment would be left without a graph; adding and deleting a document makes it two.
    _ask(client.index, index=name, id=_NO_KEY, document={}, refresh=True)
    _ask(client.options(ignore_status=404).delete, index=name, id=_NO_KEY, refresh=True)
    task = _merging(client, name)
    left = _ATTEMPTS
    waits = chain((0.05, 0.2, 0.5), repeat(_POLL_SECONDS))
    started = said = time.monotonic()
    while True:
        # The client's own call warns each time that this part of the API is not stable.
        accept = {"accept": "application/json"}
        try:
            done = _ask(client.perform_request, method="GET", path=f"/_tasks/{task}", headers=accept)
        except RefusedError as error:
            left -= 1
            if error.status != HTTPStatus.NOT_FOUND or not left:
                raise
            # The node that merged was started again.
            _log.warning("the cluster no longer knows of the merge of %s: it is started again", name)
            task = _merging(client, name)
            continue
        if done["completed"]:
            if "error" in done:
                raise IndexUnavailableError(f"{name} could not be merged: {done['error'].get('reason')}")
            return
        if time.monotonic() - said >= _SAY_SECONDS:
            said = time.monotonic()
            _log.info(
                "%s has been merging for %.0f s; two million tracks take half an hour. A cluster whose disks are "
                "nearly full waits until there is room",
                name,
                said - started,
            )
        time.sleep(next(waits))


def _merging(client: Elasticsearch, name: str) -> str:
    """Starts a merge; returns its task."""
    started = _ask(client.indices.forcemerge, index=name, max_num_segments=1, wait_for_completion=False)
    return str(started["task"])


def _ask(call: Callable[..., Any], **arguments: Any) -> Any:
    """Calls the client; retries if the cluster is busy or temporarily unreachable."""
    try:
        return Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            before_sleep=_say_again,
            reraise=True,
        )(call, **arguments)
    except ApiError as error:
        raise RefusedError(error.status_code, f"Elasticsearch refused: {error}") from error
    except TlsError as error:
        why = f"{error}: {error.errors[-1]}" if error.errors else str(error)
        raise IndexUnavailableError(
            f"Elasticsearch cannot be reached: {why}. If its certificate is not trusted, name the one of the "
            "authority that signed it in DATABASE_CA_FILE"
        ) from error
    except TransportError as error:
        raise IndexUnavailableError(f"Elasticsearch cannot be reached: {error}") from error


def _say_again(state: RetryCallState) -> None:
    why = state.outcome.exception() if state.outcome else None
    _log.warning("attempt %d of %d at Elasticsearch failed, another follows: %s", state.attempt_number, _ATTEMPTS, why)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, ApiError):
        return error.status_code in _BUSY
    if isinstance(error, TlsError):
        return False
    return isinstance(error, TransportError) or (isinstance(error, RefusedError) and error.status in _BUSY)
