"""Trains the graph network and the factors on the training playlists; validation playlists select the epoch."""

import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file
from torch_geometric.data import Data

from algorhythms_assets.contracts import GCN_WEIGHTS, PYG_GRAPH, TRACK_METADATA
from algorhythms_assets.graph.pyg_graph import load_graph
from algorhythms_assets.ingest.playlists import Playlists, Snapshot, load_snapshot
from algorhythms_assets.model.als import factors_for, fold_in_matrix, train_factors
from algorhythms_assets.model.checkpoint import Epoch, is_whole
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn import TrackEncoder
from algorhythms_assets.model.training import BEST, CHECKPOINT, DivergedError, train
from algorhythms_assets.payload import Work, run
from algorhythms_assets.plots import BLUE, RED, picture, plot
from algorhythms_assets.resources.store import InputError, write_json


def build(work: Work[GcnConfig]) -> dict[str, Any]:
    """Train the graph network and the factors that give every track a vector."""
    metadata = work.store.path(TRACK_METADATA)
    snapshot = load_snapshot(metadata)
    snapshot = replace(snapshot, training=snapshot.training.once())
    tracks = pq.read_metadata(metadata / "tracks.parquet").num_rows
    epochs: list[Epoch] = []

    def write(folder: Path) -> None:
        # Left behind if an earlier attempt was killed while writing.
        for half in folder.glob(".*.tmp"):
            half.unlink()
        epochs.extend(_trained(work, snapshot, folder))
        factors, fold_in = _factors(work, snapshot.training, tracks)
        np.save(folder / "factors.npy", factors)
        np.save(folder / "fold_in.npy", fold_in)
        training = {"config": work.config.model_dump(), "epochs": [asdict(epoch) for epoch in epochs]}
        write_json(folder / "training.json", training)
        _plot(epochs, folder / "training.png")
        (folder / CHECKPOINT).unlink()

    place = work.write_folder(write, resumable=True)
    chosen = max(epochs, key=lambda epoch: epoch.ndcg if epoch.ndcg is not None else epoch.number)
    with safe_open(place / BEST, "pt") as best:
        shapes = [best.get_slice(name).get_shape() for name in best.keys()]  # noqa: SIM118 (not a mapping)
        prior = float(best.get_tensor("prior"))
    factors = len(np.load(place / "fold_in.npy", mmap_mode="r"))
    return {
        "parameters": sum(map(math.prod, shapes)),
        "epochs": len(epochs),
        "best epoch": chosen.number,
        **({} if chosen.ndcg is None else {"validation NDCG@500": round(chosen.ndcg, 4)}),
        "prior": round(prior, 3),
        "factors": factors,
        "curve": picture(place / "training.png"),
    }


def _trained(work: Work[GcnConfig], snapshot: Snapshot, folder: Path) -> Iterator[Epoch]:
    """Yields each epoch, and leaves the best weights in the folder; resumes after those of an interrupted attempt."""
    config = work.config
    torch.manual_seed(config.seed)
    model = new_model(load_graph(work.store.path(PYG_GRAPH)), config)
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists():
        damaged = [path for path in (checkpoint, folder / BEST) if not is_whole(path)]
        if damaged:
            work.log.warning("%s is damaged: training starts over", damaged[0])
            checkpoint.unlink()
        else:
            work.log.info("resuming an interrupted attempt")
    try:
        steps = train(model, snapshot.training, snapshot.validation, config, folder)
        for epoch in work.progress(steps, config.epochs, "epochs"):
            on_validation = "no validation playlists" if epoch.ndcg is None else f"validation NDCG@500 {epoch.ndcg:.4f}"
            work.log.info("epoch %d: loss %.3f, %s", epoch.number, epoch.loss, on_validation)
            yield epoch
    except DivergedError as error:
        raise InputError(f"training diverged: {error}") from error


def _factors(
    work: Work[GcnConfig], training: Playlists, tracks: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns the tracks' factors and the fold-in matrix for playlists."""
    count = work.config.factors or factors_for(len(training))
    iterations = train_factors(training, tracks, count, work.config)
    # Only the last is kept: of two million tracks each takes 2 GB.
    factors = torch.empty(0)
    for factors in work.progress(iterations, work.config.factor_iterations, "iterations"):  # noqa: B007
        pass
    return factors.numpy(), fold_in_matrix(factors, work.config).numpy()


def new_model(graph: Data, config: GcnConfig) -> TrackEncoder:
    """Returns an untrained network for the graph, on the GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return TrackEncoder(graph.to(device), config.dimension, config.layers, config.id_dropout).to(device)


def load_model(folder: Path, graph: Data, config: GcnConfig) -> TrackEncoder:
    """Returns the trained network from the folder."""
    model = new_model(graph, config)
    model.load_state_dict(load_file(folder / BEST))
    return model


def _plot(epochs: list[Epoch], path: Path) -> None:
    numbers = [epoch.number for epoch in epochs]
    with plot(path, "Training of the graph network") as axes:
        axes.plot(numbers, [epoch.loss for epoch in epochs], color=BLUE)
        axes.set_xlabel("epoch")
        axes.set_ylabel("training loss", color=BLUE)
        validation = [epoch.ndcg for epoch in epochs if epoch.ndcg is not None]
        if validation:
            other = axes.twinx()
            other.plot(numbers, validation, color=RED)
            other.set_ylabel("validation NDCG@500", color=RED)


if __name__ == "__main__":
    run(build, GCN_WEIGHTS, GcnConfig)
