"""What the model is compared with in benchmarks: implicit ALS, and the recipe of the proof of concept."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
import torch
from implicit.als import AlternatingLeastSquares
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch_geometric.nn import GCNConv

from algorhythms_assets.evaluation.baselines import Ranking
from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.metrics import DEPTH, Task

_ALS_ITERATIONS = 15


class ImplicitAls:
    """Alternating least squares of the package implicit; a playlist's factors come from its seeds."""

    def __init__(
        self, training: Playlists, playlists: NDArray[Any], factors: int, regularization: float, alpha: float
    ) -> None:
        once = training.once()
        ones = np.ones(len(once.tracks), np.float32)
        holds = sp.csr_matrix((ones, once.tracks, once.offsets), shape=(len(once), len(playlists)))
        self._unknown = np.flatnonzero(playlists == 0)
        self._model = AlternatingLeastSquares(
            factors, regularization=regularization, alpha=alpha, iterations=_ALS_ITERATIONS, random_state=0
        )
        with threadpool_limits(1, "blas"):
            self._model.fit(holds, show_progress=False)

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        seeds = [task.seeds for task in tasks]
        rows = sp.csr_matrix(
            (
                np.ones(sum(map(len, seeds)), np.float32),
                np.concatenate(seeds),
                np.cumsum([0, *map(len, seeds)]),
            ),
            shape=(len(tasks), self._model.item_factors.shape[0]),
        )
        with threadpool_limits(1, "blas"):
            found, scores = self._model.recommend(
                np.arange(len(tasks)),
                rows,
                N=min(DEPTH, rows.shape[1]),
                filter_items=self._unknown,
                recalculate_user=True,
            )
        # Filtered tracks come last, with the lowest possible score.
        allowed = scores > np.finfo(np.float32).min
        return [ranking[known].astype(np.int64) for ranking, known in zip(found, allowed, strict=True)]


class OriginGcn:
    """The recipe of the proof of concept: a GCN on the error of edge weights, and its merge of a search per seed.

    Without audio features its 29 inputs are random, as they carry nothing else.
    """

    EPOCHS = 100

    def __init__(self, edges: pa.Table, playlists: NDArray[Any]) -> None:
        torch.manual_seed(0)
        weight = edges["weight"].to_numpy()
        strong = weight >= np.quantile(weight, 0.1)
        ends = np.stack([edges["source"].to_numpy()[strong], edges["target"].to_numpy()[strong]]).astype(np.int64)
        pairs, weights = torch.from_numpy(ends), torch.from_numpy(weight[strong])
        both = torch.cat([pairs, pairs.flip(0)], dim=1)
        x = torch.rand(len(playlists), 29)
        first, second = GCNConv(29, 16), GCNConv(16, 10)
        optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()], lr=0.01)
        for _ in range(self.EPOCHS):
            z = second(torch.relu(first(x, both)), both)
            some = torch.randint(len(weights), (min(200_000, len(weights)),))
            loss = torch.nn.functional.mse_loss((z[pairs[0, some]] * z[pairs[1, some]]).sum(dim=1), weights[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self._z = z.detach()
        self._known = torch.from_numpy(playlists > 0)

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks by mean(score) * log(1 + seeds that found it); a seed finds 500."""
        found = []
        for task in tasks:
            seeds = torch.from_numpy(task.seeds.astype(np.int64))
            # Elasticsearch's score of the l2 norm.
            scores = 1 / (1 + torch.cdist(self._z[seeds], self._z) ** 2)
            scores[:, ~self._known] = 0
            scores[:, seeds] = 0
            best = scores.topk(min(DEPTH, scores.shape[1]), dim=1)
            total, times = torch.zeros(len(self._z)), torch.zeros(len(self._z))
            total.index_add_(0, best.indices.ravel(), best.values.ravel())
            times.index_add_(0, best.indices.ravel(), (best.values.ravel() > 0).float())
            merged = total / times.clamp(min=1) * torch.log1p(times)
            ranking = merged.topk(min(DEPTH, int((merged > 0).sum()))).indices
            found.append(ranking.numpy())
        return found
