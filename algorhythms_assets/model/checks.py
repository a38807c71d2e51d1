"""Checks of weights, vectors and trained titles."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors import safe_open

from algorhythms_assets.contracts import EMBEDDINGS, GCN_WEIGHTS, MLP_WEIGHTS, TITLE_WEIGHTS, TRACK_METADATA
from algorhythms_assets.model.assets import embeddings, gcn_weights, mlp_weights, title_weights
from algorhythms_assets.model.faults import not_finite, vector_faults
from algorhythms_assets.model.stored import stored_dimension, stored_factors
from algorhythms_assets.resources.checked import counted
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.parquet import read_batches


@dg.asset_check(asset=gcn_weights, blocking=True)
def weights_are_finite(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every number of the network, of the factors and of the fold-in matrix is finite."""
    folder = compute.store.path(GCN_WEIGHTS)
    faults = not_finite((name, np.load(folder / f"{name}.npy", mmap_mode="r")) for name in ("factors", "fold_in"))
    with safe_open(folder / "model.safetensors", "numpy") as file:
        faults |= not_finite((name, file.get_tensor(name)) for name in file.keys())  # noqa: SIM118 (not a mapping)
    return counted(faults, "all weights are finite")


@dg.asset_check(asset=embeddings, blocking=True)
def vectors_are_sound(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every track in training playlists, and no other, has one finite vector of unit length."""
    store = compute.store
    tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet", columns=["playlists"])
    wanted = np.flatnonzero(tracks["playlists"].to_numpy() > 0)
    faults = vector_faults(
        _vectors(store.path(EMBEDDINGS)), wanted, stored_dimension(store) - stored_factors(store) - 1
    )
    return counted(faults, f"{len(wanted):,} tracks, each with one vector of unit length")


def _vectors(path: Path) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    for batch in read_batches(path, 100_000):
        yield batch["track"].to_numpy(), batch["embedding"].flatten().to_numpy().reshape(batch.num_rows, -1)


@dg.asset_check(asset=mlp_weights, blocking=True)
def feature_network_is_finite(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every number of the network from features to vectors is finite."""
    files = sorted(compute.store.path(MLP_WEIGHTS).glob("*.npy"))
    faults = not_finite((path.stem, np.load(path)) for path in files)
    return counted(faults, "all weights are finite" if files else "there are no features")


@dg.asset_check(asset=mlp_weights)
def features_say_something(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Vectors predicted from features for a new artist's tracks resemble the true ones more than their mean does."""
    about = json.loads((compute.store.path(MLP_WEIGHTS) / "description.json").read_text(encoding="utf-8"))
    cosine, constant = about.get("cosine_new_artists"), about.get("cosine_constant")
    if cosine is None or constant is None:
        return dg.AssetCheckResult(passed=True, description="too few tracks have features to judge")
    return dg.AssetCheckResult(
        passed=cosine > constant,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"cosine {cosine:.4f} for artists that were held out, {constant:.4f} by the mean of all tracks",
        metadata={"cosine for new artists": cosine, "cosine of the mean": constant},
    )


@dg.asset_check(asset=title_weights, blocking=True)
def title_vectors_are_finite(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every number of the titles' vectors is finite."""
    path = compute.store.path(TITLE_WEIGHTS) / "title_vectors.npy"
    if not path.is_file():
        return dg.AssetCheckResult(passed=True, description="there are no titles")
    wrong = int((~np.isfinite(np.load(path))).sum())
    return dg.AssetCheckResult(passed=not wrong, description=f"{wrong} numbers are not finite")


@dg.asset_check(asset=title_weights)
def titles_say_something(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """On validation playlists, titles alone have a higher R-precision than popularity."""
    about = json.loads((compute.store.path(TITLE_WEIGHTS) / "description.json").read_text(encoding="utf-8"))
    if not about.get("judged"):
        return dg.AssetCheckResult(passed=True, description="no validation playlist has a known title")
    found, popularity = about["r_precision"], about["popularity"]
    return dg.AssetCheckResult(
        passed=found > popularity,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"R-precision {found:.4f} by titles, {popularity:.4f} by popularity",
    )
