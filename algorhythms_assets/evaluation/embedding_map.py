"""A map of the stored vectors: the two directions in which the most popular tracks differ most."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from algorhythms_ask.recommend import Recommender
from numpy.typing import NDArray

from algorhythms_assets.plots import GREY, plot

_TRACKS = 2000
_COLOURS = ("#3b6ea5", "#c1543a", "#d9a441", "#5b8c5a", "#7d5ba6", "#3aa6a0", "#b0567f")


@dataclass(frozen=True)
class EmbeddingMap:
    """Positions of tracks, float64 [tracks, 2], the names of their artists, and the share of the variance shown."""

    places: NDArray[np.float64]
    artists: list[str | None]
    share: float


def embedding_map(recommender: Recommender, tracks: pa.Table) -> EmbeddingMap | None:
    """Returns the map of the tracks in most playlists; None if fewer than three tracks have a vector.

    Principal components (Pearson, 1901) of the unit vectors, without factors and popularity.
    """
    popular = np.argsort(-tracks["playlists"].to_numpy().astype(np.int64), kind="stable")[:_TRACKS]
    documents = list(recommender.index.fetch(tracks["track_uri"].take(pa.array(popular)).to_pylist()).values())
    if len(documents) < 3:
        return None
    z = np.stack([document.vector for document in documents])[:, : -1 - len(recommender.fold_in)].astype(np.float64)
    z -= z.mean(axis=0)
    variances, directions = np.linalg.eigh(z.T @ z)
    share = variances[-2:].sum() / max(variances.sum(), np.finfo(float).tiny)
    return EmbeddingMap(z @ directions[:, :-3:-1], [document.artist for document in documents], float(share))


def plot_map(found: EmbeddingMap, path: Path) -> None:
    """Draws the map, with the artists that have the most tracks in colour."""
    artists = np.array([artist or "" for artist in found.artists])
    names, counts = np.unique(artists[artists != ""], return_counts=True)
    with plot(path, f"Embeddings of {len(artists):,} tracks, {found.share:.0%} of their variance") as axes:
        axes.scatter(found.places[:, 0], found.places[:, 1], s=4, color=GREY, alpha=0.35, linewidths=0)
        for artist, colour in zip(names[np.argsort(-counts, kind="stable")], _COLOURS, strict=False):
            of_artist = found.places[artists == artist]
            axes.scatter(of_artist[:, 0], of_artist[:, 1], s=14, color=colour, label=artist, linewidths=0)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        if len(names):
            axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
