"""Figures as PNG files, and as metadata that Dagster's UI shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from algorhythms_assets.picture import inline

BLUE, RED, ORANGE, GREY = "#3b6ea5", "#c1543a", "#d9a441", "#9aa3ab"


@contextmanager
def plot(path: Path, title: str, width: float = 6) -> Iterator[Axes]:
    """Yields axes to draw on, and writes them as PNG when the block ends."""
    # Without pyplot there is no global backend to choose and no figure to close.
    figure = Figure(figsize=(width, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    yield axes
    figure.savefig(path, dpi=80)


def picture(path: Path) -> dict[str, Any]:
    """Returns a PNG as a Pipes metadata value."""
    return {"raw_value": inline(path), "type": "md"}
