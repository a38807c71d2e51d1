"""Trains the graph network to distinguish the rest of a playlist from all other tracks, given some of its tracks.

Sampled softmax with in-batch negatives and logQ correction (Yi et al., RecSys 2019): the logit of a track is
mean(z of the seeds) . z / temperature + prior * log(1 + playlists), less the log of how often it is drawn.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.metrics import CATEGORIES, DEPTH, Task, cut, ndcg
from algorhythms_assets.model.checkpoint import Epoch, Standing
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn import TrackEncoder
from algorhythms_assets.model.propagation import across, propagated, propagated_back
from algorhythms_assets.resources.store import replacing

# Trains as well as single precision.
_PRECISION = torch.bfloat16

BEST, CHECKPOINT = "model.safetensors", "checkpoint.safetensors"

# A step on fewer playlists would be too noisy.
_FEWEST = 32

# Gradients that may wait to be added: 0.2 GB.
_BATCHES_AT_ONCE = 64

# Scores of one batch of validation tasks: 256 MB, and as much again to choose among them.
_SCORES_AT_ONCE = 1 << 26
# Scores in one validation: 400 playlists with two million tracks, which take 40 s on two cores.
_MOST_SCORES = 4_000_000_000


class DivergedError(Exception):
    """The loss is not finite."""


@dataclass(frozen=True)
class Batch:
    """Playlists that serve as each other's negatives, as flat index lists.

    `tracks`, int64 [n], are those that occur. `seeds` and `targets` are indexes into it, `seed_rows` and `target_rows`
    the numbers of the playlists they belong to, rising.
    """

    size: int
    tracks: Tensor
    seeds: Tensor
    seed_rows: Tensor
    targets: Tensor
    target_rows: Tensor


def batch_of(playlists: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]], device: torch.device) -> Batch:
    """Returns the batch of playlists given as (seeds, targets)."""
    seeds, targets = ([playlist[side] for playlist in playlists] for side in (0, 1))
    tracks, places = np.unique(np.concatenate([*seeds, *targets]), return_inverse=True)
    of_seeds, of_targets = np.split(places, [sum(map(len, seeds))])
    rows = np.arange(len(playlists))
    seed_rows, target_rows = (np.repeat(rows, [len(some) for some in side]) for side in (seeds, targets))
    arrays = (tracks, of_seeds, seed_rows, of_targets, target_rows)
    return Batch(len(playlists), *(torch.from_numpy(array).to(device).long() for array in arrays))


def train(
    model: TrackEncoder, training: Playlists, validation: Playlists, config: GcnConfig, folder: Path
) -> Iterator[Epoch]:
    """Yields each epoch; the best weights so far are then in the file `BEST` of the folder.

    `training` has each track once in a playlist (`Playlists.once`).
    The state after each epoch is saved in the file `CHECKPOINT`. If an earlier attempt at the same training left both,
    its epochs are yielded at once, and training resumes after them.

    Raises:
        DivergedError: the loss became NaN or infinite.
    """
    random = np.random.default_rng(config.seed)
    lists = np.flatnonzero(np.diff(training.offsets) > 1)
    step_size = max(_FEWEST, math.ceil(len(lists) / config.steps_per_epoch))
    steps = math.ceil(len(lists) / step_size)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=max(1, config.epochs * steps)
    )
    scored = math.ceil(_MOST_SCORES / (len(CATEGORIES) * len(model.playlists)))
    tasks = validation_tasks(validation, min(config.validation_playlists, scored))
    standing = Standing(model, optimizer, schedule, random)
    if (folder / CHECKPOINT).exists():
        standing.load(folder / CHECKPOINT)
    yield from standing.epochs
    for number in range(len(standing.epochs) + 1, config.epochs + 1):
        losses = []
        order = random.permutation(lists)
        for start in range(0, len(lists), step_size):
            playlists = [_cut(training[i], random, config) for i in order[start : start + step_size]]
            losses.append(add_gradients(model, playlists, config))
            if not math.isfinite(losses[-1]):
                raise DivergedError(f"the loss is {losses[-1]} in epoch {number}: lower the learning rate")
            optimizer.step()
            # Frees the gradients now, because the validation needs the memory.
            optimizer.zero_grad()
            schedule.step()
        epoch = Epoch(number, float(np.mean(losses)) if losses else 0.0, validation_ndcg(model, tasks, config))
        earlier = [before.ndcg for before in standing.epochs if before.ndcg is not None]
        if epoch.ndcg is None or epoch.ndcg > max(earlier, default=-1.0):
            with replacing(folder / BEST) as path:
                save_file({name: weights.cpu() for name, weights in model.state_dict().items()}, path)
        standing.epochs.append(epoch)
        standing.save(folder / CHECKPOINT)
        yield epoch


def _cut(
    tracks: NDArray[np.int32], random: np.random.Generator, config: GcnConfig
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    tracks = random.permutation(tracks)
    seeds = random.integers(1, min(config.max_seeds, len(tracks) - 1) + 1)
    return tracks[:seeds], tracks[seeds : seeds + config.max_targets]


def add_gradients(
    model: TrackEncoder, playlists: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]], config: GcnConfig
) -> float:
    """Returns the mean loss of the playlists, given as (seeds, targets), and adds its gradient to the weights'.

    There is one pass over the graph, forward and back, for all batches together: it costs the same for one playlist
    as for all.
    """
    device = model.track.weight.device
    parts = math.ceil(len(playlists) / config.batch)
    batches = [batch_of(playlists[number::parts], device) for number in range(parts)]
    tracks = torch.unique(torch.cat([batch.tracks for batch in batches]))
    kept = model.drawn()
    z, lengths = propagated(model.x(kept), model.adjacency, model.layers, tracks, _PRECISION)
    loss, gradient, of_prior = _gradients(z, tracks, model, batches, config)
    unscaled = across(gradient, z, lengths, _PRECISION)
    del z, gradient
    model.add_gradients(propagated_back(unscaled, model.adjacency, model.layers, tracks), kept, of_prior)
    return loss


def _gradients(
    z: Tensor, tracks: Tensor, model: TrackEncoder, batches: Sequence[Batch], config: GcnConfig
) -> tuple[float, Tensor, Tensor]:
    """Returns the mean loss of the batches' playlists, and its gradients with respect to z and the prior.

    `z`, float32 [n, dimension], are vectors of the tracks, int64 [n], rising.
    """
    playlists = sum(batch.size for batch in batches)
    log_playlists = torch.log1p(model.playlists.float())

    def of_batch(batch: Batch) -> tuple[float, Tensor, Tensor, Tensor]:
        places = torch.searchsorted(tracks, batch.tracks)
        part = z.index_select(0, places).requires_grad_()
        # On a GPU, products are in half precision; the loss itself is in single precision.
        with torch.autocast(z.device.type, torch.bfloat16, enabled=z.is_cuda):
            loss = batch_loss(part, model.prior, log_playlists[batch.tracks], batch, config.temperature)
        loss = loss * batch.size / playlists
        of_part, of_prior = torch.autograd.grad(loss, (part, model.prior))
        return loss.item(), places, of_part, of_prior

    total, gradient, of_prior = 0.0, torch.zeros_like(z), torch.zeros_like(model.prior)
    # On a CPU, one batch per core: several threads on its small operations would mostly wait for each other.
    cores = 1 if z.is_cuda else torch.get_num_threads()
    with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as threads:
        for start in range(0, len(batches), _BATCHES_AT_ONCE):
            for loss, places, of_part, of_its_prior in threads.map(of_batch, batches[start : start + _BATCHES_AT_ONCE]):
                gradient.index_add_(0, places, of_part)
                of_prior += of_its_prior
                total += loss
    return total, gradient, of_prior


def batch_loss(z: Tensor, prior: Tensor, log_playlists: Tensor, batch: Batch, temperature: float) -> Tensor:
    """Returns the mean loss of the playlists; a playlist with n targets has weight sqrt(n).

    `z`, float32 [n, dimension], and `log_playlists`, float32 [n], are those of the batch's tracks.
    """
    candidates, columns = torch.unique(batch.targets, return_inverse=True)
    starts = torch.searchsorted(batch.seed_rows, torch.arange(batch.size, device=z.device))
    queries = functional.embedding_bag(batch.seeds, z, starts, mode="mean")
    drawn = torch.log(torch.expm1(log_playlists[candidates]).clamp(min=1))
    logits = (queries / temperature) @ z.index_select(0, candidates).T + (prior * log_playlists[candidates] - drawn)
    # A seed that is another playlist's target is not a negative for its own playlist.
    place = torch.searchsorted(candidates, batch.seeds).clamp(max=len(candidates) - 1)
    own = candidates[place] == batch.seeds
    logits = logits.float()
    logits[batch.seed_rows[own], place[own]] = -torch.inf
    losses = torch.logsumexp(logits, dim=1)[batch.target_rows] - logits[batch.target_rows, columns]
    weights = torch.bincount(batch.target_rows, minlength=batch.size).float().rsqrt()
    return (losses * weights[batch.target_rows]).sum() / batch.size


def validation_tasks(validation: Playlists, limit: int) -> list[list[Task]]:
    """Returns the tasks of each category that has any, from the first playlists by bucket."""
    chosen = np.argsort(validation.buckets, kind="stable")[:limit]
    categories = [
        [cut(int(validation.pids[i]), validation.distinct(int(i)), category) for i in chosen] for category in CATEGORIES
    ]
    return [
        [task for task in tasks if task is not None] for tasks in categories if any(task is not None for task in tasks)
    ]


@torch.no_grad()
def validation_ndcg(model: TrackEncoder, categories: list[list[Task]], config: GcnConfig) -> float | None:
    """Returns NDCG@500, the mean over categories; None if there are no tasks."""
    if not categories:
        return None
    vectors = stored_vectors(model(_PRECISION), model.prior, model.playlists, config.temperature)
    # Tracks in no training playlist cannot be found.
    vectors[model.playlists == 0, -1] = -torch.inf
    at_once = max(1, _SCORES_AT_ONCE // len(vectors))
    means = []
    for tasks in categories:
        values = []
        for start in range(0, len(tasks), at_once):
            some = tasks[start : start + at_once]
            queries = torch.stack([vectors[task.seeds].mean(dim=0) for task in some])
            queries[:, -1] = 1
            scores = queries @ vectors.T
            for row, task in zip(scores, some, strict=True):
                row[task.seeds] = -torch.inf
            best = scores.topk(min(DEPTH, scores.shape[1]))
            ranked, found = best.indices.cpu().numpy(), best.values.isfinite().cpu().numpy()
            hits = np.stack([np.isin(row, task.targets) for row, task in zip(ranked, some, strict=True)])
            values.append(ndcg(hits & found, np.array([len(task.targets) for task in some])))
        means.append(np.concatenate(values).mean())
    return float(np.mean(means))


def stored_vectors(
    z: Tensor, prior: Tensor, playlists: Tensor, temperature: float, factors: Tensor | None = None
) -> Tensor:
    """Returns [z, factors, temperature * prior * log(1 + playlists)], float32 [tracks, dimension + factors + 1]."""
    popularity = temperature * prior * torch.log1p(playlists.float())
    return torch.cat([z, *([] if factors is None else [factors.to(z.device)]), popularity[:, None]], dim=1)
