"""The snapshot's playlists as arrays of integer track ids."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.ingest.buckets import BUCKETS

Split = tuple[int, int]

# Playlists whose rows are sorted together: some 30 MB.
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Playlists:
    """Playlists in compressed sparse row form.

    Playlist i has the rows offsets[i] to offsets[i + 1]: `tracks` int32 and `positions` int32, by rising position.
    `offsets` is int64 [playlists + 1], `pids` int64 and `buckets` int32 [playlists].
    """

    offsets: NDArray[np.int64]
    tracks: NDArray[np.int32]
    positions: NDArray[np.int32]
    pids: NDArray[np.int64]
    buckets: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.pids)

    def __getitem__(self, playlist: int) -> NDArray[np.int32]:
        """Returns the tracks of a playlist in its order."""
        return self.tracks[self.offsets[playlist] : self.offsets[playlist + 1]]

    def where(self, chosen: NDArray[np.bool_]) -> "Playlists":
        """Returns the playlists for which `chosen`, bool [playlists], is true."""
        lengths = np.diff(self.offsets)
        rows = np.repeat(chosen, lengths)
        offsets = np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int64)
        return Playlists(offsets, self.tracks[rows], self.positions[rows], self.pids[chosen], self.buckets[chosen])

    def without(self, tracks: NDArray[np.bool_]) -> "Playlists":
        """Returns the playlists without the rows of those tracks, bool [tracks]."""
        return self._with(~tracks[self.tracks])

    def once(self) -> "Playlists":
        """Returns the playlists with each track once, where it first occurs."""
        kept = np.zeros(len(self.tracks), bool)
        for start in range(0, len(self), _AT_ONCE):
            offsets = self.offsets[start : start + _AT_ONCE + 1]
            owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
            tracks = self.tracks[offsets[0] : offsets[-1]]
            _, first = np.unique(owner << 32 | tracks, return_index=True)
            kept[offsets[0] + first] = True
        return self._with(kept)

    def _with(self, kept: NDArray[np.bool_]) -> "Playlists":
        """Returns the playlists with some of their rows, bool [rows]."""
        offsets = np.concatenate([[0], np.cumsum(kept)])[self.offsets]
        return Playlists(offsets, self.tracks[kept], self.positions[kept], self.pids, self.buckets)

    def holders(self, tracks: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Returns which playlists hold each of so many tracks: starts, int64 [tracks + 1], and playlists, int32 [rows].

        Track t is in playlists[starts[t] : starts[t + 1]], by rising number.
        """
        owner = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))
        starts = np.append(0, np.cumsum(np.bincount(self.tracks, minlength=tracks)))
        return starts, owner[np.argsort(self.tracks, kind="stable")]

    def distinct(self, playlist: int) -> NDArray[np.int32]:
        """Returns the distinct tracks of a playlist, in order of first occurrence."""
        tracks = self[playlist]
        return tracks[np.sort(np.unique(tracks, return_index=True)[1])]


@dataclass(frozen=True)
class Snapshot:
    """A snapshot's playlists, split by bucket: for training, for early stopping, for evaluation."""

    training: Playlists
    validation: Playlists
    test: Playlists


def split_ranges(holdout: float) -> dict[str, Split]:
    """Returns the bucket ranges (start inclusive, end exclusive); the other buckets are for training."""
    share = round(holdout * BUCKETS)
    return {"validation": (0, share), "test": (share, 2 * share)}


def load_snapshot(folder: Path) -> Snapshot:
    """Loads the playlists of the artifact track_metadata."""
    split = _split(folder)
    playlists = _load(folder)
    held_out = {name: (playlists.buckets >= first) & (playlists.buckets < end) for name, (first, end) in split.items()}
    return Snapshot(
        training=playlists.where(~(held_out["validation"] | held_out["test"])),
        validation=playlists.where(held_out["validation"]),
        test=playlists.where(held_out["test"]),
    )


def load_training(folder: Path) -> Playlists:
    """Loads only the training playlists of the artifact track_metadata, which takes half the memory."""
    return _load(folder, [("bucket", ">=", _split(folder)["test"][1])])


def load_names(folder: Path) -> dict[int, str]:
    """Loads the names of the playlists that have one, by their pid."""
    table = pq.read_table(folder / "playlist_names.parquet")
    return dict(zip(table["pid"].to_pylist(), table["name"].to_pylist(), strict=True))


def _split(folder: Path) -> dict[str, Split]:
    split: dict[str, Split] = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))["split"]
    return split


def _load(folder: Path, filters: list[tuple[str, str, int]] | None = None) -> Playlists:
    def column(name: str) -> NDArray[Any]:
        found = pq.read_table(folder / "playlists.parquet", columns=[name], filters=filters)[name].to_numpy()
        # Arrow would keep the memory that it used for reading until it reads again.
        pa.default_memory_pool().release_unused()
        return np.asarray(found)

    playlist = column("playlist")
    starts, rows = np.flatnonzero(np.diff(playlist, prepend=-1)), len(playlist)
    del playlist
    return Playlists(
        offsets=np.append(starts, rows).astype(np.int64),
        tracks=column("track"),
        positions=column("position"),
        pids=column("pid")[starts],
        buckets=column("bucket")[starts],
    )
