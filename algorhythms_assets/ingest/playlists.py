"""The snapshot's playlists as arrays of integer track ids."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.ingest.buckets import BUCKETS

Split = tuple[int, int]


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
        kept = ~tracks[self.tracks]
        offsets = np.concatenate([[0], np.cumsum(kept)])[self.offsets]
        return Playlists(offsets, self.tracks[kept], self.positions[kept], self.pids, self.buckets)

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
    split: dict[str, Split] = json.loads((folder / "snapshot.json").read_text())["split"]
    return split


def _load(folder: Path, filters: list[tuple[str, str, int]] | None = None) -> Playlists:
    table = pq.read_table(folder / "playlists.parquet", filters=filters)
    playlist = table["playlist"].to_numpy()
    starts = np.flatnonzero(np.diff(playlist, prepend=-1))
    return Playlists(
        offsets=np.append(starts, len(playlist)).astype(np.int64),
        tracks=table["track"].to_numpy(),
        positions=table["position"].to_numpy(),
        pids=table["pid"].to_numpy()[starts],
        buckets=table["bucket"].to_numpy()[starts],
    )
