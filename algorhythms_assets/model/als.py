"""Factors of tracks by implicit alternating least squares: a second model of what goes together, without a graph.

Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008, in the form of Rendle et
al., "Revisiting the performance of iALS on item recommendation benchmarks", RecSys 2022: a score s costs (1 - s)^2
for a track in the playlist, and `unobserved` s^2 for every track.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.model.config import GcnConfig

_MANY_PLAYLISTS = 2000

# Rows of factors gathered at a time: 4 MB at 256 factors, which a core's cache can hold.
_ROWS_AT_ONCE = 1 << 12
# Rows of all factors transformed at a time: as a whole, two million would be in memory three times.
_SOLVED_AT_ONCE = 1 << 16


def factors_for(playlists: int) -> int:
    """Returns the number of factors for a snapshot with that many training playlists; see docs/log.md."""
    return 128 if playlists < _MANY_PLAYLISTS else 256


def train_factors(training: Playlists, tracks: int, factors: int, config: GcnConfig) -> Iterator[Tensor]:
    """Yields the tracks' factors after each iteration, float32 [tracks, factors]; zeros for tracks in no playlist.

    `training` has each track once in a playlist (`Playlists.once`).
    """
    starts, held = training.offsets, training.tracks
    owner_starts, owner = training.holders(tracks)
    generator = torch.Generator().manual_seed(config.seed)
    of_tracks = torch.randn(tracks, factors, generator=generator) * 0.1 / factors**0.5
    of_tracks[torch.from_numpy(np.diff(owner_starts) == 0)] = 0
    for _ in range(config.factor_iterations):
        of_playlists = solver(of_tracks, fold_in_matrix(of_tracks, config))(starts, held)
        of_tracks = solver(of_playlists, fold_in_matrix(of_playlists, config))(owner_starts, owner)
        yield of_tracks


def fold_in_matrix(factors: Tensor, config: GcnConfig) -> Tensor:
    """Returns B, float32 [k, k], of factors V, float32 [n, k].

    A playlist that contains the rows S of V has the factors u = (B + sum of v_s v_s^T)^-1 sum of v_s.
    """
    return config.unobserved * (factors.T @ factors) + config.regularization * torch.eye(factors.shape[1])


def solver(other: Tensor, fold_in: Tensor) -> Callable[[NDArray[np.int64], NDArray[np.integer]], Tensor]:
    """Returns a function that finds the factors of rows, given those of all items, float32 [items, k], and their B.

    It takes starts, int64 [rows + 1], and the items of each row, held[starts[row] : starts[row + 1]]. It returns
    float32 [rows, k]; zeros for a row without items.
    """
    # With factors transformed so that B is the identity, a row S has (1 + S^T S)^-1 S^T 1 = S^T (1 + S S^T)^-1 1: as
    # many equations as factors or as items, whichever is less. Most tracks are in one or two playlists.
    root = torch.linalg.cholesky(fold_in)
    turned = _times_inverse(other, root.T, upper=True)

    def solved(starts: NDArray[np.int64], held: NDArray[np.integer]) -> Tensor:
        found = torch.zeros(len(starts) - 1, turned.shape[1])

        def solve(batch: tuple[NDArray[np.int64], int]) -> None:
            rows, length = batch
            places = held[starts[rows, None] + np.arange(length)]
            # Copies whole rows; indexing takes four times as long.
            s = functional.embedding(torch.from_numpy(places.astype(np.int64)), turned)
            if length < turned.shape[1]:
                of_items = _solve_shifted(s @ s.mT, torch.ones(len(rows), length, 1))
                found[torch.from_numpy(rows)] = (s.mT @ of_items)[:, :, 0]
            else:
                found[torch.from_numpy(rows)] = _solve_shifted(s.mT @ s, s.sum(dim=1)[:, :, None])[:, :, 0]

        # One batch per core: several threads on the small equations of one batch would mostly wait for each other.
        with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as threads:
            for _ in threads.map(solve, _batches(np.diff(starts))):
                pass
        return _times_inverse(found, root, upper=False, out=found)

    return solved


def _times_inverse(rows: Tensor, triangular: Tensor, upper: bool, out: Tensor | None = None) -> Tensor:
    """Returns the rows, float32 [n, k], times the inverse of a triangular matrix, in parts and perhaps in place."""
    result = torch.empty_like(rows) if out is None else out
    for part, solved in zip(rows.split(_SOLVED_AT_ONCE), result.split(_SOLVED_AT_ONCE), strict=True):
        solved.copy_(torch.linalg.solve_triangular(triangular, part, upper=upper, left=False))
    return result


def _solve_shifted(matrices: Tensor, right: Tensor) -> Tensor:
    """Returns (1 + matrices)^-1 right for positive semidefinite matrices, which are overwritten."""
    matrices.diagonal(dim1=1, dim2=2).add_(1)
    return torch.cholesky_solve(right, torch.linalg.cholesky(matrices))


def _batches(lengths: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Yields rows of equal length, and the length, in batches of bounded size; skips rows of length 0."""
    order = np.argsort(lengths, kind="stable")[(lengths == 0).sum() :]
    values, counts = np.unique(lengths[order], return_counts=True)
    for length, count, end in zip(values.tolist(), counts, np.cumsum(counts), strict=True):
        at_once = max(1, _ROWS_AT_ONCE // length)
        for start in range(end - count, end, at_once):
            yield order[start : min(start + at_once, end)], length
