"""Thins a graph to each node's strongest neighbours."""

import numpy as np
from numpy.typing import NDArray


def strongest(
    source: NDArray[np.int32], target: NDArray[np.int32], weight: NDArray[np.float32], neighbours: int
) -> NDArray[np.bool_]:
    """Returns which undirected edges stay, bool [edges]: those among the strongest `neighbours` of either end.

    Of equally strong edges the one to the lower track stays.
    """
    edges = len(source)
    node = np.concatenate([source, target])
    other = np.concatenate([target, source])
    order = np.lexsort((other, -np.concatenate([weight, weight]), node))
    starts = np.flatnonzero(np.diff(node[order], prepend=-1))
    rank = np.arange(2 * edges) - np.repeat(starts, np.diff(np.append(starts, 2 * edges)))
    kept = np.zeros(edges, dtype=bool)
    kept[order[rank < neighbours] % edges] = True
    return kept
