"""Writes the index that `algorhythms_ask.embedded` reads, and checks that it answers."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from algorhythms_ask import names
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document, Index, Search
from numpy.typing import NDArray

from algorhythms_assets.resources.store import write_json

_FILES = ("vectors.npy", "documents.sqlite")
_ROWS_AT_ONCE = 1 << 16

_TABLES = """
CREATE TABLE documents (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT, artist TEXT, album TEXT,
    playlists INTEGER NOT NULL, song TEXT, neighbours TEXT NOT NULL
);
CREATE INDEX by_song ON documents (song) WHERE song IS NOT NULL;
CREATE INDEX by_artist ON documents (artist);
CREATE TABLE keys (key TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
-- Of every track, as `algorhythms_ask.names` takes them apart: white space alone ends a word.
CREATE VIRTUAL TABLE names USING fts5 (
    words, joins, titles, artists,
    content = '', detail = column, prefix = '1 2 3', tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_{|}~'"
);
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class IndexFaultError(Exception):
    """The index that was built does not answer as it should."""


def build_embedded(
    folder: Path, documents: Iterable[tuple[Document, list[str]]], dimension: int, embeddings: str
) -> None:
    """Writes an index of documents with the keys they are found by.

    `embeddings` is the data version of the vectors' source. Tracks come first, by falling popularity, which orders ties
    and the search by name.
    """
    tracks = count = 0
    words: set[str] = set()
    connection = sqlite3.connect(folder / "documents.sqlite")
    try:
        connection.executescript(_TABLES)
        with (folder / "vectors.npy").open("wb") as file:
            # Written again when their number is known, for which numpy leaves room.
            _write_header(file, 0, dimension)
            for row, (document, keys) in enumerate(documents):
                file.write(document.vector.tobytes())
                count += 1
                neighbours = json.dumps(document.neighbours)
                columns = (
                    document.id,
                    document.kind,
                    document.name,
                    document.artist,
                    document.album,
                    document.playlists,
                )
                values = (row, *columns, document.song, neighbours)
                connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
                # The first to claim a key gets it: of two artists with one name, the more popular.
                connection.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", [(key, row) for key in keys])
                if document.kind == "track":
                    tracks += 1
                    terms = names.terms(document.name, document.artist)
                    words |= terms.words
                    connection.execute(
                        "INSERT INTO names (rowid, words, joins, titles, artists) VALUES (?, ?, ?, ?, ?)",
                        (row, *(" ".join(sorted(some)) for some in terms)),
                    )
            file.seek(0)
            _write_header(file, count, dimension)
        connection.executemany("INSERT INTO words VALUES (?)", ((word,) for word in sorted(words)))
        # One list of tracks per word instead of several that every search would merge.
        connection.execute("INSERT INTO names (names) VALUES ('optimize')")
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    about: dict[str, Any] = {"embeddings": embeddings, "tracks": tracks, "documents": count}
    about |= {
        "dimension": dimension,
        "names": names.VERSION,
        "files": {name: checksum(folder / name) for name in _FILES},
    }
    write_json(folder / "index.json", about)


def _write_header(file: BinaryIO, rows: int, dimension: int) -> None:
    about = {"descr": "<f4", "fortran_order": False, "shape": (rows, dimension)}
    np.lib.format.write_array_header_1_0(file, about)


def checksum(path: Path) -> str:
    """Returns the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_embedded(folder: Path, tracks: int, probes: Mapping[str, NDArray[np.float32]]) -> None:
    """Opens the index and asks for the probes, which are track ids with their vectors.

    Raises:
        IndexFaultError: it has a different number of tracks, a vector is not finite, a probe cannot be found or has
            another vector, or the search does not find what a scan of all vectors finds.
    """
    queries = np.stack(list(probes.values()))
    best = np.full(len(queries), -np.inf)
    for start, some in _parts(folder / "vectors.npy"):
        if not np.isfinite(some).all():
            raise IndexFaultError(f"the index in {folder} holds vectors that are not finite")
        if start < tracks:
            best = np.maximum(best, (queries @ some[: tracks - start].T).max(axis=1))
    index = EmbeddedIndex(folder)
    check_content(f"the index in {folder}", index, tracks, probes)
    found = index.nearest([Search(query, 1) for query in queries])
    for probe, [hit], score in zip(probes, found, best, strict=True):
        if abs(hit.score - score) > 1e-4 * max(1, abs(score)):
            raise IndexFaultError(f"the index in {folder} finds {hit.id} for {probe}, which is not the best")


def _parts(path: Path) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yields the rows of an array, some at a time, and where they start; each part is mapped by itself."""
    for start in range(0, len(np.load(path, mmap_mode="r")), _ROWS_AT_ONCE):
        yield start, np.load(path, mmap_mode="r")[start : start + _ROWS_AT_ONCE]


def check_content(name: str, index: Index, tracks: int, probes: Mapping[str, NDArray[np.float32]]) -> None:
    """Checks the number of tracks in an index, and some tracks with their vectors.

    Raises:
        IndexFaultError: it has more or fewer, or a probe is missing or has another vector.
    """
    if index.tracks != tracks:
        raise IndexFaultError(f"{name} holds {index.tracks} tracks, not {tracks}")
    documents = index.fetch(list(probes))
    for probe, vector in probes.items():
        if probe not in documents:
            raise IndexFaultError(f"{name} lacks {probe}")
        if not np.array_equal(documents[probe].vector, vector):
            raise IndexFaultError(f"{name} holds another vector of {probe}")
