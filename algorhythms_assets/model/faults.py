"""Counts faults of trained numbers; pure functions."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

# Far above float32's rounding error, far below the deviation of any vector that was not normalised.
_OFF_UNIT = 1e-3


def vector_faults(
    batches: Iterable[tuple[NDArray[np.int32], NDArray[np.float32]]], wanted: NDArray[np.int64], dimension: int
) -> dict[str, int]:
    """Counts faults of stored vectors, which come in batches of tracks and vectors.

    `wanted` are the tracks that need a vector, rising; the first `dimension` numbers of a vector have unit length.
    """
    infinite = off = 0
    tracks = [np.zeros(0, np.int32)]
    for some, vectors in batches:
        tracks.append(some)
        finite = np.isfinite(vectors).all(axis=1)
        infinite += int((~finite).sum())
        off += int((np.abs(np.linalg.norm(vectors[finite, :dimension], axis=1) - 1) > _OFF_UNIT).sum())
    having = np.concatenate(tracks)
    return {
        "vectors that are not finite": infinite,
        "vectors that are not of unit length": off,
        "tracks without a vector": len(np.setdiff1d(wanted, having)),
        "vectors of no training track": len(np.setdiff1d(having, wanted)),
        "tracks that repeat or are out of order": int((np.diff(having) <= 0).sum()),
    }


def not_finite(arrays: Iterable[tuple[str, NDArray[np.float32]]]) -> dict[str, int]:
    """Counts the numbers of each array that are not finite; the arrays come one at a time."""
    return {f"not finite in {name}": int((~np.isfinite(array)).sum()) for name, array in arrays}
