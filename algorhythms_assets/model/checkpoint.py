"""The state of training after an epoch, in one file; training that resumes from it ends with the same weights."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from algorhythms_assets.model.gcn import TrackEncoder
from algorhythms_assets.resources.store import replacing


def is_whole(path: Path) -> bool:
    """Tells whether the file can be read as safetensors."""
    try:
        with safe_open(path, "pt"):
            return True
    except (SafetensorError, OSError):
        return False


@dataclass(frozen=True)
class Epoch:
    """The result of an epoch; `ndcg` is that of the validation playlists, None if there are none."""

    number: int
    loss: float
    ndcg: float | None


@dataclass
class Standing:
    """Everything that the next epoch depends on."""

    model: TrackEncoder
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    random: np.random.Generator
    epochs: list[Epoch] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Writes the file atomically."""
        optimizer = self.optimizer.state_dict()
        tensors = {f"model/{name}": weights for name, weights in self.model.state_dict().items()}
        for number, moments in optimizer["state"].items():
            tensors |= {f"optimizer/{number}/{name}": moment for name, moment in moments.items()}
        tensors["random/cpu"] = torch.get_rng_state()
        if self._device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self._device)
        rest = {
            "groups": optimizer["param_groups"],
            "schedule": self.schedule.state_dict(),
            "random": self.random.bit_generator.state,
            "epochs": [asdict(epoch) for epoch in self.epochs],
        }
        with replacing(path) as temporary:
            save_file(
                {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
                temporary,
                {"standing": json.dumps(rest)},
            )

    def load(self, path: Path) -> None:
        """Restores what `save` wrote for training with the same config, graph and playlists."""
        with safe_open(path, "pt") as file:
            rest = json.loads(file.metadata()["standing"])
            tensors: dict[str, dict[str, Tensor]] = {}
            for key in file.keys():  # noqa: SIM118 (not a mapping)
                kind, _, name = key.partition("/")
                tensors.setdefault(kind, {})[name] = file.get_tensor(key)
        self.model.load_state_dict(tensors["model"])
        moments: dict[int, dict[str, Any]] = {}
        for key, moment in tensors.get("optimizer", {}).items():
            number, _, name = key.partition("/")
            moments.setdefault(int(number), {})[name] = moment
        self.optimizer.load_state_dict({"state": moments, "param_groups": rest["groups"]})
        self.schedule.load_state_dict(rest["schedule"])
        self.random.bit_generator.state = rest["random"]
        torch.set_rng_state(tensors["random"]["cpu"])
        if "cuda" in tensors["random"] and self._device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random"]["cuda"], self._device)
        self.epochs = [Epoch(**epoch) for epoch in rest["epochs"]]

    @property
    def _device(self) -> torch.device:
        return self.model.track.weight.device
