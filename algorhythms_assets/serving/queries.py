"""The queries that an approximate index is fitted to and measured with: those that real playlists would make."""

import numpy as np
from algorhythms_ask.recommend import POPULARITY_WEIGHT, query_parts
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists

_PLAYLISTS = 100
# Number of other playlists whose queries are used for fitting.
_OTHER_PLAYLISTS = 2000
_SEEDS = (1, 10)
# Weights of the popularity term: the first two are the defaults; requests may prefer less or more popular tracks.
_COEFFICIENTS = (1, POPULARITY_WEIGHT, 0, -1, 3)


def queries(
    playlists: Playlists, numbers: NDArray[np.int32], vectors: NDArray[np.float32], fold_in: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """Returns queries, float32 [n, dimension], by name.

    They come from the first tracks of training playlists, where popular tracks are as frequent as in requests.
    `numbers` are the tracks, rising, that have the vectors, float32 [n, dimension].
    """
    asked = _asked(_measured(playlists), playlists, numbers, vectors, fold_in)
    return {
        f"popularity times {coefficient}": np.append(asked, np.full((len(asked), 1), coefficient, "f4"), axis=1)
        for coefficient in _COEFFICIENTS
    }


def other_queries(
    playlists: Playlists, numbers: NDArray[np.int32], vectors: NDArray[np.float32], fold_in: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Returns queries of playlists that `queries` does not use, without popularity: float32 [n, dimension - 1]."""
    spread = np.linspace(0, len(playlists) - 1, min(_OTHER_PLAYLISTS + _PLAYLISTS, len(playlists))).astype(int)
    others = np.setdiff1d(spread, _measured(playlists))
    return _asked(others, playlists, numbers, vectors, fold_in)


def _measured(playlists: Playlists) -> NDArray[np.int64]:
    return np.linspace(0, len(playlists) - 1, min(_PLAYLISTS, len(playlists))).astype(int)


def _asked(
    chosen: NDArray[np.int64],
    playlists: Playlists,
    numbers: NDArray[np.int32],
    vectors: NDArray[np.float32],
    fold_in: NDArray[np.float32],
) -> NDArray[np.float32]:
    found = []
    inverse = np.linalg.inv(fold_in.astype(np.float64))
    for playlist in chosen:
        rows = np.searchsorted(numbers, playlists.distinct(int(playlist)))
        own = vectors[rows, :-1].astype(np.float64)
        found += [query_parts(own[:count], inverse).sum(axis=0) for count in _SEEDS]
    return np.array(found, np.float32).reshape(-1, vectors.shape[1] - 1)
