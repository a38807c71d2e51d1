"""Metrics beyond accuracy: how much of the catalogue is recommended, how popular it is, how often it repeats."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from algorhythms_assets.evaluation.comparison import Values

# Inclusive upper ends of the buckets; the last bucket is open.
LENGTHS = (20, 50, 100)
PLAYLISTS = (1, 5, 20, 100)


def names(ends: Sequence[int], first: int) -> list[str]:
    """Returns the names of the buckets with those upper ends; the lowest bucket begins at `first`."""
    starts = [first, *(end + 1 for end in ends)]
    closed = [f"{low}-{high}" if low < high else f"{low}" for low, high in zip(starts, ends, strict=False)]
    return [*closed, f">{ends[-1]}"]


def profile(top: NDArray[np.int64], playlists: NDArray[np.int32], artists: NDArray[np.int64]) -> dict[str, float]:
    """Returns the profile of a method's first ten tracks, int64 [answers, 10] with -1 where there are no more.

    `playlists` and `artists` are, per track, the number of training playlists and a number for the artist.
    """
    rows, known = np.nonzero(top >= 0)[0], top[top >= 0]
    if not len(known):
        return {}
    answers = len(np.unique(rows))
    tracks = np.bincount(known)
    pairs, times = np.unique(np.stack([rows, artists[known]]), axis=1, return_counts=True)
    most = np.zeros(len(top), np.int64)
    np.maximum.at(most, pairs[0], times)
    lengths = np.bincount(rows, minlength=len(top))
    answered = lengths > 0
    return {
        "catalogue coverage": float((tracks > 0).sum() / (playlists > 0).sum()),
        "mean log(1 + playlists)": float(np.log1p(playlists[known]).mean()),
        "artists in the first ten": len(pairs[0]) / answers,
        "share of the first artist": float((most[answered] / lengths[answered]).mean()),
        "answers with the commonest track": float(tracks.max() / answers),
        "answers with the commonest artist": float(np.bincount(pairs[1]).max() / answers),
    }


def by_length(values: Values, lengths: NDArray[np.int64]) -> dict[str, dict[str, float | int | None]]:
    """Returns the metrics, mean over categories and playlists, per bucket of `lengths`, int64 [playlists]."""
    bucket = np.searchsorted(LENGTHS, lengths)
    found: dict[str, dict[str, float | int | None]] = {}
    for number, name in enumerate(names(LENGTHS, 1)):
        chosen = {metric: of_metric[bucket == number] for metric, of_metric in values.items()}
        means = {
            metric: float(np.nanmean(some)) if (~np.isnan(some)).any() else None for metric, some in chosen.items()
        }
        found[name] = {"playlists": int((bucket == number).sum()), **means}
    return found


def by_popularity(
    found: NDArray[np.int64], wanted: NDArray[np.int64], playlists: NDArray[np.int32]
) -> Mapping[str, float | None]:
    """Returns the share of the hidden tracks found among the 500, by how many training playlists contain them.

    `found` and `wanted` are, per track, how often it was found and how often it was hidden; tracks that are in no
    training playlist cannot be found and are excluded.
    """
    bucket = np.searchsorted(PLAYLISTS, playlists)
    shares: dict[str, float | None] = {}
    for number, name in enumerate(names(PLAYLISTS, 1)):
        chosen = (bucket == number) & (playlists > 0)
        shares[name] = float(found[chosen].sum() / wanted[chosen].sum()) if wanted[chosen].any() else None
    return shares
