"""The index that needs no service: a scan of a memory-mapped matrix, names in SQLite's full text search.

A folder of three files: `vectors.npy` (float32 [tracks + artists + albums, dimension], tracks first, by falling
popularity), `documents.sqlite`, `index.json`. It is written by `algorhythms_assets`. Scores are exact; with many
tracks, only those that a projection (see `projection`) ranks near the top are scored.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask import names
from algorhythms_ask.index import Called, Document, Hit, IndexUnavailableError, Key, Search
from algorhythms_ask.matching import Clause, Match, Term, Wanted, as_written, forgiving, so_called
from algorhythms_ask.projection import Projection, lowest_of, products
from algorhythms_ask.vocabulary import Vocabulary

# Scores held at a time: 128 MB. Of two million tracks, 16 queries at once take half the time each of 8.
_SCORES_AT_ONCE = 1 << 25
# Vectors of candidates held at a time: 25 MB at a dimension of 384.
_ROWS_AT_ONCE = 1 << 14

# The column in which a term is searched.
_COLUMN = {
    Match.TITLE: "titles",
    Match.ARTIST: "artists",
    Match.WORD: "words",
    Match.NEAR: "words",
    Match.NEAR_BEGINNING: "words",
    Match.SPELLING: "{words joins}",
    Match.BEGINNING: "{words joins}",
}

_NO_VECTOR = np.empty(0, np.float32)

_COLUMNS = "row, id, kind, name, artist, album, playlists, song"


class EmbeddedIndex:
    """Answers from the files of one folder; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Opens the folder.

        Raises:
            IndexUnavailableError: a file is missing or does not fit the others.
        """
        try:
            about = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            # A plain array over the map: taking rows of a memmap itself costs ten times as much.
            self._vectors: NDArray[np.float32] = np.asarray(np.load(folder / "vectors.npy", mmap_mode="r"))
            self._database = (folder / "documents.sqlite").resolve(strict=True)
            self.embeddings: str = about["embeddings"]
            self.tracks: int = about["tracks"]
            self.dimension: int = about["dimension"]
            # Checksums; verified by whatever releases or serves the files.
            self.files: dict[str, str] = about.get("files", {})
            shape = (about["documents"], self.dimension)
            version = about.get("names")
            # Missing with few tracks, if it would miss too many of the best, or in an index of an earlier version.
            projection = about.get("projection")
            self._projection = (
                Projection(folder, projection["candidates"], projection.get("least_popularity", -np.inf))
                if projection
                else None
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise IndexUnavailableError(f"the index in {folder} cannot be read: {error!r}") from error
        if version != names.VERSION:
            raise IndexUnavailableError(
                f"the index in {folder} is another version's, whose names differ: materialize search_index again"
            )
        self._local = threading.local()
        self._last_artists: tuple[frozenset[str], list[int]] = frozenset(), []
        found = self._sql("SELECT id FROM documents WHERE row < ? ORDER BY row", self.tracks)
        self._ids = [str(identifier) for (identifier,) in found]
        self._vocabulary = Vocabulary([str(word) for (word,) in self._sql("SELECT word FROM words ORDER BY word")])
        fits = self._projection is None or self._projection.fits(self.tracks, self.dimension)
        if len(self._ids) != self.tracks or self._vectors.shape != shape or not fits:
            raise IndexUnavailableError(f"the index in {folder} is damaged: its files disagree on what it holds")

    def _sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = sqlite3.connect(f"{self._database.as_uri()}?mode=ro&immutable=1", uri=True)
                self._local.connection = connection
            return connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise IndexUnavailableError(f"{self._database} cannot be read: {error}") from error

    def _document(self, row: tuple[object, ...], vectors: bool = True) -> Document:
        number, identifier, kind, name, artist, album, playlists, song, *neighbours = row
        return Document(
            id=str(identifier),
            kind=str(kind),
            name=None if name is None else str(name),
            artist=None if artist is None else str(artist),
            album=None if album is None else str(album),
            playlists=int(str(playlists)),
            vector=np.array(self._vectors[int(str(number))]) if vectors else _NO_VECTOR,
            neighbours=tuple((uri, count) for text in neighbours for uri, count in json.loads(str(text))),
            song=None if song is None else str(song),
        )

    def fetch(self, keys: Sequence[Key], neighbours: bool = False) -> Mapping[Key, Document]:
        """Returns the documents of those keys that are known."""
        columns = f"{_COLUMNS}, neighbours" if neighbours else _COLUMNS
        rows = self._sql(
            f"SELECT keys.key, {columns} FROM keys JOIN documents USING (row)"  # noqa: S608 (constant columns)
            " WHERE keys.key IN (SELECT value FROM json_each(?))",
            json.dumps([key for key in keys if isinstance(key, str)]),
        )
        found: dict[Key, Document] = {str(key): self._document(tuple(row)) for key, *row in rows}
        for key in keys:
            if isinstance(key, Called):
                found |= dict(zip([key], self._documents(self._matching(so_called(*key), 1), True), strict=False))
        return found

    def nearest(self, searches: Sequence[Search], documents: bool = False) -> list[list[Hit]]:
        """Returns, per search, the best tracks; equal scores by popularity, then identifier."""
        step = max(1, _SCORES_AT_ONCE // max(1, self.tracks))
        by_pass: dict[Projection | None, list[int]] = {}
        for number, search in enumerate(searches):
            by_pass.setdefault(self._first_pass(search), []).append(number)
        hits_of: dict[int, list[Hit]] = {}
        for projection, numbers in by_pass.items():
            for start in range(0, len(numbers), step):
                some = numbers[start : start + step]
                queries = np.stack([searches[number].query for number in some])
                scores = projection.scores(queries) if projection else products(queries, self._vectors[: self.tracks])
                for number, row in zip(some, scores, strict=True):
                    hits_of[number] = self._hits(searches[number], row, projection)
        found = [hits_of[number] for number in range(len(searches))]
        if documents:
            known = self.fetch([hit.id for hits in found for hit in hits])
            found = [[Hit(hit.id, hit.score, known[hit.id]) for hit in hits] for hits in found]
        return found

    def _first_pass(self, search: Search) -> Projection | None:
        """Returns what selects the tracks to score; None if all are scored."""
        return self._projection if self._projection is not None and self._projection.serves(search.query) else None

    def _hits(self, search: Search, scores: NDArray[np.float32], projection: Projection | None) -> list[Hit]:
        known = self._rows("artist", "documents", search.raised)
        raised = np.array([row for _, row in known], np.intp)
        raises = np.array([search.raised[artist] for artist, _ in known], np.float32)
        scores[raised] += raises
        scores[self._left_out(search)] = -np.inf
        rows = None
        if projection is not None:
            rows = projection.candidates(scores, search.count)
            parts = (rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows) or 1, _ROWS_AT_ONCE))
            scores = np.concatenate([products(search.query[None], self._vectors[part])[0] for part in parts])
            _, places, of = np.intersect1d(rows, raised, assume_unique=True, return_indices=True)
            scores[places] += raises[of]
        places = _best(scores, search.count)
        found = places if rows is None else rows[places]
        best = zip(found.tolist(), scores[places].tolist(), strict=True)
        return [Hit(self._ids[row], score) for row, score in best if score > -np.inf]

    def _left_out(self, search: Search) -> list[int]:
        """Returns the rows of the tracks to exclude."""
        rows = [row for _, row in self._rows("key", "keys", search.without)]
        rows += [row for _, row in self._rows("song", "documents", search.without_songs)]
        return rows + self._by(frozenset(search.without_artists))

    def _by(self, artists: frozenset[str]) -> list[int]:
        """Returns the rows of the tracks by artists with these keys; the result for the last keys is cached."""
        last, rows = self._last_artists
        if artists != last:
            wanted = " OR ".join(f'artists : "{key}"' for key in artists)
            found = self._sql("SELECT rowid FROM names WHERE names MATCH ?", wanted) if artists else []
            rows = [int(str(row)) for (row,) in found]
            # Requests differ, but most have the same blocked artists.
            self._last_artists = artists, rows
        return rows

    def _rows(self, column: str, table: str, values: Collection[str]) -> list[tuple[str, int]]:
        """Returns, of the tracks that have one of these values in a column, the value and the row."""
        if not values:
            return []
        found = self._sql(
            f"SELECT {column}, row FROM {table}"  # noqa: S608 (constants)
            f" WHERE {column} IN (SELECT value FROM json_each(?)) AND row < {self.tracks}",
            json.dumps(list(values)),
        )
        return [(value, row) for value, row in found]

    def search(self, text: str, count: int) -> list[Document]:
        """Returns the tracks that a text names; see `matching`."""
        found: dict[int, None] = {}
        for look in (as_written, forgiving):
            for wanted in look(text):
                if len(found) >= count:
                    break
                found |= dict.fromkeys(self._matching(wanted, count))
        return self._documents(list(found)[:count])

    def find(self, wanted: Sequence[Wanted], count: int) -> list[list[Document]]:
        """Returns the most popular tracks that match, for each query."""
        return [self._documents(self._matching(clauses, count)) for clauses in wanted]

    def _matching(self, wanted: Wanted, count: int) -> list[int]:
        """Returns the rows of the most popular tracks that match."""
        # Approximate terms are expensive: they are skipped if the rest matches nothing.
        expression = ""
        for clause in sorted(wanted, key=_is_dear):
            if expression and _is_dear(clause) and not self._rowids(expression, 1):
                return []
            alternatives = " OR ".join(text for term in clause for text in self._fts5(term))
            if not alternatives:
                return []
            expression += f" AND ({alternatives})" if expression else f"({alternatives})"
        return self._rowids(expression, count) if expression else []

    def _rowids(self, expression: str, count: int) -> list[int]:
        rows = self._sql("SELECT rowid FROM names WHERE names MATCH ? ORDER BY rowid LIMIT ?", expression, count)
        return [int(str(row)) for (row,) in rows]

    def _fts5(self, term: Term) -> list[str]:
        """Returns in which ways SQLite's full text search may find a term."""
        texts, more = [term.text], ""
        if term.match is Match.NEAR:
            texts = self._vocabulary.near(term.text)
        elif term.match is Match.NEAR_BEGINNING:
            texts, more = self._vocabulary.near_beginnings(term.text), "*"
        elif term.match is Match.BEGINNING:
            more = "*"
        return [f'{_COLUMN[term.match]} : "{text}"{more}' for text in texts]

    def _documents(self, rows: Sequence[int], vectors: bool = False) -> list[Document]:
        if not rows:
            return []
        found = self._sql(
            f"SELECT {_COLUMNS} FROM documents WHERE row IN (SELECT value FROM json_each(?))",  # noqa: S608 (constant)
            json.dumps(rows),
        )
        documents = {int(str(row[0])): self._document(row, vectors) for row in found}
        return [documents[row] for row in rows]


def _is_dear(clause: Clause) -> bool:
    return any(term.match in (Match.NEAR, Match.NEAR_BEGINNING) for term in clause)


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Returns the positions of the `count` largest scores, best first and equal ones by position."""
    if count == 0:
        return np.empty(0, dtype=np.intp)
    # The threshold of a sample is below that of all, and is found in an eighth of the time.
    rows = np.flatnonzero(scores >= lowest_of(scores[::8], count))
    # Everything not below the last wanted score is sorted, so that ties at the threshold are broken as elsewhere.
    rows = rows[scores[rows] >= lowest_of(scores[rows], count)]
    order = np.argsort(-scores[rows], kind="stable")
    return rows[order[:count]]
