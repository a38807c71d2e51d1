"""The edge kernel: weighted pairs of tracks, counted without a join and without a shuffle.

Playlists lie in compressed sparse row form together with the inverse, so for each source track the kernel walks the
playlists that hold it and adds into dense accumulators. Ranges of source tracks are independent.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists

_ARRAYS = ("offsets", "tracks", "positions", "starts", "playlists", "places")


@dataclass(frozen=True)
class Structure:
    """Playlists and their inverse.

    Playlist p has rows offsets[p] to offsets[p + 1] of `tracks` and `positions` (int32); track t occurs in
    `playlists` and at `places` (int32, row within its playlist's rows counted from the start of all rows, int64)
    starts[t] to starts[t + 1], ordered by playlist.
    """

    offsets: NDArray[np.int64]
    tracks: NDArray[np.int32]
    positions: NDArray[np.int32]
    starts: NDArray[np.int64]
    playlists: NDArray[np.int32]
    places: NDArray[np.int64]

    @staticmethod
    def of(playlists: Playlists, tracks: int) -> "Structure":
        """Returns the structure of playlists over a number of tracks."""
        order = np.argsort(playlists.tracks, kind="stable")
        lengths = np.diff(playlists.offsets)
        starts = np.concatenate([[0], np.cumsum(np.bincount(playlists.tracks, minlength=tracks))])
        owner = np.repeat(np.arange(len(playlists), dtype=np.int32), lengths)
        return Structure(
            offsets=playlists.offsets,
            tracks=playlists.tracks,
            positions=playlists.positions,
            starts=starts.astype(np.int64),
            playlists=owner[order],
            places=order,
        )

    def save(self, folder: Path) -> None:
        """Writes each array as `.npy`, for workers to map."""
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @staticmethod
    def load(folder: Path) -> "Structure":
        """Maps the arrays; copy-on-write, because numba compiles anew for read-only ones."""
        return Structure(**{name: np.load(folder / f"{name}.npy", mmap_mode="c") for name in _ARRAYS})

    def blocks(self, work_per_block: int) -> list[tuple[int, int]]:
        """Returns ranges of source tracks of about equal work: the rows that the kernel will read for them."""
        rows = np.concatenate([[0], np.cumsum(np.diff(self.offsets)[self.playlists])])
        work = rows[self.starts]
        edges = np.searchsorted(work, np.arange(work_per_block, work[-1], work_per_block))
        bounds = np.unique(np.concatenate([[0], edges, [len(work) - 1]]))
        return [(int(first), int(end)) for first, end in pairwise(bounds)]


@dataclass(frozen=True)
class Edges:
    """Pairs with source < target, ordered by source, then target; equally long arrays."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float32]
    playlists: NDArray[np.int32]


def count_edges(structure: Structure, first: int, end: int) -> Edges:
    """Returns the edges whose source track lies in first to end (exclusive).

    weight is the sum, over playlists and pairs of positions, of 1 / (|difference of positions| * tracks in the
    playlist), added up in float64; playlists is the number of playlists that hold both.
    """
    return Edges(
        *_count(
            structure.offsets,
            structure.tracks,
            structure.positions,
            structure.starts,
            structure.playlists,
            structure.places,
            first,
            end,
        )
    )


@numba.njit(cache=True, nogil=True)
def _count(offsets, tracks, positions, starts, playlists, places, first, end):  # type: ignore[no-untyped-def]
    size = len(starts) - 1
    weight = np.zeros(size, np.float64)
    count = np.zeros(size, np.int32)
    last_visit = np.zeros(size, np.int64)
    touched = np.empty(size, np.int32)
    capacity = 1 << 16
    out_source = np.empty(capacity, np.int32)
    out_target = np.empty(capacity, np.int32)
    out_weight = np.empty(capacity, np.float32)
    out_count = np.empty(capacity, np.int32)
    used = 0
    visit = 0
    for source in range(first, end):
        found = 0
        before = -1
        for occurrence in range(starts[source], starts[source + 1]):
            playlist = playlists[occurrence]
            if playlist != before:  # a track may stand twice in a playlist, which still counts once
                visit += 1
                before = playlist
            begin, stop = offsets[playlist], offsets[playlist + 1]
            length = stop - begin
            position = positions[places[occurrence]]
            for row in range(begin, stop):
                target = tracks[row]
                if target <= source:
                    continue
                if count[target] == 0:
                    touched[found] = target
                    found += 1
                if last_visit[target] != visit:
                    last_visit[target] = visit
                    count[target] += 1
                weight[target] += 1.0 / (np.float64(abs(positions[row] - position)) * length)
        if used + found > capacity:
            capacity = max(2 * capacity, used + found)
            out_source = _grown(out_source, used, capacity)
            out_target = _grown(out_target, used, capacity)
            out_weight = _grown(out_weight, used, capacity)
            out_count = _grown(out_count, used, capacity)
        for target in np.sort(touched[:found]):
            out_source[used] = source
            out_target[used] = target
            out_weight[used] = weight[target]
            out_count[used] = count[target]
            weight[target] = 0.0
            count[target] = 0
            used += 1
    return out_source[:used], out_target[:used], out_weight[:used], out_count[:used]


@numba.njit(cache=True)
def _grown(array, used, capacity):  # type: ignore[no-untyped-def]
    larger = np.empty(capacity, array.dtype)
    larger[:used] = array[:used]
    return larger
