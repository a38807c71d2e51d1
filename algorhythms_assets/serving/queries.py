"""What an approximate index is measured with: the queries that real playlists would ask it with."""

import numpy as np
from algorhythms_ask.recommend import query_parts
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists

_PLAYLISTS = 100
_SEEDS = (1, 10)
# Of the popularity term: 1 is what is served; requests may want the unknown instead, or more of what everybody knows.
_COEFFICIENTS = (1, 0, -1, 3)


def queries(
    playlists: Playlists, numbers: NDArray[np.int32], vectors: NDArray[np.float32], fold_in: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """Returns queries, float32 [n, dimension], by what they are called.

    They come from the first tracks of training playlists, in which popular tracks stand as often as in requests.
    `numbers` are the tracks, rising, that have the vectors, float32 [n, dimension].
    """
    chosen = np.linspace(0, len(playlists) - 1, min(_PLAYLISTS, len(playlists))).astype(int)
    asked: dict[str, NDArray[np.float32]] = {}
    inverse = np.linalg.inv(fold_in.astype(np.float64))
    for coefficient in _COEFFICIENTS:
        found = []
        for playlist in chosen:
            rows = np.searchsorted(numbers, playlists.distinct(int(playlist)))
            for count in _SEEDS:
                parts = query_parts(vectors[rows[:count], :-1].astype(np.float64), inverse)
                found.append(np.append(parts.sum(axis=0), coefficient))
        asked[f"popularity times {coefficient}"] = np.array(found, np.float32).reshape(-1, vectors.shape[1])
    return asked
