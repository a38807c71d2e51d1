"""Factors of tracks by implicit alternating least squares: a second opinion on what goes together, without a graph.

Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008, in the form of Rendle et
al., "Revisiting the performance of iALS on item recommendation benchmarks", RecSys 2022: a track that a playlist holds
counts 1, every other counts `unobserved`.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.model.config import GcnConfig

# So many systems of equations, with so many rows of factors, are solved at a time: some 0.1 GB.
_SYSTEMS_AT_ONCE = 512
_ROWS_AT_ONCE = 1 << 17


def train_factors(training: Playlists, tracks: int, factors: int, config: GcnConfig) -> Iterator[Tensor]:
    """Yields the factors of the tracks after each iteration, float32 [tracks, factors]; zeros of what none holds."""
    lists = [training.distinct(playlist) for playlist in range(len(training))]
    held = np.concatenate([*lists, np.empty(0, np.int32)])
    starts = np.cumsum([0, *map(len, lists)])
    owner = np.repeat(np.arange(len(lists)), np.diff(starts))[np.argsort(held, kind="stable")]
    owner_starts = np.cumsum([0, *np.bincount(held, minlength=tracks)])
    generator = torch.Generator().manual_seed(config.seed)
    of_tracks = torch.randn(tracks, factors, generator=generator) * 0.1 / factors**0.5
    of_tracks[torch.from_numpy(np.diff(owner_starts) == 0)] = 0
    for _ in range(config.factor_iterations):
        of_playlists = _solved(starts, held, of_tracks, config)
        of_tracks = _solved(owner_starts, owner, of_playlists, config)
        yield of_tracks


def fold_in_matrix(factors: Tensor, config: GcnConfig) -> Tensor:
    """Returns B, float32 [k, k], of factors V, float32 [n, k].

    What holds the rows S of V has the factors u = (B + sum of v_s v_s^T)^-1 sum of v_s.
    """
    return config.unobserved * factors.T @ factors + config.regularization * torch.eye(factors.shape[1])


def _solved(starts: NDArray[np.int64], held: NDArray[np.integer], other: Tensor, config: GcnConfig) -> Tensor:
    """Returns the factors of each row, given those of what it holds: held[starts[row] : starts[row + 1]]."""
    base = fold_in_matrix(other, config)
    found = torch.zeros(len(starts) - 1, other.shape[1])
    lengths = np.diff(starts)
    # Those of about one length together, so that little is padded.
    order = np.argsort(lengths, kind="stable")[(lengths == 0).sum() :]
    for some in _batches(order, lengths):
        chosen = [other[torch.from_numpy(held[starts[row] : starts[row + 1]].astype(np.int64))] for row in some]
        rows = pad_sequence(chosen, batch_first=True)
        found[torch.from_numpy(some)] = torch.linalg.solve(base + rows.mT @ rows, rows.sum(dim=1))
    return found


def _batches(order: NDArray[np.int64], lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yields the rows of the order in batches of bounded size, of which each has at least one."""
    bounds = [0]
    for place, row in enumerate(order):
        size = place - bounds[-1]
        if size == _SYSTEMS_AT_ONCE or (size and (size + 1) * lengths[row] > _ROWS_AT_ONCE):
            bounds.append(place)
    for first, end in pairwise([*bounds, len(order)]):
        if end > first:
            yield order[first:end]
