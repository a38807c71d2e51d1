"""How much time and memory does a training step take, compared with unmodified convolutions of PyTorch Geometric?

python -m benchmarks.training

A step is the encoder's pass over the whole graph, the loss of 512 playlists, its gradient and Adam's update.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv, LGConv

from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn import TrackEncoder
from algorhythms_assets.model.training import add_gradients, batch_loss, batch_of
from benchmarks.measuring import FailedError, measure

RESULT = Path(__file__).parent / "results" / "training.md"
# Nodes, and directed edges as the graph of 30 strongest neighbours has them: some 50 a node.
SIZES = ((100_000, 5_000_000), (500_000, 25_000_000))
METHODS = ("ours", "LGConv over an edge list", "GCNConv over an edge list")
STEPS = 3
LIMIT_SECONDS, LIMIT_GB = 600, 20
MPD_NODES, MPD_PLAYLISTS = 2_262_191, 1_000_000
PLAYLISTS = 512
# The time that each further 512 playlists of a step take is measured with this many of them.
FURTHER = 3


def main() -> None:
    """Measures each method at each size, and writes the table."""
    rows: list[dict[str, Any]] = []
    for nodes, edges in SIZES:
        for method in METHODS:
            row: dict[str, Any] = {"nodes": nodes, "edges": edges, "method": method}
            command = [sys.executable, "-m", "benchmarks.training", method, str(nodes), str(edges)]
            try:
                done = measure(command, LIMIT_SECONDS, LIMIT_GB)
                row |= {"peak_gb": done.peak_gb} | json.loads(done.output.strip().splitlines()[-1])
            except FailedError as error:
                row["failed"] = str(error)
            rows.append(row)
            print(row, flush=True)
    text = report(rows)
    print(text)
    RESULT.write_text(text, encoding="utf-8")


def report(rows: list[dict[str, Any]]) -> str:
    """Returns the results as Markdown."""
    lines = [
        "# A step of training",
        "",
        f"128 dimensions, two layers, random graphs; median of {STEPS} steps, {os.cpu_count()} cores; "
        "`python -m benchmarks.training`.",
        "",
        "| nodes | directed edges | convolution | seconds a step | times ours | peak GB |",
        "| ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    ours = {row["nodes"]: row for row in rows if row["method"] == "ours"}
    for row in rows:
        about = f"| {row['nodes']:,} | {row['edges']:,} | {row['method']} |"
        if "failed" in row:
            lines.append(f"{about} {row['failed']} | | |")
            continue
        times = row["seconds"] / ours[row["nodes"]]["seconds"]
        lines.append(f"{about} {row['seconds']:.2f} | {times:.1f} | {row['peak_gb']:.1f} |")
    low, high = (ours[nodes] for nodes, _ in SIZES)
    if "seconds" in low and "seconds" in high:

        def straight(name: str) -> float:
            slope = (high[name] - low[name]) / (high["nodes"] - low["nodes"])
            return float(high[name] + slope * (MPD_NODES - high["nodes"]))

        config = GcnConfig()
        batches = MPD_PLAYLISTS / PLAYLISTS
        epoch = config.steps_per_epoch * straight("seconds") + batches * high["further"]
        lines += [
            "",
            f"A straight line through ours gives {straight('seconds'):.0f} s a step and {straight('peak_gb'):.1f} GB "
            f"at the {MPD_NODES:,} tracks of the Million Playlist Dataset. Each further {PLAYLISTS} playlists of a "
            f"step take {low['further']:.2f} s at the smaller size and {high['further']:.2f} s at the larger. An epoch "
            f"of {config.steps_per_epoch} steps over {MPD_PLAYLISTS:,} playlists would take {epoch / 60:.0f} minutes; "
            f"with a pass over the graph for each {PLAYLISTS} playlists, it would take "
            f"{batches * straight('seconds') / 3600:.0f} hours.",
        ]
    return "\n".join([*lines, ""])


def step_seconds(method: str, nodes: int, edges: int) -> dict[str, float]:
    """Returns the median duration of a step, and of what further batches of the step take each."""
    torch.manual_seed(0)
    half = torch.randint(nodes, (2, edges // 2))
    weight = torch.rand(edges // 2)
    graph = Data(
        x=torch.zeros(nodes, 29),
        edge_index=torch.cat([half, half.flip(0)], dim=1),
        edge_weight=torch.cat([weight, weight]),
        artist=torch.randint(nodes // 8, (nodes,)) + 1,
        album=torch.randint(nodes // 3, (nodes,)) + 1,
        playlists=torch.randint(1, 100, (nodes,)),
        num_nodes=nodes,
    )
    model = TrackEncoder(graph, 128, 2, 0.3)
    step: Callable[[Any, Any, GcnConfig], float] = add_gradients
    if method != "ours":
        step = add_gradients_by_autograd
        convolution = LGConv() if method.startswith("LGConv") else GCNConv(128, 128)
        model = OverEdges(graph, 128, 2, 0.3, convolution)
    random = np.random.default_rng(0)
    drawn = [random.choice(nodes, 30, replace=False).astype(np.int32) for _ in range(PLAYLISTS * (1 + FURTHER))]
    playlists = [(tracks[:10], tracks[10:]) for tracks in drawn]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)

    def median(playlists: list[tuple[NDArray[np.int32], NDArray[np.int32]]]) -> float:
        seconds = []
        for _ in range(STEPS + 1):
            started = time.perf_counter()
            optimizer.zero_grad()
            step(model, playlists, GcnConfig())
            optimizer.step()
            seconds.append(time.perf_counter() - started)
        return statistics.median(seconds[1:])

    one = median(playlists[:PLAYLISTS])
    return {"seconds": one} | ({"further": (median(playlists) - one) / FURTHER} if method == "ours" else {})


class OverEdges(TrackEncoder):
    """The encoder with a convolution that takes a list of edges, as its documentation shows it."""

    def __init__(self, graph: Data, dimension: int, layers: int, dropout: float, convolution: torch.nn.Module) -> None:
        super().__init__(graph, dimension, layers, dropout)
        self.convolution, self.graph = convolution, graph

    def z(self) -> torch.Tensor:
        """Returns z of all tracks."""
        own = self.track.weight * (torch.rand(self.track.num_embeddings, 1) >= self.id_dropout)
        total = x = own + self.artist(self.artist_of) + self.album(self.album_of)
        for _ in range(self.layers):
            x = self.convolution(x, self.graph.edge_index, self.graph.edge_weight)
            total = total + x
        return functional.normalize(total, dim=1)


def add_gradients_by_autograd(
    model: OverEdges, playlists: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]], config: GcnConfig
) -> float:
    """Does what `add_gradients` does, but differentiates everything by autograd."""
    z = model.z()
    placed, gradient = z.detach(), torch.zeros_like(z)
    log_playlists = torch.log1p(model.playlists.float())
    total = 0.0
    for start in range(0, len(playlists), config.batch):
        batch = batch_of(playlists[start : start + config.batch], z.device)
        part = placed[batch.tracks].requires_grad_()
        loss = batch_loss(part, model.prior, log_playlists[batch.tracks], batch, config.temperature)
        loss = loss * batch.size / len(playlists)
        of_part, _ = torch.autograd.grad(loss, (part, model.prior))
        gradient[batch.tracks] += of_part
        total += loss.item()
    torch.autograd.backward(z, gradient)
    return total


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(step_seconds(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
