"""The numbers of an evaluation that Dagster charts over time: every method, with intervals."""

from collections.abc import Mapping
from typing import Any

from algorhythms_assets.metrics import GATE_METRICS


def charted(report: Mapping[str, Any]) -> dict[str, float]:
    """Returns means with their intervals, and the intervals of the served model's advantage.

    Values that are unknown, because too few playlists are long enough, are absent.
    """
    numbers: dict[str, float | None] = {"test playlists": report["test_playlists"]}
    # Reports of earlier versions, which the gate also reads, lack it.
    if "new_tracks" in report:
        numbers["new tracks among the first ten"] = report["new_tracks"]["among the first ten"]
    for method, summary in report["methods"].items():
        for metric, mean in summary["mean"].items():
            numbers[f"{method} {metric}"] = mean
    for method in report["methods"]:
        for metric in GATE_METRICS:
            low, high = report["intervals"][method][metric] or (None, None)
            numbers |= {f"{method} {metric}, low": low, f"{method} {metric}, high": high}
    for method, intervals in report["served_minus"].items():
        for metric in GATE_METRICS:
            low, high = intervals[metric] or (None, None)
            numbers |= {f"{metric} above {method}, low": low, f"{metric} above {method}, high": high}
    return {name: round(value, 5) for name, value in numbers.items() if value is not None}
