"""Keeps each node's strongest neighbours in one pass over the edges of a graph."""

from collections.abc import Iterable
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

# Equally long arrays: source and target int32, strength float32, playlists int32.
EdgeArrays = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]


@dataclass(frozen=True)
class Strongest:
    """The strongest neighbours of each node, ordered by node, then by falling strength, then by neighbour.

    Equally long arrays: `node` and `neighbour` int32, `strength` float32, `playlists` int32.
    """

    node: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    strength: NDArray[np.float32]
    playlists: NDArray[np.int32]

    def edges(self, nodes: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Returns the undirected edges that either end keeps, int64 [2, edges], lower node first, and their strengths.

        They are ordered by lower, then by upper node.
        """
        low, high = np.minimum(self.node, self.neighbour), np.maximum(self.node, self.neighbour)
        pairs, first = np.unique(low * np.int64(nodes) + high, return_index=True)
        return np.stack(np.divmod(pairs, nodes)), self.strength[first]


def strongest(parts: Iterable[EdgeArrays], nodes: int, count: int) -> Strongest:
    """Returns the `count` strongest neighbours of each node of an undirected graph whose edges come in parts.

    Ties go to the lower node, so the order of the edges does not matter. Takes 12 bytes of memory per node and
    neighbour, regardless of the number of edges.
    """
    held = np.zeros(nodes, np.int64)
    # The weakest strength that a full node keeps: small enough for the cache, and rejects most edges.
    floor = np.full(nodes, -np.inf, np.float32)
    neighbour = np.empty((nodes, count), np.int32)
    strength = np.empty((nodes, count), np.float32)
    playlists = np.empty((nodes, count), np.int32)
    for part in parts:
        _add(floor, held, neighbour, strength, playlists, *part)
    _sort(held, neighbour, strength, playlists)
    full = np.arange(count) < held[:, None]
    node = np.repeat(np.arange(nodes, dtype=np.int32), held)
    return Strongest(node, neighbour[full], strength[full], playlists[full])


@numba.njit(cache=True)
def _add(floor, held, neighbour, strength, playlists, source, target, weight, shared):  # type: ignore[no-untyped-def]
    for edge in range(len(source)):
        for node, other in ((source[edge], target[edge]), (target[edge], source[edge])):
            if weight[edge] >= floor[node]:
                _offer(held, neighbour, strength, playlists, node, other, weight[edge], shared[edge])
                if held[node] == strength.shape[1]:
                    floor[node] = strength[node, 0]


@numba.njit(cache=True)
def _offer(held, neighbour, strength, playlists, node, other, weight, shared):  # type: ignore[no-untyped-def]
    """Adds an edge to the binary heap of a node, whose root is the weakest edge kept."""
    others, weights, counts = neighbour[node], strength[node], playlists[node]
    if held[node] < len(others):
        place = held[node]
        held[node] += 1
        while place > 0:
            above = (place - 1) >> 1
            if _weaker(weights[above], others[above], weight, other):
                break
            others[place], weights[place], counts[place] = others[above], weights[above], counts[above]
            place = above
        others[place], weights[place], counts[place] = other, weight, shared
    elif _weaker(weights[0], others[0], weight, other):
        _sink(others, weights, counts, len(others), weight, other, shared)


@numba.njit(cache=True)
def _sink(others, weights, counts, length, weight, other, shared):  # type: ignore[no-untyped-def]
    """Replaces the root of a heap of that length by an edge, and sifts it down."""
    place = 0
    while True:
        below = 2 * place + 1
        if below >= length:
            break
        if below + 1 < length and _weaker(weights[below + 1], others[below + 1], weights[below], others[below]):
            below += 1
        if _weaker(weight, other, weights[below], others[below]):
            break
        others[place], weights[place], counts[place] = others[below], weights[below], counts[below]
        place = below
    others[place], weights[place], counts[place] = other, weight, shared


@numba.njit(cache=True)
def _sort(held, neighbour, strength, playlists):  # type: ignore[no-untyped-def]
    """Sorts each heap from strongest to weakest, by repeatedly removing the weakest."""
    for node in range(len(held)):
        others, weights, counts = neighbour[node], strength[node], playlists[node]
        for last in range(held[node] - 1, 0, -1):
            other, weight, shared = others[last], weights[last], counts[last]
            others[last], weights[last], counts[last] = others[0], weights[0], counts[0]
            _sink(others, weights, counts, last, weight, other, shared)


@numba.njit(cache=True, inline="always")
def _weaker(weight, other, than_weight, than_other):  # type: ignore[no-untyped-def]
    return weight < than_weight or (weight == than_weight and other > than_other)
