"""The edge kernel: weighted pairs of tracks, counted without a join or a shuffle.

Playlists are stored in compressed sparse row form together with the inverse, so for each source track the kernel walks
the playlists that contain it and adds into dense accumulators. Ranges of source tracks are independent, and a source
is always counted in the same order: the same playlists give the same edges, bit for bit.

Memory: the structure, 16 bytes per row (20 from 2^31 rows on), mapped and shared by all workers; for each worker 24.4
bytes per track, and 20 bytes per edge of its block, which has at most as many edges as pairs.
"""

from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists

# Finds the lowest set bit of a word by a multiplication: Leiserson, Prokop and Randall, "Using de Bruijn sequences to
# index a 1 in a computer word", 1998.
_DE_BRUIJN = 0x03F79D71B4CB0A89
_BIT = np.zeros(64, np.int64)
_BIT[[((_DE_BRUIJN << bit) & (1 << 64) - 1) >> 58 for bit in range(64)]] = np.arange(64)
_FACTOR, _SHIFT, _ONE = np.uint64(_DE_BRUIJN), np.uint64(58), np.uint64(1)


@dataclass(frozen=True)
class Structure:
    """Playlists and their inverse.

    Playlist p has the rows offsets[p] to offsets[p + 1] of `tracks` and `positions` (int32), ordered by track.
    Track t has the entries starts[t] to starts[t + 1] of `rows` (int32, int64 from 2^31 rows on) and `playlists`
    (int32), ordered by playlist. `offsets` is int64 [playlists + 1], `starts` int64 [tracks + 1].
    """

    offsets: NDArray[np.int64]
    tracks: NDArray[np.int32]
    positions: NDArray[np.int32]
    starts: NDArray[np.int64]
    playlists: NDArray[np.int32]
    rows: NDArray[np.int32] | NDArray[np.int64]

    @staticmethod
    def of(playlists: Playlists, tracks: int) -> "Structure":
        """Returns the structure of playlists over a number of tracks."""
        small = len(playlists.tracks) < 1 << 31
        rows: NDArray[np.int32] | NDArray[np.int64] = (
            np.empty(len(playlists.tracks), np.int32) if small else np.empty(len(playlists.tracks), np.int64)
        )
        ordered, positions, starts, owners = _ordered(
            playlists.offsets, playlists.tracks, playlists.positions, tracks, rows
        )
        return Structure(playlists.offsets, ordered, positions, starts, owners, rows)

    def save(self, folder: Path) -> None:
        """Writes each array as `.npy`, for workers to map."""
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name))

    @staticmethod
    def load(folder: Path) -> "Structure":
        """Memory-maps the arrays; copy-on-write, because numba would compile again for read-only ones."""
        return Structure(
            **{field.name: np.load(folder / f"{field.name}.npy", mmap_mode="c") for field in fields(Structure)}
        )

    def pairs(self) -> NDArray[np.int64]:
        """Returns how many pairs of rows the kernel visits for all sources below each track, int64 [tracks + 1]."""
        pairs: NDArray[np.int64] = _pairs(self.offsets, self.starts, self.playlists, self.rows)
        return pairs

    def blocks(self, pairs_per_block: int) -> list[tuple[int, int]]:
        """Returns ranges of source tracks of about equal work, at most so many pairs and those of one track more."""
        pairs = self.pairs()
        cuts = np.searchsorted(pairs, np.arange(pairs_per_block, pairs[-1], pairs_per_block))
        bounds = np.unique(np.concatenate([[0], cuts, [len(pairs) - 1]]))
        return [(int(first), int(end)) for first, end in pairwise(bounds)]


