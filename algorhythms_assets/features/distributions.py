"""Plots the distributions of the features."""

from pathlib import Path

import pandas as pd
from algorhythms_ask.features import FEATURES, NUMERIC_FEATURES

from algorhythms_assets.plots import BLUE, ORANGE, plot

_COLUMNS, _ROWS = 5, 3


def plot_distributions(features: pd.DataFrame, path: Path) -> None:
    """Writes a PNG with a histogram of each numeric feature and the class counts of each categorical one."""
    with plot(path, f"Audio features of {len(features):,} tracks", width=10) as axes:
        axes.axis("off")
        for number, name in enumerate(FEATURES):
            row, column = divmod(number, _COLUMNS)
            # 80 % of the cell's width and 60 % of its height: the rest is for labels.
            place = (column / _COLUMNS, 1 - (row + 0.85) / _ROWS, 0.8 / _COLUMNS, 0.6 / _ROWS)
            inset = axes.inset_axes(place)
            values, label = features[name].astype("float64").dropna(), name
            if name == "duration_ms":
                values, label = values / 60_000, "duration (minutes)"
            if name in NUMERIC_FEATURES:
                inset.hist(values, bins=30, color=BLUE)
            else:
                counts = values.value_counts().sort_index()
                inset.bar(counts.index, counts.to_numpy(), color=ORANGE)
            inset.set_title(label, fontsize=8)
            inset.tick_params(labelsize=6)
            inset.set_yticks([])
            inset.spines[["top", "right", "left"]].set_visible(False)
