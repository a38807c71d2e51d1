"""Measures what titles contribute: playlists that have one, continued with and without it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algorhythms_assets.evaluation.comparison import TITLES, Method, Progress, interval, measure
from algorhythms_assets.metrics import GATE_METRICS, Category, Task, cut

# The first by bucket: each is continued six times, and more would hardly narrow the interval.
MOST_PLAYLISTS = 2000

# Without songs and title, popularity is all there is.
TITLED_CATEGORIES = (Category("K0", 0), Category("K1", 1), Category("K5", 5))


def titled(
    served: Method,
    playlists: Sequence[tuple[int, NDArray[np.int32], str]],
    artist: NDArray[np.int64],
    resamples: int,
    seed: int,
    progress: Progress = lambda rankings, _: rankings,
) -> dict[str, Any]:
    """Returns the metrics of playlists, given as pid, distinct tracks and title, by category with and without it.

    `difference` is the paired 95 % interval of the gain from the title; `artist` and `progress` as in `measure`.
    """
    report: dict[str, Any] = {}
    for category in TITLED_CATEGORIES:
        cuts = [(cut(pid, tracks, category), title) for pid, tracks, title in playlists]
        plain: list[Task | None] = [task for task, _ in cuts if task is not None]
        if not plain:
            continue
        named: list[Task | None] = [replace(task, title=title) for task, title in cuts if task is not None]
        without = measure(served, {category.name: plain}, artist, progress).values
        with_title = measure(served, {category.name: named}, artist, progress).values
        report[category.name] = {"playlists": len(plain)} | {
            metric: {
                "with": float(with_title[metric].mean()),
                "without": float(without[metric].mean()),
                "difference": interval(with_title[metric] - without[metric], resamples, seed),
            }
            for metric in GATE_METRICS
        }
    return report


def titles_table(report: Mapping[str, Any]) -> list[str]:
    """Returns the lines of a table of the results of `titled`; empty if there are none."""
    if not report:
        return []
    lines = [
        "| titled playlists | " + " | ".join(f"{TITLES[m]} | without title | difference" for m in GATE_METRICS) + " |"
    ]
    lines.append("| --- |" + " ---: |" * 3 * len(GATE_METRICS))
    for name, found in report.items():
        cells = []
        for metric in GATE_METRICS:
            low, high = found[metric]["difference"]
            cells.append(f"{found[metric]['with']:.4f} | {found[metric]['without']:.4f} | {low:+.4f} to {high:+.4f}")
        lines.append(f"| {name}, {found['playlists']} playlists | {' | '.join(cells)} |")
    return [*lines, ""]
