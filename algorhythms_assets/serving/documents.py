"""The documents of an index: tracks, and the artists and albums that stand in for unknown tracks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from algorhythms_ask.index import Document
from algorhythms_ask.keys import album_key, artist_key
from algorhythms_ask.versions import song
from numpy.typing import NDArray

Neighbours = dict[int, list[tuple[str, int]]]


@dataclass
class _Group:
    """Tracks of an artist or album: their vectors' sum, and what names it."""

    total: NDArray[np.float64]
    tracks: int
    playlists: int
    row: dict[str, Any]


def documents(
    tracks: pa.Table, vectors: NDArray[np.float32], neighbours: Neighbours, factors: int, new: int = 0
) -> Iterator[tuple[Document, list[str]]]:
    """Yields each document with its keys: tracks, then artists, then albums, each by falling popularity.

    `tracks` are rows of the snapshot's track table, whose stored vectors are `vectors`, float32 [n, dimension], with so
    many `factors` in each; `neighbours` go by track number. The last `new` rows are of new tracks, which have none:
    what stands for artists and albums is made without them, since it stands for them too.
    """
    rows = tracks.to_pylist()
    order = sorted(range(len(rows)), key=lambda i: (-rows[i]["playlists"], rows[i]["track_uri"]))
    for i in order:
        row = rows[i]
        yield (
            Document(
                row["track_uri"],
                "track",
                row["track_name"],
                row["artist_name"],
                row["album_name"],
                row["playlists"],
                vectors[i],
                tuple(neighbours.get(row["track"], ())),
                song(row["track_name"], row["artist_name"]),
            ),
            [row["track_uri"]],
        )
    trained = len(rows) - new
    yield from _groups("artist", rows[:trained], vectors[:trained], factors)
    yield from _groups("album", rows[:trained], vectors[:trained], factors)


def _groups(
    kind: str, rows: list[dict[str, Any]], vectors: NDArray[np.float32], factors: int
) -> Iterator[tuple[Document, list[str]]]:
    groups: dict[str, _Group] = {}
    for row, vector in zip(rows, vectors, strict=True):
        identity = row[f"{kind}_uri"] or row[f"{kind}_name"]
        if identity is None:
            continue
        group = groups.setdefault(identity, _Group(np.zeros(len(vector) - 1), 0, 0, row))
        group.total += vector[:-1]
        group.tracks += 1
        group.playlists += row["playlists"]
    for identity, group in sorted(groups.items(), key=lambda item: (-item[1].playlists, item[0])):
        z, v = np.split(group.total, [len(group.total) - factors])
        norm = np.linalg.norm(z)
        if norm == 0:
            continue
        artist, album = group.row["artist_name"], group.row["album_name"]
        keys = [group.row[f"{kind}_uri"]]
        if kind == "artist" and artist:
            keys.append(artist_key(artist))
        if kind == "album" and artist and album:
            keys.append(album_key(artist, album))
        # A direction of its tracks, and their mean factors. Only as a seed does it count, so it has no popularity.
        vector = np.concatenate([z / norm, v / group.tracks, [0]]).astype(np.float32)
        name = artist if kind == "artist" else album
        yield Document(identity, kind, name, artist, None, group.playlists, vector), [key for key in keys if key]
