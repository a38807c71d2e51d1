"""Renders the report as Markdown and plots."""

from pathlib import Path
from typing import Any

import numpy as np

from algorhythms_assets.evaluation.comparison import TITLES
from algorhythms_assets.evaluation.titled import titles_table
from algorhythms_assets.metrics import CATEGORIES, GATE_METRICS, METRICS
from algorhythms_assets.plots import BLUE, GREY, ORANGE, RED, plot

_COLOURS = {"served": BLUE, "popularity": GREY, "item_knn": ORANGE, "released": RED}


def markdown(report: dict[str, Any]) -> str:
    """Returns the report as Markdown."""
    lines = [
        f"# Evaluation of {report['version']}",
        "",
        f"{report['test_playlists']} test playlists, none used in training. Some tracks of each are given, the others "
        "are to be found: K5 gives the first five, K25r any twenty-five. Higher R-precision and NDCG are better, and "
        "fewer clicks.",
        "",
    ]
    for metric in METRICS:
        header = " | ".join(category.name for category in CATEGORIES)
        lines += [f"| {TITLES[metric]} | mean | {header} |", f"| --- |{' ---: |' * (len(CATEGORIES) + 1)}"]
        for method, of_method in report["methods"].items():
            cells = [of_method["mean"][metric], *(of_method[category.name][metric] for category in CATEGORIES)]
            lines.append(f"| {TITLES[method]} | {' | '.join(_number(cell, metric) for cell in cells)} |")
        lines.append("")
    counts = " | ".join(str(report["methods"]["served"][category.name]["playlists"]) for category in CATEGORIES)
    lines += [f"Playlists per category: {counts}. A category without playlists that are long enough is marked –.", ""]
    for method, intervals in report["served_minus"].items():
        for metric in GATE_METRICS:
            if intervals[metric] is not None:
                low, high = intervals[metric]
                lines.append(f"- served minus {TITLES[method]}, {TITLES[metric]}: {low:+.4f} to {high:+.4f} (95 %)")
    lines += ["", *titles_table(report["titles"]), *_beyond(report), *_reliability(report["chance"])]
    if report["new_tracks"]["tracks"]:
        lines += [
            "",
            f"{report['new_tracks']['tracks']} tracks are new since the snapshot. They are passed over above, as these "
            f"playlists are older; {report['new_tracks']['among the first ten']:.1%} of the first ten are new.",
        ]
    gate = report["gate"]
    lines += ["", f"**{'May be released' if gate['passed'] else 'May not be released'}.**"]
    lines += [f"- {line}" for line in (*gate["reasons"], *gate["warnings"])]
    return "\n".join(lines) + "\n"


def _reliability(chance: dict[str, Any] | None) -> list[str]:
    """Returns how chances agree with what was in the test playlists."""
    if chance is None:
        return []
    lines = ["", "| tenths of the recommendations | mean chance | share in the playlist |", "| --- | ---: | ---: |"]
    return [
        *lines,
        *(f"| {i} | {row['chance']:.4f} | {row['share']:.4f} |" for i, row in enumerate(chance["reliability"], 1)),
    ]


def _beyond(report: dict[str, Any]) -> list[str]:
    """Returns the tables of metrics beyond accuracy, and of accuracy by length and popularity."""
    methods = list(report["methods"])
    header = [f" | {' | '.join(TITLES[name] for name in methods)} |", f"| --- |{' ---: |' * len(methods)}"]
    lines = [f"| the first ten{header[0]}", header[1]]
    for name in report["beyond"]["served"]:
        cells = (report["beyond"][method].get(name) for method in methods)
        lines.append(f"| {name} | {' | '.join(_number(cell, name) for cell in cells)} |")
    lines += ["", f"| NDCG@500 by length of the playlist{header[0]}", header[1]]
    for name, of_served in report["by_length"]["served"].items():
        cells = (report["by_length"][method][name]["ndcg"] for method in methods)
        row = " | ".join(_number(cell, "ndcg") for cell in cells)
        lines.append(f"| {name} tracks, {of_served['playlists']} playlists | {row} |")
    lines += ["", f"| share found of hidden tracks, by training playlists with the track{header[0]}", header[1]]
    for name in report["by_popularity"]["served"]:
        cells = (report["by_popularity"][method][name] for method in methods)
        lines.append(f"| {name} | {' | '.join(_number(cell, 'share') for cell in cells)} |")
    return lines


def _number(value: float | None, metric: str) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if metric == "clicks" else f"{value:.4f}"


def plot_methods(report: dict[str, Any], path: Path) -> None:
    """Draws R-precision and NDCG of each method with their intervals."""
    with plot(path, f"{report['test_playlists']} test playlists, 95 % intervals") as axes:
        for place, method in enumerate(report["methods"]):
            means = [report["methods"][method]["mean"][metric] for metric in GATE_METRICS]
            bounds = [report["intervals"][method][metric] for metric in GATE_METRICS]
            known = [i for i, mean in enumerate(means) if mean is not None]
            heights = np.array([means[i] for i in known])
            errors = np.array([[means[i] - bounds[i][0], bounds[i][1] - means[i]] for i in known]).reshape(-1, 2).T
            at = np.array(known) + (place - (len(report["methods"]) - 1) / 2) * 0.2
            colour, title = _COLOURS[method], TITLES[method]
            axes.bar(at, heights, 0.18, yerr=np.maximum(errors, 0), color=colour, label=title, capsize=3)
        axes.set_xticks(range(len(GATE_METRICS)), [TITLES[metric] for metric in GATE_METRICS])
        axes.legend(frameon=False)


def plot_categories(report: dict[str, Any], path: Path) -> None:
    """Draws NDCG of each method by category."""
    names = [category.name for category in CATEGORIES]
    with plot(path, "By how many tracks are given") as axes:
        for method, of_method in report["methods"].items():
            values = [np.nan if of_method[name]["ndcg"] is None else of_method[name]["ndcg"] for name in names]
            axes.plot(names, values, "o-", color=_COLOURS[method], label=TITLES[method])
        axes.set_ylabel(TITLES["ndcg"])
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)


def plot_popularity(report: dict[str, Any], path: Path) -> None:
    """Draws the share of the hidden tracks that each method finds, by popularity."""
    with plot(path, "Hidden tracks among the 500") as axes:
        for method, shares in report["by_popularity"].items():
            values = [np.nan if share is None else share for share in shares.values()]
            axes.plot(list(shares), values, "o-", color=_COLOURS[method], label=TITLES[method])
        axes.set_xlabel("training playlists with the track")
        axes.set_ylabel("share found")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
