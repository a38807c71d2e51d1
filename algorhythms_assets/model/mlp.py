"""Trains the network that places a track by its audio features, so that unknown tracks get a vector too."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from algorhythms_assets.model.config import MlpConfig


@dataclass(frozen=True)
class Trained:
    """The network, and the mean cosine to the true vectors of tracks by artists it was not trained on (or None).

    `constant` is the cosine of the mean of the training vectors to these, which says nothing about any track.
    """

    network: nn.Sequential
    cosine: float | None
    constant: float | None


def train_mlp(inputs: Tensor, z: Tensor, artists: Tensor, config: MlpConfig) -> Trained:
    """Fits inputs, float32 [n, inputs], to unit vectors, float32 [n, dimension], by cosine.

    `artists`, int64 [n], keeps an artist's tracks on one side of the split, because the network is for new artists.
    """
    generator = torch.Generator().manual_seed(config.seed)
    network = nn.Sequential(nn.Linear(inputs.shape[1], config.hidden), nn.ReLU(), nn.Linear(config.hidden, z.shape[1]))
    shuffled = torch.randperm(int(artists.max()) + 1, generator=generator)
    held_out = shuffled[artists] < config.held_out * len(shuffled)
    if held_out.all():
        held_out = torch.zeros_like(held_out)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    training = torch.nonzero(~held_out)[:, 0]
    best, best_cosine = {name: weights.clone() for name, weights in network.state_dict().items()}, -2.0
    for _ in range(config.epochs):
        for batch in training[torch.randperm(len(training), generator=generator)].split(config.batch):
            loss = 1 - functional.cosine_similarity(network(inputs[batch]), z[batch]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        cosine = _cosine(network, inputs[held_out], z[held_out])
        if cosine is None or cosine > best_cosine:
            best = {name: weights.clone() for name, weights in network.state_dict().items()}
            best_cosine = best_cosine if cosine is None else cosine
    network.load_state_dict(best)
    return Trained(
        network,
        _cosine(network, inputs[held_out], z[held_out]),
        _mean_cosine(z[training].mean(dim=0, keepdim=True), z[held_out]),
    )


@torch.no_grad()
def _cosine(network: nn.Sequential, inputs: Tensor, z: Tensor) -> float | None:
    return _mean_cosine(network(inputs), z)


def _mean_cosine(found: Tensor, z: Tensor) -> float | None:
    return functional.cosine_similarity(found, z).mean().item() if len(z) else None