@dataclass(frozen=True)
class Edges:
    """Pairs with source < target, ordered by source, then target; equally long arrays."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32]
    proximity: NDArray[np.float32]
    playlists: NDArray[np.int32]


def count_edges(structure: Structure, first: int, end: int) -> Edges:
    """Returns the edges whose source track is in first to end (exclusive).

    Over playlists and pairs of positions, summed in float64: weight is the sum of 1 / (|difference of positions| *
    tracks in the playlist), proximity that of 1 / |difference of positions|; playlists is the number of playlists that
    contain both.
    """
    return Edges(
        *_count(
            structure.offsets,
            structure.tracks,
            structure.positions,
            structure.starts,
            structure.playlists,
            structure.rows,
            first,
            end,
        )
    )


@numba.njit(cache=True, nogil=True)
def _ordered(offsets, tracks, positions, size, rows):  # type: ignore[no-untyped-def]
    """Fills `rows` and returns the other arrays of the structure: two passes of counting sort."""
    starts = np.zeros(size + 1, np.int64)
    for track in tracks:
        starts[track + 1] += 1
    for track in range(size):
        starts[track + 1] += starts[track]
    at = starts[:-1].copy()
    playlists = np.empty(len(tracks), np.int32)
    places = np.empty(len(tracks), np.int32)
    for playlist in range(len(offsets) - 1):
        for row in range(offsets[playlist], offsets[playlist + 1]):
            playlists[at[tracks[row]]] = playlist
            places[at[tracks[row]]] = positions[row]
            at[tracks[row]] += 1
    # Visiting tracks in order leaves the rows of each playlist ordered by track.
    at = offsets[:-1].copy()
    ordered = np.empty(len(tracks), np.int32)
    for track in range(size):
        for occurrence in range(starts[track], starts[track + 1]):
            row = at[playlists[occurrence]]
            at[playlists[occurrence]] += 1
            ordered[row] = track
            rows[occurrence] = row
    moved = np.empty(len(tracks), np.int32)
    for occurrence in range(len(rows)):
        moved[rows[occurrence]] = places[occurrence]
    return ordered, moved, starts, playlists


@numba.njit(cache=True, nogil=True)
def _pairs(offsets, starts, playlists, rows):  # type: ignore[no-untyped-def]
    pairs = np.zeros(len(starts), np.int64)
    for track in range(len(starts) - 1):
        pairs[track + 1] = pairs[track]
        for occurrence in range(starts[track], starts[track + 1]):
            pairs[track + 1] += offsets[playlists[occurrence] + 1] - rows[occurrence] - 1
    return pairs


@numba.njit(cache=True, nogil=True)
def _count(offsets, tracks, positions, starts, playlists, rows, first, end):  # type: ignore[no-untyped-def]
    size = len(starts) - 1
    capacity = 0
    for occurrence in range(starts[first], starts[end]):
        capacity += offsets[playlists[occurrence] + 1] - rows[occurrence] - 1
    # Untouched memory costs nothing, so the bound may be generous.
    out_source = np.empty(capacity, np.int32)
    out_target = np.empty(capacity, np.int32)
    out_weight = np.empty(capacity, np.float32)
    out_proximity = np.empty(capacity, np.float32)
    out_playlists = np.empty(capacity, np.int32)
    used = 0
    # Weight, proximity and playlists of a target are adjacent: one cache miss instead of three.
    sums = np.zeros((size, 3), np.float64)
    # The targets of a source as a bitmap, and a bitmap of its non-zero words: reading both in order replaces a sort.
    bits = np.zeros((size >> 6) + 1, np.uint64)
    words = np.zeros((size >> 12) + 1, np.uint64)
    for source in range(first, end):
        before = -1
        for occurrence in range(starts[source], starts[source + 1]):
            playlist = playlists[occurrence]
            here = rows[occurrence]
            stop = offsets[playlist + 1]
            length = np.float64(stop - offsets[playlist])
            # A track may occur twice in a playlist, which still counts once.
            is_new = playlist != before
            before = playlist
            last = source
            for row in range(here + 1, stop):
                target = tracks[row]
                if target == source:
                    continue
                near = 1.0 / np.float64(abs(positions[row] - positions[here]))
                if sums[target, 0] == 0.0:
                    word = target >> 6
                    bits[word] |= _ONE << np.uint64(target & 63)
                    words[word >> 6] |= _ONE << np.uint64(word & 63)
                sums[target, 0] += near / length
                sums[target, 1] += near
                if is_new and target != last:
                    sums[target, 2] += 1.0
                last = target
        for group in range(source >> 12, len(words)):
            left = words[group]
            words[group] = 0
            while left != 0:
                word = (group << 6) + _lowest(left)
                left &= left - _ONE
                found = bits[word]
                bits[word] = 0
                while found != 0:
                    target = (word << 6) + _lowest(found)
                    found &= found - _ONE
                    out_source[used] = source
                    out_target[used] = target
                    out_weight[used] = sums[target, 0]
                    out_proximity[used] = sums[target, 1]
                    out_playlists[used] = np.int32(sums[target, 2])
                    sums[target, 0] = sums[target, 1] = sums[target, 2] = 0.0
                    used += 1
    return out_source[:used], out_target[:used], out_weight[:used], out_proximity[:used], out_playlists[:used]


@numba.njit(cache=True, inline="always")
def _lowest(word):  # type: ignore[no-untyped-def]
    return _BIT[((word & (~word + _ONE)) * _FACTOR) >> _SHIFT]
