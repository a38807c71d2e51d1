"""Turns values per playlist into means, intervals and the verdict of the gate."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from algorhythms_assets.evaluation.baselines import Ranking
from algorhythms_assets.metrics import CATEGORIES, DEPTH, GATE_METRICS, METRICS, Task, metrics

# With fewer test playlists, the evidence is too weak to block a release.
MINIMUM_PLAYLISTS = 100
TITLES = {
    "served": "served",
    "popularity": "popularity",
    "item_knn": "item-kNN",
    "released": "the released version",
    "r_precision": "R-precision",
    "r_precision_artists": "R-precision, an artist a quarter",
    "ndcg": "NDCG@500",
    "clicks": "clicks",
}
_TOP = 10
# Tasks that are ranked between two reports of progress.
_AT_ONCE = 800
# 80 MB with 10,000 playlists.
_RESAMPLES_AT_ONCE = 1000

Values = Mapping[str, NDArray[np.float64]]
Progress = Callable[[Iterator[Ranking], int], Iterable[Ranking]]


class Method(Protocol):
    """Something that continues playlists."""

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""


@dataclass(frozen=True)
class Measured:
    """The results of a method.

    `values` has each metric, float64 [playlists, categories], NaN if the playlist is too short for the category;
    `top` the first ten tracks of every answer, int64 [answers, 10], -1 where there are no more; `wanted` and `found`,
    int64 [tracks], how often each track was hidden, and how often it was then among the 500.
    """

    values: Values
    top: NDArray[np.int64]
    found: NDArray[np.int64]
    wanted: NDArray[np.int64]


def measure(
    method: Method,
    tasks: Mapping[str, list[Task | None]],
    artist: NDArray[np.int64],
    progress: Progress = lambda rankings, _: rankings,
) -> Measured:
    """Runs a method on the tasks of each category; `artist` has a number for the artist of each track, int [tracks].

    The rankings of each category, and how many they will be, pass through `progress`.
    """
    top: list[NDArray[np.int64]] = [np.empty((0, _TOP), np.int64)]
    found, wanted = np.zeros(len(artist), np.int64), np.zeros(len(artist), np.int64)
    values = {metric: np.full((len(next(iter(tasks.values()))), len(tasks)), np.nan) for metric in METRICS}
    for column, of_category in enumerate(tasks.values()):
        rows = [row for row, task in enumerate(of_category) if task is not None]
        some = [task for task in of_category if task is not None]
        if not some:
            continue
        hits = np.zeros((len(some), DEPTH), dtype=bool)
        first = np.full((len(some), _TOP), -1, np.int64)
        artists = np.zeros(len(some), np.int64)
        parts = (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
        rankings = progress((ranking for part in parts for ranking in method.rank(part)), len(some))
        for row, (ranking, task) in enumerate(zip(rankings, some, strict=True)):
            hits[row, : len(ranking)] = np.isin(ranking, task.targets)
            first[row, : len(ranking[:_TOP])] = ranking[:_TOP]
            within = ranking[: len(task.targets)]
            artists[row] = len(np.intersect1d(artist[within[within >= 0]], artist[task.targets]))
            found[ranking[hits[row, : len(ranking)]]] += 1
            wanted[task.targets] += 1
        top.append(first)
        targets = np.array([len(task.targets) for task in some])
        for metric, of_metric in metrics(hits, targets, artists).items():
            values[metric][rows, column] = of_metric
    return Measured(values, np.concatenate(top), found, wanted)


def summary(values: Values) -> dict[str, Any]:
    """Returns the means over playlists per category, and their mean; None if no playlist is long enough."""
    report: dict[str, Any] = {"mean": {metric: _mean(_category_means(v)) for metric, v in values.items()}}
    for column, category in enumerate(CATEGORIES):
        some = {metric: v[:, column][~np.isnan(v[:, column])] for metric, v in values.items()}
        report[category.name] = {metric: _mean(v) for metric, v in some.items()}
        report[category.name]["playlists"] = len(next(iter(some.values())))
    return report


def _category_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = (~np.isnan(values)).sum(axis=0)
    return np.asarray(np.nansum(values, axis=0)[counts > 0] / counts[counts > 0])


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None


def interval(values: NDArray[np.float64], resamples: int, seed: int) -> tuple[float, float] | None:
    """Returns the 95 % bootstrap interval (Efron, 1979) of the mean of the categories' means, resampling playlists.

    `values` is float64 [playlists, categories] with NaN; a difference of two methods makes the interval paired.
    """
    if not (~np.isnan(values)).any():
        return None
    playlists, random = len(values), np.random.default_rng(seed)
    known, zeroed = (~np.isnan(values)).astype(np.float64), np.nan_to_num(values)
    counts, sums = np.empty((2, resamples, values.shape[1]))
    for start in range(0, resamples, _RESAMPLES_AT_ONCE):
        some = slice(start, min(start + _RESAMPLES_AT_ONCE, resamples))
        size = some.stop - some.start
        draws = random.multinomial(playlists, np.full(playlists, 1 / playlists), size=size).astype(np.float64)
        counts[some], sums[some] = draws @ known, draws @ zeroed
    # A resample may miss a rare category; its mean is then over the others.
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    present = ~np.isnan(means)
    totals = np.nansum(means, axis=1)[present.any(axis=1)] / present.sum(axis=1)[present.any(axis=1)]
    low, high = np.quantile(totals, [0.025, 0.975])
    return float(low), float(high)


def verdict(playlists: int, served_minus: Mapping[str, Mapping[str, tuple[float, float] | None]]) -> dict[str, Any]:
    """Returns whether the served model may be released, with reasons.

    It may not if it is worse than another method beyond the paired interval, given as (low, high) per method and
    metric. Too few test playlists are a warning.
    """
    if playlists < MINIMUM_PLAYLISTS:
        few = f"{playlists} test playlists, but the gate needs {MINIMUM_PLAYLISTS}: released without a verdict"
        return {"passed": True, "reasons": [], "warnings": [few]}
    reasons = []
    for method, by_metric in served_minus.items():
        for metric in GATE_METRICS:
            bounds = by_metric[metric]
            if bounds is not None and bounds[1] < 0:
                reasons.append(
                    f"{TITLES[metric]} is worse than that of {TITLES[method]}: difference {bounds[0]:+.4f} to "
                    f"{bounds[1]:+.4f}"
                )
    return {"passed": not reasons, "reasons": reasons, "warnings": []}
