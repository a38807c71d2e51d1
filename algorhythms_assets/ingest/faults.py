"""What could be wrong with a snapshot, and how it differs from the one before: pure, for checks and metadata."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# Equally long arrays of rows: playlist, bucket, track.
Rows = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]

# How much each number may change from one snapshot to the next: the lowest and highest ratio.
LIKE_BEFORE = {
    "playlists": (0.9, np.inf),
    "tracks": (0.9, np.inf),
    "median length": (0.8, 1.25),
    "named share": (0.8, 1.25),
    "share of the top percent": (0.8, 1.25),
}


def snapshot_faults(tracks: pa.Table, rows: Iterable[Rows], first_training_bucket: int) -> dict[str, int]:
    """Counts what would mix up tracks: `tracks` has track, track_uri and playlists; `rows` come in batches."""
    count = tracks.num_rows
    uris = tracks["track_uri"]
    foreign = gaps = 0
    plays = np.zeros(count, np.int64)
    last = np.array([-1], np.int32)
    for playlist, bucket, track in rows:
        known = (track >= 0) & (track < count)
        foreign += int((~known).sum())
        plays += np.bincount(track[known & (bucket >= first_training_bucket)], minlength=count)
        steps = np.diff(playlist, prepend=last)
        gaps += int(((steps < 0) | (steps > 1)).sum())
        last = playlist[-1:] if len(playlist) else last
    playlists = tracks["playlists"].to_numpy()
    return {
        "tracks whose number is not their row": int((tracks["track"].to_numpy() != np.arange(count)).sum()),
        "tracks that do not come after the one before": _not_rising(uris),
        "rows of no track": foreign,
        "playlists out of order": gaps,
        # A playlist may hold a track twice, so rows are an upper limit.
        "tracks with a wrong count of playlists": int(
            (((playlists > 0) != (plays > 0)) | (playlists < 0) | (playlists > plays)).sum()
        ),
    }


def _not_rising(uris: pa.ChunkedArray) -> int:
    if len(uris) < 2:
        return 0
    return int(pc.sum(pc.invert(pc.less(uris.slice(0, len(uris) - 1), uris.slice(1)))).as_py())


def top_share(playlists: NDArray[np.int32]) -> float:
    """Returns the share of all plays that belongs to the most popular hundredth of the tracks."""
    first = -(-len(playlists) // 100)
    ordered = np.sort(playlists)[::-1]
    return float(ordered[:first].sum() / max(1, ordered.sum()))


def changed(mix: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    """Returns texts about the numbers that changed too much since the previous snapshot; unknown ones are left out."""
    words = []
    for name, (low, high) in LIKE_BEFORE.items():
        if name not in mix or not before.get(name):
            continue
        ratio = mix[name] / before[name]
        if not low <= ratio <= high:
            words.append(f"{name} {before[name]:.4g} to {mix[name]:.4g}")
    return words
