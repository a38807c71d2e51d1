"""The tasks and metrics of the RecSys Challenge 2018 (Chen et al., "RecSys Challenge 2018", RecSys '18).

Some tracks of a held-out playlist are given as seeds, the others are the targets. Metrics take `hits`, bool
[tasks, depth]: whether the track recommended at a rank is a target; and `targets`, int [tasks]: their number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 500
_NO_CLICK = 51.0


@dataclass(frozen=True)
class Category:
    """How many tracks of a playlist are given: its first ones, or random ones."""

    name: str
    seeds: int
    shuffled: bool = False


CATEGORIES = (
    Category("K1", 1),
    Category("K5", 5),
    Category("K10", 10),
    Category("K25", 25),
    Category("K25r", 25, shuffled=True),
)


@dataclass(frozen=True)
class Task:
    """A held-out playlist, split into distinct given and hidden tracks, int32; and its title, if that is given too."""

    pid: int
    seeds: NDArray[np.int32]
    targets: NDArray[np.int32]
    title: str | None = None


def cut(pid: int, tracks: NDArray[np.int32], category: Category) -> Task | None:
    """Splits the distinct tracks of a playlist, always the same way for a pid; None if nothing is left to find."""
    if len(tracks) <= category.seeds:
        return None
    if category.shuffled:
        tracks = np.random.default_rng(pid).permutation(tracks)
    return Task(pid, tracks[: category.seeds], tracks[category.seeds :])


def r_precision(hits: NDArray[np.bool_], targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the share of the n targets that are among the first n ranks."""
    within = np.arange(hits.shape[1]) < targets[:, None]
    return np.asarray((hits & within).sum(axis=1) / targets)


def ndcg(hits: NDArray[np.bool_], targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the normalised discounted cumulative gain with the discount 1 / log2(rank + 1)."""
    gains = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.cumsum(gains)[np.minimum(targets, hits.shape[1]) - 1]
    return np.asarray(hits @ gains / ideal)


def clicks(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns how often a listener who is shown ten tracks at a time asks for more; 51 if nothing is found."""
    return np.where(hits.any(axis=1), hits.argmax(axis=1) // 10, _NO_CLICK)


METRICS = ("r_precision", "r_precision_artists", "ndcg", "clicks")
# The metrics in which a release must not be worse.
GATE_METRICS = ("r_precision", "ndcg")


def metrics(
    hits: NDArray[np.bool_], targets: NDArray[np.int64], artists: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Returns each metric, float64 [tasks].

    `artists`, int [tasks], counts the artists of the n targets that are among those of the first n ranks; each adds a
    quarter of a track to the challenge's own R-precision (Zamani et al., "An Analysis of Approaches Taken in the ACM
    RecSys Challenge 2018", TIST 2019), which can therefore exceed 1.
    """
    tracks = r_precision(hits, targets)
    values = (tracks, tracks + 0.25 * artists / targets, ndcg(hits, targets), clicks(hits))
    return dict(zip(METRICS, values, strict=True))
