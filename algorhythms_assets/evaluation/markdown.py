"""The report as a person reads it."""

from pathlib import Path
from typing import Any

import numpy as np

from algorhythms_assets.challenge import CATEGORIES
from algorhythms_assets.plots import BLUE, GREY, ORANGE, plot

TITLES = {"served": "served", "popularity": "popularity", "item_knn": "item-kNN"}
_METRICS = {"r_precision": "R-precision", "ndcg": "NDCG@500", "clicks": "clicks"}


def markdown(report: dict[str, Any]) -> str:
    """Returns the report as Markdown."""
    lines = [
        f"# Evaluation of {report['version']}",
        "",
        f"{report['test_playlists']} test playlists, of which nothing was used in training. Some tracks of each are "
        "given, the others are to be found: K5 gives its first five, K25r any twenty-five. More R-precision and NDCG "
        "are better, and fewer clicks.",
        "",
    ]
    for metric, title in _METRICS.items():
        header = " | ".join(category.name for category in CATEGORIES)
        lines += [f"| {title} | mean | {header} |", f"| --- |{' ---: |' * (len(CATEGORIES) + 1)}"]
        for method, of_method in report["methods"].items():
            cells = [of_method["mean"][metric], *(of_method[category.name][metric] for category in CATEGORIES)]
            lines.append(f"| {TITLES[method]} | {' | '.join(_number(cell, metric) for cell in cells)} |")
        lines.append("")
    counts = " | ".join(str(report["methods"]["served"][category.name]["playlists"]) for category in CATEGORIES)
    lines += [f"Playlists per category: {counts}. A category without a playlist that is long enough is marked –.", ""]
    for method, intervals in report["served_minus"].items():
        for metric in ("r_precision", "ndcg"):
            if intervals[metric] is not None:
                low, high = intervals[metric]
                lines.append(f"- served minus {TITLES[method]}, {_METRICS[metric]}: {low:+.4f} to {high:+.4f} (95 %)")
    gate = report["gate"]
    lines += ["", f"**{'May be released' if gate['passed'] else 'May not be released'}.**"]
    lines += [f"- {line}" for line in (*gate["reasons"], *gate["warnings"])]
    return "\n".join(lines) + "\n"


def _number(value: float | None, metric: str) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if metric == "clicks" else f"{value:.4f}"


def plot_methods(report: dict[str, Any], path: Path) -> None:
    """Draws R-precision and NDCG of each method with their intervals."""
    metrics = ("r_precision", "ndcg")
    with plot(path, f"{report['test_playlists']} test playlists, 95 % intervals") as axes:
        for place, (method, colour) in enumerate(zip(TITLES, (BLUE, GREY, ORANGE), strict=True)):
            means = [report["methods"][method]["mean"][metric] for metric in metrics]
            bounds = [report["intervals"][method][metric] for metric in metrics]
            known = [i for i, mean in enumerate(means) if mean is not None]
            heights = np.array([means[i] for i in known])
            errors = np.array([[means[i] - bounds[i][0], bounds[i][1] - means[i]] for i in known]).reshape(-1, 2).T
            at = np.array(known) + (place - 1) * 0.27
            axes.bar(at, heights, 0.25, yerr=np.maximum(errors, 0), color=colour, label=TITLES[method], capsize=3)
        axes.set_xticks(range(len(metrics)), [_METRICS[metric] for metric in metrics])
        axes.legend(frameon=False)
