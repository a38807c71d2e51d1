"""The trained networks and the vectors."""

from typing import Any

import dagster as dg

from algorhythms_assets.contracts import EMBEDDINGS, GCN_WEIGHTS, MLP_WEIGHTS, TITLE_WEIGHTS, NoConfig
from algorhythms_assets.model.config import GcnConfig, MlpConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import declared


class GcnRunConfig(GcnConfig, dg.Config):
    """How the graph network is trained."""


@dg.asset(**declared(GCN_WEIGHTS), kinds={"pytorch"})
def gcn_weights(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: GcnRunConfig
) -> dg.MaterializeResult[Any]:
    """The graph network, trained on training playlists and stopped by validation playlists."""
    memory = Memory(1.5, per_million_tracks=10.5)
    return materialize(context, compute, GCN_WEIGHTS, config, memory, Request(minutes=240))


@dg.asset(**declared(EMBEDDINGS), kinds={"pytorch", "parquet"})
def embeddings(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """One vector per track of the training playlists, the popularity term at its end."""
    return materialize(context, compute, EMBEDDINGS, NoConfig(), Memory(1.5, per_million_tracks=6.7))


class MlpRunConfig(MlpConfig, dg.Config):
    """How the network from audio features to vectors is trained."""


@dg.asset(**declared(MLP_WEIGHTS), kinds={"pytorch"})
def mlp_weights(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: MlpRunConfig
) -> dg.MaterializeResult[Any]:
    """The network from audio features to vectors, for tracks outside the graph."""
    return materialize(context, compute, MLP_WEIGHTS, config, Memory(1.3, per_million_tracks=4.2))


@dg.asset(**declared(TITLE_WEIGHTS), kinds={"numpy"})
def title_weights(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """What words and pieces of words in titles say of the tracks, where playlists have titles."""
    memory = Memory(0.6, per_million_rows=0.08, per_million_tracks=3.5)
    return materialize(context, compute, TITLE_WEIGHTS, NoConfig(), memory, Request(minutes=120))
