"""The edge table, reports on it, and the graph for training."""

from typing import Any

import dagster as dg

from algorhythms_assets.asset_config import with_lasting_defaults
from algorhythms_assets.contracts import DEGREE_REPORT, EDGE_TABLE, GRAPH_SAMPLE, PYG_GRAPH, NoConfig
from algorhythms_assets.graph.config import GraphSampleConfig, PygGraphConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import OPTIONAL, declared


@dg.asset(**declared(EDGE_TABLE), kinds={"numba", "parquet"})
def edge_table(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """Which tracks occur together in training playlists, how often and how closely.

    A pair counts more the closer its tracks are and the shorter the playlist is. On a million playlists that is
    1.9 billion pairs, counted one block of tracks at a time without a join; finished blocks survive an interrupted
    run. Figures: docs/scale.md.
    """
    memory = Memory(0.7, per_million_rows=0.09)
    return materialize(context, compute, EDGE_TABLE, NoConfig(), memory, Request(minutes=120))


@dg.asset(**declared(DEGREE_REPORT, OPTIONAL), kinds={"duckdb", "json"})
def degree_report(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """How many neighbours tracks have in the edge table, as plot and table.

    The distribution should fall off as a straight line. Many tracks without a neighbour indicate very
    short playlists, or one song under many identifiers; such tracks are recommended only by artist, album or features.
    """
    return materialize(context, compute, DEGREE_REPORT, NoConfig(), Memory(0.6, per_million_tracks=0.17))


@with_lasting_defaults(GRAPH_SAMPLE)
class GraphSampleRunConfig(GraphSampleConfig, dg.Config):
    """How large the sample is."""


@dg.asset(**declared(GRAPH_SAMPLE, OPTIONAL), kinds={"duckdb", "parquet"})
def graph_sample(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: GraphSampleRunConfig
) -> dg.MaterializeResult[Any]:
    """Some tracks with all their neighbours, names and features: a table for notebooks.

    Drawn from the edge table, small enough for pandas, and not used downstream: use it to inspect the graph before
    you change its weighting. Code to get started: docs/explore.md.
    """
    return materialize(context, compute, GRAPH_SAMPLE, config, Memory(0.7, per_million_tracks=1.4))


@with_lasting_defaults(PYG_GRAPH)
class PygGraphRunConfig(PygGraphConfig, dg.Config):
    """How the graph is pruned."""


@dg.asset(**declared(PYG_GRAPH), kinds={"pytorch", "safetensors"})
def pyg_graph(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: PygGraphRunConfig
) -> dg.MaterializeResult[Any]:
    """The training graph, as PyTorch Geometric's `Data`: every track is a node.

    Each node keeps its strongest neighbours from the edge table, 30 by default, with both directions of each edge.
    Audio features are its inputs, artist and album its groups. A version is never rewritten.
    """
    return materialize(context, compute, PYG_GRAPH, config, Memory(1.5, per_million_tracks=3))
