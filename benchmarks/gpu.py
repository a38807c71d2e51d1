"""Does a GPU train faster than the CPU beside it, and as well?

python -m benchmarks.gpu [folder-of-slices]

Graphs are drawn with as many neighbours per track as a million playlists give: an epoch, and the vectors of all tracks,
take as long as for real ones. Given slices, `gcn_weights` and `embeddings` are also made from the same real graph with
and without the GPU, and the quality of what would be served is compared.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch_geometric.data import Data

from algorhythms_assets.contracts import EMBEDDINGS, GCN_WEIGHTS
from algorhythms_assets.evaluation.comparison import summary
from algorhythms_assets.graph.pyg_graph import INPUTS
from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn import TrackEncoder
from algorhythms_assets.model.training import train
from algorhythms_assets.resources.store import Store
from benchmarks.measuring import Measured, measure
from benchmarks.quality import PAYLOADS, payload, ratio
from benchmarks.weights import LIMIT_GB, LIMIT_SECONDS, command, quality

RESULT = Path(__file__).parent / "results" / "gpu.md"
HERE = Path(__file__).parents[1]

# Tracks and playlists; the larger is the Million Playlist Dataset's size.
SIZES = ((100_000, 30_000), (2_000_000, 980_000))
NEIGHBOURS, LENGTH = 54, 66
VALIDATED = 1000
# The first epoch on a GPU also loads its libraries.
EPOCHS = {"cuda": 2, "cpu": 1}


def main(slices: Path | None) -> None:
    """Measures both, and writes the table."""
    if not torch.cuda.is_available():
        sys.exit("torch finds no GPU here")
    lines = [
        "# Training with and without a GPU",
        "",
        f"{torch.cuda.get_device_name()}, {torch.get_num_threads()} cores beside it; torch {torch.__version__}; "
        "`python -m benchmarks.gpu`.",
        "",
        "Drawn graphs, which say nothing about quality. An epoch includes its validation and its checkpoint; on the "
        "GPU it is the second, since the first also loads libraries. Memory is the most that was allocated on the GPU, "
        "or what the process holds at the end.",
        "",
        "| tracks | playlists | | seconds an epoch | seconds, all vectors | GB |",
        "| ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    of_slices = pipeline(slices) if slices else []
    for tracks, playlists in SIZES:
        graph, lists = drawn(tracks, playlists)
        for device in EPOCHS:
            lines.append(f"| {tracks:,} | {playlists:,} | {device} | {' | '.join(epochs(graph, lists, device))} |")
            print(lines[-1], flush=True)
            RESULT.write_text("\n".join([*lines, *of_slices, ""]), encoding="utf-8")


def drawn(tracks: int, playlists: int) -> tuple[Data, Playlists]:
    """Returns a graph and playlists; a track of low number has many neighbours and playlists."""
    random = np.random.default_rng(0)
    half = tracks * NEIGHBOURS // 2
    ends = random.integers(tracks, size=half), (tracks * random.random(half) ** 2).astype(np.int64)
    pairs = torch.from_numpy(np.stack(ends))
    rows = (tracks * random.random(playlists * LENGTH) ** 3).astype(np.int32)
    numbers = torch.arange(tracks)
    graph = Data(
        x=torch.zeros(tracks, INPUTS),
        edge_index=torch.cat([pairs, pairs.flip(0)], dim=1),
        edge_weight=torch.ones(2 * half),
        artist=numbers // 10 + 1,
        album=numbers // 5 + 1,
        playlists=torch.from_numpy(np.bincount(rows, minlength=tracks)),
        num_nodes=tracks,
    )
    offsets = np.arange(playlists + 1) * LENGTH
    pids = np.arange(playlists)
    return graph, Playlists(offsets, rows, np.zeros_like(rows), pids, pids.astype(np.int32)).once()


def epochs(graph: Data, lists: Playlists, device: str) -> tuple[str, str, str]:
    """Returns the seconds of the last epoch, the seconds in which all vectors are computed, and the memory."""
    config = GcnConfig(epochs=EPOCHS[device])
    chosen = np.arange(len(lists)) < VALIDATED
    # `to` changes the graph itself.
    moved = graph.clone().to(device)
    model = TrackEncoder(moved, config.dimension, config.layers, config.id_dropout).to(device)
    del moved
    with tempfile.TemporaryDirectory() as folder:
        ends = [time.perf_counter()]
        for epoch in train(model, lists.where(~chosen), lists.where(chosen), config, Path(folder)):
            ends.append(time.perf_counter())
            print(device, epoch, f"{ends[-1] - ends[-2]:.1f} s", flush=True)
    started = time.perf_counter()
    model().sum().item()
    embedded = time.perf_counter() - started
    used = torch.cuda.max_memory_allocated() if device == "cuda" else psutil.Process().memory_info().rss
    return f"{ends[-1] - ends[-2]:.1f}", f"{embedded:.2f}", f"{used / 1e9:.1f}"


def pipeline(slices: Path) -> list[str]:
    """Makes everything from a folder of slices with and without the GPU; returns lines of Markdown."""
    runs: dict[str, dict[str, Measured]] = {}
    values: dict[str, Any] = {}
    first = PAYLOADS.index(GCN_WEIGHTS.name)
    with tempfile.TemporaryDirectory() as temporary:
        store = Store(Path(temporary) / "store")
        payload("raw_playlists", store, "--folder", str(slices))
        for name in PAYLOADS[:first]:
            payload(name, store)
        for device, visible in (("cuda", os.environ.get("CUDA_VISIBLE_DEVICES", "0")), ("cpu", "")):
            os.environ["CUDA_VISIBLE_DEVICES"] = visible
            # Versions are of inputs: in the same store, the second would find the index of the first.
            own = Store(store.root.with_name(device))
            shutil.copytree(store.root, own.root)
            runs[device] = {
                name: measure(command(HERE, name, own), LIMIT_SECONDS, LIMIT_GB) for name in PAYLOADS[first:]
            }
            values[device] = quality(own)
            print(device, {name: round(run.seconds, 1) for name, run in runs[device].items()}, flush=True)
    lines = [
        "",
        f"{len(values['cpu']['ndcg']):,} test playlists of a real set, from the same graph; the factors are computed "
        "on the CPU in both.",
        "",
        "| | gcn_weights, seconds | embeddings, seconds | R-precision | NDCG@500 |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for device, of_one in runs.items():
        mean = summary(values[device])["mean"]
        seconds = [f"{of_one[artifact.name].seconds:.1f}" for artifact in (GCN_WEIGHTS, EMBEDDINGS)]
        lines.append(f"| {device} | {' | '.join(seconds)} | {mean['r_precision']:.4f} | {mean['ndcg']:.4f} |")
    ratios = [
        "{:.3f} ({:.3f} to {:.3f})".format(*ratio(values["cuda"][metric], values["cpu"][metric]))
        for metric in ("r_precision", "ndcg")
    ]
    print("\n".join(lines), ratios, flush=True)
    return [*lines, f"| cuda / cpu, paired | | | {' | '.join(ratios)} |"]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
