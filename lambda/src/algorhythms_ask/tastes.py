"""Requests with several tastes: the seeds are grouped, and each group gets its own search and its share of results.

The mean of two tastes is close to neither: halfway between metal and reggaeton is music that fans of neither want.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MOST = 4

# Two groups whose directions are closer than this are one taste; docs/options.md compares other values.
_APART = 0.06
_PASSES = 10

T = TypeVar("T")


def split(z: NDArray[np.float64], wanted: int | None) -> list[NDArray[np.intp]]:
    """Returns the positions of the seeds of each taste, the taste of the first seed first.

    `z` are the seeds' unit vectors, float64 [seeds, dimension]. `wanted` is the number of tastes, limited by the number
    of distinct seeds; with None there are as many as are distinct from each other, at most `MOST`.
    """
    if wanted is not None:
        return _groups(z, wanted)
    found = _groups(z, 1)
    for tastes in range(2, MOST + 1):
        finer = _groups(z, tastes)
        if len(finer) < tastes or not _lie_apart(z, finer):
            break
        found = finer
    return found


def _groups(z: NDArray[np.float64], wanted: int) -> list[NDArray[np.intp]]:
    """Returns groups by spherical k-means, initialised with the seeds that are farthest from each other."""
    if wanted == 1 or len(z) < 2:
        return [np.arange(len(z))]
    centres = [int(np.argmin(z @ z.sum(axis=0)))]
    nearest = z @ z[centres[0]]
    while len(centres) < wanted and nearest.min() < 1 - 1e-6:
        centres.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, z @ z[centres[-1]])
    directions = z[centres]
    of = np.argmax(z @ directions.T, axis=1)
    for _ in range(_PASSES):
        sums = np.stack([z[of == group].sum(axis=0) for group in range(len(directions))])
        directions = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        moved = np.argmax(z @ directions.T, axis=1)
        if (moved == of).all():
            break
        of = moved
    return [np.flatnonzero(of == group) for group in dict.fromkeys(of.tolist())]


def _lie_apart(z: NDArray[np.float64], groups: Sequence[NDArray[np.intp]]) -> bool:
    """Returns whether no two groups have seeds that are close to each other, on average."""
    between = [float((z[one] @ z[other].T).mean()) for i, one in enumerate(groups) for other in groups[i + 1 :]]
    return max(between, default=0.0) < _APART


def interleaved(lists: Sequence[Sequence[T]], shares: Sequence[int], take: Callable[[T], bool]) -> list[T]:
    """Merges what `take` accepts from several lists, so that every prefix has each list's share.

    The next item comes from the list that is furthest below its share (Webster's method); items that are not accepted
    do not count against their list.
    """
    if len(lists) == 1:
        return [item for item in lists[0] if take(item)]
    places, taken = [0] * len(lists), [0] * len(lists)
    merged: list[T] = []
    while any(place < len(some) for place, some in zip(places, lists, strict=True)):
        left = [i for i, some in enumerate(lists) if places[i] < len(some)]
        turn = min(left, key=lambda i: ((taken[i] + 0.5) / shares[i] if shares[i] else math.inf, i))
        item = lists[turn][places[turn]]
        places[turn] += 1
        if take(item):
            taken[turn] += 1
            merged.append(item)
    return merged
