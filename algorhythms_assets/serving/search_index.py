"""Builds and verifies the index of the vectors; it becomes visible with the release."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from algorhythms_ask.blocking import BlockList
from algorhythms_ask.connection import Connection, Database, DatabaseError
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.index import Document, IndexUnavailableError, NoSuchIndexError
from numpy.typing import NDArray

from algorhythms_assets.contracts import EMBEDDINGS, GCN_WEIGHTS, SEARCH_INDEX, TRACK_METADATA, TRACKS_SCHEMA
from algorhythms_assets.graph.edge_table import strength_parts
from algorhythms_assets.graph.pruning import Strongest, strongest
from algorhythms_assets.ingest.playlists import load_training
from algorhythms_assets.model.stored import load_embeddings, stored_factors
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.index.elastic import build_elastic, longest, verify_elastic, writer
from algorhythms_assets.resources.index.embedded import build_embedded, verify_embedded
from algorhythms_assets.resources.index.projected import FEWEST_TRACKS, LEAST_RECALL, project
from algorhythms_assets.resources.store import InputError, write_json
from algorhythms_assets.serving.blocked import BLOCKED_FILE, block_list, blocked_tracks
from algorhythms_assets.serving.config import SearchIndexConfig
from algorhythms_assets.serving.documents import Neighbours, document_count, documents
from algorhythms_assets.serving.placed import load_new_tracks, new_count
from algorhythms_assets.serving.queries import other_queries, queries

_PROBES = 50
# A cluster that has just merged is cold; listeners would not wait as long.
_PATIENT_SECONDS = 60


class Together:
    """The neighbours of each track, as (URI, playlists together), strongest first, stored in flat arrays.

    As lists of pairs, those of two million tracks would take 5 GB.
    """

    def __init__(self, found: Strongest, uris: Sequence[str]) -> None:
        self._found, self._uris = found, uris
        self._starts = np.searchsorted(found.node, np.arange(len(uris) + 1, dtype=found.node.dtype))

    def get(self, track: int, otherwise: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
        """Returns the neighbours of a track by its number, or `otherwise` if it has none."""
        if not 0 <= track < len(self._uris):
            return otherwise
        own = slice(self._starts[track], self._starts[track + 1])
        pairs = zip(self._found.neighbour[own].tolist(), self._found.playlists[own].tolist(), strict=True)
        return [(self._uris[neighbour], playlists) for neighbour, playlists in pairs] or otherwise


@dataclass(frozen=True)
class Content:
    """What an index will hold: rows of tracks with their vectors, float32 [n, dimension], and their neighbours.

    The last `new` rows are new tracks. `blocked` tracks are not included.
    """

    embeddings: str
    tracks: pa.Table
    vectors: NDArray[np.float32]
    neighbours: Neighbours
    factors: int
    new: int
    blocked: BlockList

    def documents(self, work: Work[SearchIndexConfig]) -> Iterator[tuple[Document, list[str]]]:
        """Yields each document with its keys, and reports progress."""
        every = documents(self.tracks, self.vectors, self.neighbours, self.factors, self.new)
        return work.progress(every, document_count(self.tracks, self.new), "documents")

    def probes(self) -> dict[str, NDArray[np.float32]]:
        """Returns some tracks with their vectors."""
        some = np.linspace(0, self.tracks.num_rows - 1, min(_PROBES, self.tracks.num_rows)).astype(int)
        return {self.tracks["track_uri"][i].as_py(): self.vectors[i] for i in some}


def build(work: Work[SearchIndexConfig]) -> dict[str, Any]:
    """Build the index of tracks, artists and albums, and verify that it answers."""
    numbers, vectors = load_embeddings(work.store)
    # Before the neighbours are read: the playlists that the queries come from take as much memory.
    scanned = work.config.index == "embedded" and len(numbers) < FEWEST_TRACKS
    asked, others = ({}, np.empty(0, np.float32)) if scanned else _queries(work, numbers, vectors)
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet")
    content = _content(work, tracks.take(pa.array(numbers)), vectors, _neighbours(work, tracks))
    made = (
        _embedded(work, content, asked, others) if work.config.index == "embedded" else _elastic(work, content, asked)
    )
    held = content.tracks.num_rows
    return {
        "dagster/row_count": held,
        "new tracks": content.new,
        "left out because they are blocked": len(numbers) + new_count(work.store) - held,
        **made,
    }


def _neighbours(work: Work[SearchIndexConfig], tracks: pa.Table) -> Neighbours:
    if not work.config.neighbours:
        return {}
    uris = tracks["track_uri"].to_pylist()
    return Together(strongest(strength_parts(work, "weight"), len(uris), work.config.neighbours), uris)


def _content(
    work: Work[SearchIndexConfig], trained: pa.Table, vectors: NDArray[np.float32], neighbours: Neighbours
) -> Content:
    """Returns trained and new tracks, without blocked ones."""
    new, placed = load_new_tracks(work.store)
    tracks = pa.concat_tables([trained.cast(TRACKS_SCHEMA), new])
    blocked = block_list(work.store)
    permitted = ~blocked_tracks(tracks, blocked)
    if not permitted.any():
        raise InputError("every track is blocked, so there is nothing to search: unblock some")
    # A copy takes gigabytes, so it is made only if needed.
    if len(placed):
        vectors = np.concatenate([vectors, placed])
    if not permitted.all():
        tracks, vectors = tracks.filter(pa.array(permitted)), vectors[permitted]
    return Content(
        work.store.require(EMBEDDINGS).data_version,
        tracks,
        vectors,
        neighbours,
        stored_factors(work.store),
        int(permitted[trained.num_rows :].sum()),
        blocked,
    )


def _queries(
    work: Work[SearchIndexConfig], numbers: NDArray[np.int32], vectors: NDArray[np.float32]
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]:
    """Returns the queries that an approximate index is measured with, and others that it may be fitted to."""
    fold_in = np.load(work.store.path(GCN_WEIGHTS) / "fold_in.npy")
    training = load_training(work.store.path(TRACK_METADATA))
    return queries(training, numbers, vectors, fold_in), other_queries(training, numbers, vectors, fold_in)


def _embedded(
    work: Work[SearchIndexConfig],
    content: Content,
    asked: dict[str, NDArray[np.float32]],
    others: NDArray[np.float32],
) -> dict[str, Any]:
    measured: dict[str, Any] = {}

    def write(folder: Path) -> None:
        build_embedded(folder, content.documents(work), content.vectors.shape[1], content.embeddings)
        verify_embedded(folder, content.tracks.num_rows, content.probes())
        _note_blocked(folder, content.blocked)
        if not asked:
            return
        candidates, recall = project(folder, others, asked)
        if not candidates:
            work.log.warning("every search reads all vectors: a projection finds too few of the best 100 (%s)", recall)
        elif min(recall.values()) < LEAST_RECALL:
            work.log.info("requests for less popular tracks read all vectors: for the others, see %s", recall)
        measured.update({"candidates": candidates, **_told(recall)})

    place = work.write_folder(write, work.stamp.data_version[:12])
    return {"version": place.name, **measured}


def _told(recall: Mapping[str, float]) -> dict[str, float]:
    return {f"recall@100, {called}": share for called, share in recall.items()}


def _note_blocked(folder: Path, blocked: BlockList) -> None:
    """Records what the index was built without, for the evaluation."""
    write_json(folder / BLOCKED_FILE, {"tracks": sorted(blocked.tracks), "artists": sorted(blocked.artists)})


def _elastic(work: Work[SearchIndexConfig], content: Content, asked: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
    try:
        database = Database.from_environment({**os.environ, "DATABASE_URL": work.config.index})
        return _in_cluster(work, content, asked, database)
    except (DatabaseError, IndexUnavailableError) as error:
        raise InputError(str(error)) from None


def _in_cluster(
    work: Work[SearchIndexConfig], content: Content, asked: dict[str, NDArray[np.float32]], database: Database
) -> dict[str, Any]:
    patient = replace(database, timeout=max(database.timeout, _PATIENT_SECONDS))
    connection, client = Connection(patient), writer(database)
    version = work.stamp.data_version[:12]
    name = f"tracks-{version}"
    measured: dict[str, Any] = {}

    def write(folder: Path) -> None:
        dimension, length = content.vectors.shape[1], longest(content.vectors)
        count = build_elastic(client, name, content.documents(work), dimension, length, content.embeddings, folder)
        work.log.info("verifying %d documents", count)
        measured.update(verify_elastic(client, connection, name, count, content.probes(), content.vectors, asked))
        about = {"kind": "elasticsearch", "name": name, "embeddings": content.embeddings, "documents": count}
        write_json(folder / "index.json", about | measured)
        _note_blocked(folder, content.blocked)

    place = work.store.version_path(work.artifact, version)
    if place.is_dir():
        try:
            ElasticIndex(connection, name)
        except NoSuchIndexError:
            work.log.warning("the cluster has lost %s: it is rebuilt", name)
            shutil.rmtree(place)
    work.write_folder(write, version, resumable=True)
    stored = connection.get(f"/{name}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    return {"version": version, "index": name, "bytes in the cluster": stored, **_told(measured.get("recall", {}))}


if __name__ == "__main__":
    run(build, SEARCH_INDEX, SearchIndexConfig)
