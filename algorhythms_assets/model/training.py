"""Trains the graph network to tell the rest of a playlist from everything else, given some of its tracks.

Sampled softmax with in-batch negatives and logQ correction (Yi et al., RecSys 2019): the logit of a track is
mean(z of the seeds) . z / temperature + prior * log(1 + playlists), less the log of how often it is drawn.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch_geometric.data import Data

from algorhythms_assets.challenge import CATEGORIES, DEPTH, Task, cut, ndcg
from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn import TrackEncoder


class DivergedError(Exception):
    """The loss is no number any more."""


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to; `ndcg` is that of the validation playlists, None where there are none."""

    number: int
    loss: float
    ndcg: float | None


@dataclass
class Batch:
    """Playlists of one step as flat index lists: seeds and targets of playlist i carry the row number i."""

    seeds: list[int] = field(default_factory=list)
    seed_rows: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    target_rows: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, seeds: NDArray[np.int32], targets: NDArray[np.int32]) -> None:
        """Adds a playlist."""
        self.seeds.extend(seeds.tolist())
        self.seed_rows.extend([self.size] * len(seeds))
        self.targets.extend(targets.tolist())
        self.target_rows.extend([self.size] * len(targets))
        self.size += 1


def train(
    model: TrackEncoder, training: Playlists, validation: Playlists, config: GcnConfig
) -> Iterator[tuple[Epoch, dict[str, Tensor]]]:
    """Yields each epoch with the weights that are best so far.

    Raises:
        DivergedError: the loss became NaN or infinite.
    """
    random = np.random.default_rng(config.seed)
    lists = [tracks for tracks in map(training.distinct, range(len(training))) if len(tracks) > 1]
    batch_size = min(512, max(32, math.ceil(len(lists) / config.steps_per_epoch)))
    steps = math.ceil(len(lists) / batch_size)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=max(1, config.epochs * steps)
    )
    log_playlists = torch.log1p(model.graph.playlists.float())
    tasks = validation_tasks(validation, config.validation_playlists)
    best, best_ndcg = copy.deepcopy(model.state_dict()), -1.0
    for number in range(1, config.epochs + 1):
        model.train()
        losses = []
        order = random.permutation(len(lists))
        for start in range(0, len(lists), batch_size):
            batch = Batch()
            for i in order[start : start + batch_size]:
                tracks = random.permutation(lists[i])
                seeds = random.integers(1, min(config.max_seeds, len(tracks) - 1) + 1)
                batch.add(tracks[:seeds], tracks[seeds : seeds + config.max_targets])
            loss = batch_loss(model(), model.prior, log_playlists, batch, config.temperature)
            if not torch.isfinite(loss):
                raise DivergedError(f"the loss is {loss.item()} in epoch {number}: lower the learning rate")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        epoch = Epoch(number, float(np.mean(losses)) if losses else 0.0, validation_ndcg(model, tasks, config))
        if epoch.ndcg is None or epoch.ndcg > best_ndcg:
            best, best_ndcg = copy.deepcopy(model.state_dict()), epoch.ndcg if epoch.ndcg is not None else -1.0
        yield epoch, best


def batch_loss(z: Tensor, prior: Tensor, log_playlists: Tensor, batch: Batch, temperature: float) -> Tensor:
    """Returns the mean loss of the playlists; a playlist of n targets weighs sqrt(n)."""
    targets = torch.tensor(batch.targets)
    target_rows = torch.tensor(batch.target_rows)
    seeds = torch.tensor(batch.seeds)
    seed_rows = torch.tensor(batch.seed_rows)
    candidates, columns = torch.unique(targets, return_inverse=True)
    starts = torch.searchsorted(seed_rows, torch.arange(batch.size))
    queries = functional.embedding_bag(seeds, z, starts, mode="mean")
    drawn = torch.log(torch.expm1(log_playlists[candidates]).clamp(min=1))
    logits = queries @ z[candidates].T / temperature + prior * log_playlists[candidates] - drawn
    # A seed that is another playlist's target is no negative of its own playlist.
    place = torch.searchsorted(candidates, seeds).clamp(max=len(candidates) - 1)
    own = candidates[place] == seeds
    masked = torch.zeros_like(logits, dtype=torch.bool)
    masked[seed_rows[own], place[own]] = True
    logits = logits.masked_fill(masked, -torch.inf)
    losses = torch.logsumexp(logits, dim=1)[target_rows] - logits[target_rows, columns]
    weights = torch.bincount(target_rows, minlength=batch.size).float().rsqrt()
    return (losses * weights[target_rows]).sum() / batch.size


def validation_tasks(validation: Playlists, limit: int) -> list[list[Task]]:
    """Returns the tasks of each category that has any, of the first playlists by bucket."""
    chosen = np.argsort(validation.buckets, kind="stable")[:limit]
    categories = [
        [cut(int(validation.pids[i]), validation.distinct(int(i)), category) for i in chosen] for category in CATEGORIES
    ]
    return [
        [task for task in tasks if task is not None] for tasks in categories if any(task is not None for task in tasks)
    ]


@torch.no_grad()
def validation_ndcg(model: TrackEncoder, categories: list[list[Task]], config: GcnConfig) -> float | None:
    """Returns NDCG@500, the mean of the categories; None if there is no task."""
    if not categories:
        return None
    model.eval()
    vectors = stored_vectors(model(), model.prior, model.graph, config.temperature)
    candidates = model.graph.playlists > 0
    means = []
    for tasks in categories:
        values = []
        for start in range(0, len(tasks), 128):
            some = tasks[start : start + 128]
            queries = torch.stack([vectors[task.seeds].mean(dim=0) for task in some])
            queries[:, -1] = 1
            scores = (queries @ vectors.T).masked_fill(~candidates, -torch.inf)
            for row, task in zip(scores, some, strict=True):
                row[task.seeds] = -torch.inf
            ranked = scores.topk(min(DEPTH, scores.shape[1])).indices.numpy()
            hits = np.stack([np.isin(row, task.targets) for row, task in zip(ranked, some, strict=True)])
            values.append(ndcg(hits, np.array([len(task.targets) for task in some])))
        means.append(np.concatenate(values).mean())
    return float(np.mean(means))


def stored_vectors(z: Tensor, prior: Tensor, graph: Data, temperature: float, factors: Tensor | None = None) -> Tensor:
    """Returns [z, factors, temperature * prior * log(1 + playlists)], float32 [tracks, dimension + factors + 1]."""
    popularity = temperature * prior * torch.log1p(graph.playlists.float())
    return torch.cat([z, *([] if factors is None else [factors]), popularity[:, None]], dim=1)
