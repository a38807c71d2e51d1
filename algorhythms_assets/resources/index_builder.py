"""Writes the index that `algorhythms_ask.embedded` reads, and checks that it answers."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document

from algorhythms_assets.resources.store import write_json

_TABLES = """
CREATE TABLE documents (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT, artist TEXT, album TEXT,
    playlists INTEGER NOT NULL, neighbours TEXT NOT NULL
);
CREATE TABLE keys (key TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE names USING fts5 (
    name, artist, content = '', tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
"""


class IndexFaultError(Exception):
    """The index that was built does not answer as it has to."""


def build_embedded(
    folder: Path, documents: Iterable[tuple[Document, list[str]]], dimension: int, embeddings: str
) -> None:
    """Writes an index of documents with the keys they are found by.

    `embeddings` is the data version of what the vectors come from.
    Tracks come first and by falling popularity, which is what ties and the search by name go by.
    """
    vectors: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    tracks = 0
    connection = sqlite3.connect(folder / "documents.sqlite")
    try:
        connection.executescript(_TABLES)
        for row, (document, keys) in enumerate(documents):
            vectors.append(document.vector)
            neighbours = json.dumps(document.neighbours)
            columns = (document.id, document.kind, document.name, document.artist, document.album, document.playlists)
            connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (row, *columns, neighbours))
            # The first to claim a key has it: of two artists of one name the more popular.
            connection.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", [(key, row) for key in keys])
            if document.kind == "track":
                tracks += 1
                connection.execute(
                    "INSERT INTO names (rowid, name, artist) VALUES (?, ?, ?)", (row, document.name, document.artist)
                )
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    np.save(folder / "vectors.npy", np.stack(vectors) if vectors else np.zeros((0, dimension), np.float32))
    about = {"embeddings": embeddings, "tracks": tracks, "documents": len(vectors), "dimension": dimension}
    write_json(folder / "index.json", about)


def verify_embedded(folder: Path, tracks: int, probes: list[str]) -> None:
    """Opens the index and asks for the probes, which are track ids.

    Raises:
        IndexFaultError: it does not hold so many tracks, a vector is not finite, or a probe cannot be found.
    """
    index = EmbeddedIndex(folder)
    if not np.isfinite(np.load(folder / "vectors.npy", mmap_mode="r")).all():
        raise IndexFaultError(f"the index in {folder} holds vectors that are not finite")
    if index.tracks != tracks:
        raise IndexFaultError(f"the index in {folder} holds {index.tracks} tracks, not {tracks}")
    documents = index.fetch(probes)
    for probe in probes:
        if probe not in documents:
            raise IndexFaultError(f"the index in {folder} lacks {probe}")
    queries = np.stack([documents[probe].vector for probe in probes])
    queries[:, -1] = 0
    for probe, [hit] in zip(probes, index.nearest(queries, 1, [[]] * len(probes), documents=False), strict=True):
        own = float(queries[probes.index(probe)] @ documents[probe].vector)
        # Nothing is nearer to a unit vector than itself; another may be equally near.
        if abs(hit.score - own) > 1e-4:
            raise IndexFaultError(f"the index in {folder} finds {hit.id} before {probe} itself")
