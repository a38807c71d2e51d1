"""The edge table, what it looks like, and the graph for training."""

from typing import Any

import dagster as dg

from algorhythms_assets.contracts import DEGREE_REPORT, EDGE_TABLE, GRAPH_SAMPLE, PYG_GRAPH, NoConfig
from algorhythms_assets.graph.config import GraphSampleConfig, PygGraphConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import declared


@dg.asset(**declared(EDGE_TABLE), kinds={"numba", "parquet"})
def edge_table(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """Weighted pairs of tracks that stand together in training playlists."""
    memory = Memory(0.7, per_million_rows=0.09)
    return materialize(context, compute, EDGE_TABLE, NoConfig(), memory, Request(minutes=120))


@dg.asset(**declared(DEGREE_REPORT), kinds={"duckdb"})
def degree_report(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """How many neighbours tracks have."""
    return materialize(context, compute, DEGREE_REPORT, NoConfig(), Memory(0.6, per_million_tracks=0.17))


class GraphSampleRunConfig(GraphSampleConfig, dg.Config):
    """How large the sample is."""


@dg.asset(**declared(GRAPH_SAMPLE), kinds={"duckdb", "parquet"})
def graph_sample(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: GraphSampleRunConfig
) -> dg.MaterializeResult[Any]:
    """Some tracks with all their neighbours, names and features: a table for notebooks."""
    return materialize(context, compute, GRAPH_SAMPLE, config, Memory(0.7, per_million_tracks=1.4))


class PygGraphRunConfig(PygGraphConfig, dg.Config):
    """How the graph is thinned."""


@dg.asset(**declared(PYG_GRAPH), kinds={"pytorch"})
def pyg_graph(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: PygGraphRunConfig
) -> dg.MaterializeResult[Any]:
    """The torch_geometric graph: every track a node, with its strongest neighbours, features, artist and album."""
    return materialize(context, compute, PYG_GRAPH, config, Memory(1.5, per_million_tracks=3))
