"""The documents of an index: tracks, and the artists and albums that stand in for unknown tracks."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from algorhythms_ask.index import Document
from algorhythms_ask.keys import album_key, artist_key
from algorhythms_ask.versions import song
from numpy.typing import NDArray

from algorhythms_assets.ingest.identities import identities

# Rows held as Python objects at a time, and vectors summed at a time: 45 MB of 384 dimensions.
_ROWS_AT_ONCE = 10_000
_GROUPS_AT_ONCE = 1_000


class Neighbours(Protocol):
    """The neighbours of each track, by its number: (URI, playlists that hold both), strongest first."""

    def get(self, track: int, otherwise: Sequence[tuple[str, int]], /) -> Sequence[tuple[str, int]]:
        """Returns a track's neighbours, or `otherwise` if it has none."""


def documents(
    tracks: pa.Table, vectors: NDArray[np.float32], neighbours: Neighbours, factors: int, new: int = 0
) -> Iterator[tuple[Document, list[str]]]:
    """Yields each document with its keys: tracks, then artists, then albums, each by falling popularity.

    `tracks` are rows of the snapshot's track table, and `vectors` their stored vectors, float32 [n, dimension], each
    with `factors` factors; `neighbours` are by track number. The last `new` rows are new tracks. They have no
    neighbours, and do not contribute to artists and albums, whose vectors they may themselves have been placed by.
    """
    order = pc.sort_indices(tracks, [("playlists", "descending"), ("track_uri", "ascending")])
    for start in range(0, len(order), _ROWS_AT_ONCE):
        some = order.slice(start, _ROWS_AT_ONCE)
        for i, row in zip(some.to_numpy(), tracks.take(some).to_pylist(), strict=True):
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
    trained = tracks.num_rows - new
    yield from _groups("artist", tracks.slice(0, trained), vectors[:trained], factors)
    yield from _groups("album", tracks.slice(0, trained), vectors[:trained], factors)


def document_count(tracks: pa.Table, new: int = 0) -> int:
    """Returns how many documents there are; fewer if the vectors of an artist or album cancel each other out."""
    trained = tracks.slice(0, tracks.num_rows - new)
    groups = (pc.count_distinct(identities(trained, kind), "only_valid").as_py() for kind in ("artist", "album"))
    return int(tracks.num_rows + sum(groups))


def _groups(
    kind: str, tracks: pa.Table, vectors: NDArray[np.float32], factors: int
) -> Iterator[tuple[Document, list[str]]]:
    of_tracks = identities(tracks, kind)
    known = np.flatnonzero(pc.is_valid(of_tracks).to_numpy())
    if not len(known):
        return
    encoded = of_tracks.take(pa.array(known)).combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    # The tracks of group g are members[starts[g] : starts[g] + counts[g]], by rising number.
    members = known[np.argsort(codes, kind="stable")]
    counts = np.bincount(codes)
    starts = np.cumsum(counts) - counts
    playlists = np.add.reduceat(tracks["playlists"].to_numpy()[members].astype(np.int64), starts)
    about = pa.table({"playlists": playlists, "identity": encoded.dictionary})
    order = pc.sort_indices(about, [("playlists", "descending"), ("identity", "ascending")]).to_numpy()
    for start in range(0, len(order), _GROUPS_AT_ONCE):
        groups = order[start : start + _GROUPS_AT_ONCE]
        ends = np.cumsum(counts[groups])
        places = np.arange(ends[-1]) + np.repeat(starts[groups] - ends + counts[groups], counts[groups])
        totals = _sums(vectors, members[places], np.repeat(np.arange(len(groups)), counts[groups]), len(groups))
        firsts = tracks.take(pa.array(members[starts[groups]])).to_pylist()
        for group, total, row in zip(groups.tolist(), totals, firsts, strict=True):
            z, v = np.split(total, [len(total) - factors])
            norm = np.linalg.norm(z)
            if norm == 0:
                continue
            artist, album = row["artist_name"], row["album_name"]
            keys = [row[f"{kind}_uri"]]
            if kind == "artist" and artist:
                keys.append(artist_key(artist))
            if kind == "album" and artist and album:
                keys.append(album_key(artist, album))
            # The direction of its tracks, and their mean factors. It is only used as a seed, so it has no popularity.
            vector = np.concatenate([z / norm, v / counts[group], [0]]).astype(np.float32)
            name = artist if kind == "artist" else album
            identity = about["identity"][group].as_py()
            document = Document(identity, kind, name, artist, None, int(playlists[group]), vector)
            yield document, [key for key in keys if key]


def _sums(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], group: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """Returns the sums of the vectors in these rows by group, without popularity: float64 [groups, dimension - 1].

    `group` is rising. A single artist may have as many tracks as all others together.
    """
    totals = np.zeros((groups, vectors.shape[1] - 1))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some, of = (column[start : start + _ROWS_AT_ONCE] for column in (rows, group))
        firsts = np.flatnonzero(np.diff(of, prepend=-1))
        totals[of[firsts]] += np.add.reduceat(vectors[some, :-1].astype(np.float64), firsts)
    return totals
