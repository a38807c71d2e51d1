"""Counts faults of edges, one part at a time; pure functions."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Edges, int64 [2, edges], and their weights, float32 [edges].
Half = tuple[NDArray[np.int64], NDArray[np.float32]]


def edge_faults(parts: Iterable[pa.Table | pa.RecordBatch], tracks: int, training_playlists: int) -> dict[str, int]:
    """Counts the rows of the edge table that no set of playlists can produce."""
    faults = dict.fromkeys(("ends", "order", "strength", "playlists"), 0)
    last = -1
    for part in parts:
        source, target, weight, proximity, playlists = (
            part[name].to_numpy() for name in ("source", "target", "weight", "proximity", "playlists")
        )
        faults["ends"] += int(((source < 0) | (source >= target) | (target >= tracks)).sum())
        place = source.astype(np.int64) * tracks + target
        faults["order"] += int((np.diff(place, prepend=last) <= 0).sum())
        last = int(place[-1]) if len(place) else last
        # Each term of the weight is a term of the proximity, divided by the length of the playlist.
        sound = np.isfinite(proximity) & (weight > 0) & (weight <= proximity * (1 + 1e-5))
        faults["strength"] += int((~sound).sum())
        faults["playlists"] += int(((playlists < 1) | (playlists > training_playlists)).sum())
    return {
        "edges whose ends are not two tracks, the lower first": faults["ends"],
        "edges that repeat or are out of order": faults["order"],
        "edges whose strength is out of range": faults["strength"],
        "edges of impossibly many or few playlists": faults["playlists"],
    }


def graph_faults(
    halves: Iterable[tuple[Half, Half]], inputs: Iterable[NDArray[np.float32]], nodes: int
) -> dict[str, int]:
    """Counts faults that would spoil training.

    The second half of a graph's edges is the first half reversed; edges and the nodes' inputs come in batches.
    """
    faults = dict.fromkeys(("back", "ends", "loops", "weights"), 0)
    for (there, weights), (back, weights_back) in halves:
        faults["back"] += int((~((there == back[::-1]).all(axis=0) & (weights == weights_back))).sum())
        faults["ends"] += int(((there < 0) | (there >= nodes)).any(axis=0).sum())
        faults["loops"] += int((there[0] == there[1]).sum())
        faults["weights"] += int((~((weights > 0) & np.isfinite(weights))).sum())
    return {
        "edges that do not lead back": faults["back"],
        "edges to no node": faults["ends"],
        "edges from a node to itself": faults["loops"],
        "weights that are not above 0": faults["weights"],
        "inputs that are not finite": sum(int((~np.isfinite(batch)).sum()) for batch in inputs),
    }
