"""Fits and checks the chance that a recommended track would be in the playlist; see `algorhythms_ask.chance`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from algorhythms_ask.chance import chances, inputs
from numpy.typing import NDArray

from algorhythms_assets.evaluation.baselines import Ranking
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.metrics import Task
from algorhythms_assets.plots import BLUE, GREY, plot

# How many recommendations of each answer are used.
_FIRST = 100
# With fewer hits, the weights would fit noise.
_FEWEST_HITS = 100
_BINS = 10
_ROUNDS = 50
# Keeps the weights finite if the score alone separates hits from misses.
_RIDGE = 1e-3


Scored = tuple[Ranking, NDArray[np.float64], int]
Progress = Callable[[Iterator[Scored], int], Iterable[Scored]]


@dataclass(frozen=True)
class Outcomes:
    """Recommendations with their `scores`, float64 [n], numbers of `seeds` placed, int [n], and if they are `hits`."""

    scores: NDArray[np.float64]
    seeds: NDArray[np.int64]
    hits: NDArray[np.bool_]


def outcomes(served: Served, tasks: Sequence[Task], progress: Progress = lambda answers, _: answers) -> Outcomes:
    """Returns the outcomes of each task's first hundred recommendations; the answers pass through `progress`.

    As at the endpoint, only seeds that can be placed count, and an answer without any has no chance.
    """
    parts = [(np.empty(0), np.empty(0, np.int64), np.empty(0, bool))]
    for task, (numbers, scores, placed) in zip(tasks, progress(served.scored(tasks, _FIRST), len(tasks)), strict=True):
        if placed:
            parts.append((scores, np.full(len(scores), placed), np.isin(numbers, task.targets)))
    return Outcomes(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def calibration(validation: Outcomes, test: Outcomes) -> dict[str, Any] | None:
    """Returns the weights that fit the validation playlists, and how chances agree with the test playlists.

    `reliability` has tenths of the test recommendations, by rising chance: their number, mean chance, share of hits.
    None if there are too few hits to fit.
    """
    if validation.hits.sum() < _FEWEST_HITS or not len(test.hits):
        return None
    weights = fitted(inputs(validation.scores, validation.seeds), validation.hits).tolist()
    chance = chances(weights, test.scores, test.seeds)
    tenths = np.array_split(np.argsort(chance, kind="stable"), _BINS)
    return {
        "weights": weights,
        "reliability": [
            {"recommendations": len(some), "chance": float(chance[some].mean()), "share": float(test.hits[some].mean())}
            for some in tenths
            if len(some)
        ],
    }


def fitted(rows: NDArray[np.float64], hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the weights of a logistic regression, float64 [k], of rows, float64 [n, k], by Newton's method."""
    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (chance - hits) + _RIDGE * weights
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def plot_reliability(found: dict[str, Any], path: Path) -> None:
    """Draws the share of hits by chance."""
    tenths = found["reliability"]
    given, shares = ([tenth[name] for tenth in tenths] for name in ("chance", "share"))
    with plot(path, "Does the chance say what happens?") as axes:
        most = max(*given, *shares)
        axes.plot([0, most], [0, most], color=GREY, linewidth=1, label="exactly")
        axes.plot(given, shares, "o-", color=BLUE, label="test playlists, tenths by chance")
        axes.set_xlabel("chance")
        axes.set_ylabel("share that was in the playlist")
        axes.legend(frameon=False)
