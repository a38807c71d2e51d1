"""The trained networks and the vectors."""

from typing import Any

import dagster as dg

from algorhythms_assets.asset_config import with_lasting_defaults
from algorhythms_assets.contracts import EMBEDDINGS, GCN_WEIGHTS, MLP_WEIGHTS, TITLE_WEIGHTS, NoConfig
from algorhythms_assets.model.config import GcnConfig, MlpConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import GPU, GPU_POOL, SERVED, declared
from algorhythms_assets.resources.request import TRAINING


@with_lasting_defaults(GCN_WEIGHTS)
class GcnRunConfig(GcnConfig, dg.Config):
    """How the graph network is trained."""


@dg.asset(**declared(GCN_WEIGHTS, GPU), pool=GPU_POOL, kinds={"pytorch", "safetensors"})
def gcn_weights(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: GcnRunConfig
) -> dg.MaterializeResult[Any]:
    """The trained graph network (LightGCN), and factors from alternating least squares.

    Training draws some tracks of a playlist as seeds and learns to tell its other tracks from everything else.
    Validation playlists decide which epoch is kept; see the plot. An interrupted training resumes after its last
    epoch. Losses and reasons: docs/architecture.md, "Model".
    """
    return materialize(context, compute, GCN_WEIGHTS, config, TRAINING, Request(minutes=240))


@dg.asset(**declared(EMBEDDINGS, GPU), pool=GPU_POOL, kinds={"pytorch", "parquet"})
def embeddings(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """One vector for every track of the training playlists: what the search uses.

    The network's unit vector, factors and a popularity term are concatenated, so one inner product gives a score
    with exact terms. Tracks that are only in held-out playlists get no vector, so the evaluation cannot find them.
    """
    return materialize(context, compute, EMBEDDINGS, NoConfig(), Memory(1.5, per_million_tracks=5))


@with_lasting_defaults(MLP_WEIGHTS)
class MlpRunConfig(MlpConfig, dg.Config):
    """How the network from audio features to vectors is trained."""


@dg.asset(**declared(MLP_WEIGHTS, SERVED), kinds={"pytorch", "numpy"})
def mlp_weights(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: MlpRunConfig
) -> dg.MaterializeResult[Any]:
    """A small network from audio features to vectors, for songs that are in no playlist.

    Trained on tracks that have both, and evaluated on held-out artists (the cosine in its metadata). Without
    audio features it is only a description that says so.
    """
    return materialize(context, compute, MLP_WEIGHTS, config, Memory(1.3, per_million_tracks=4.2))


@dg.asset(**declared(TITLE_WEIGHTS, SERVED), kinds={"numpy"})
def title_weights(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """What words and pieces of words in playlist titles say about the playlists' tracks.

    A ridge regression from a title's n-grams to the playlist's vectors, so a title acts like a song. Only n-grams
    that at least five training playlists share are kept, and only as hashes. Compared with popularity on validation
    playlists.
    """
    memory = Memory(0.6, per_million_rows=0.05, per_million_tracks=2.6)
    return materialize(context, compute, TITLE_WEIGHTS, NoConfig(), memory, Request(minutes=120))
