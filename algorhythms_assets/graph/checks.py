"""Checks of the edge table and the graph."""

import json

import dagster as dg
from safetensors import safe_open

from algorhythms_assets.contracts import EDGE_TABLE, PYG_GRAPH, TRACK_METADATA
from algorhythms_assets.graph.assets import degree_report, edge_table, graph_sample, pyg_graph
from algorhythms_assets.graph.faults import edge_faults, graph_faults
from algorhythms_assets.resources.checked import counted
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.parquet import read_batches

# Rows per batch: a check runs in Dagster's process, which may have less memory than payloads request.
_BATCH = 1_000_000

# Dagster's own checks of reported metadata. Playlists of one track each give no edges; one song under many identifiers
# leaves half of all tracks without a neighbour.
BOUNDS = [
    *dg.build_metadata_bounds_checks(
        assets=[edge_table, graph_sample], metadata_key="dagster/row_count", min_value=0, exclusive_min=True
    ),
    *dg.build_metadata_bounds_checks(assets=[degree_report], metadata_key="isolated share", max_value=0.5),
]


@dg.asset_check(asset=edge_table, blocking=True)
def edges_are_sound(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Each pair of tracks occurs once, the lower first, with possible strengths and counts."""
    store = compute.store
    about = json.loads((store.path(TRACK_METADATA) / "snapshot.json").read_text(encoding="utf-8"))
    files = sorted(store.path(EDGE_TABLE).glob("part-*.parquet"))
    batches = (batch for path in files for batch in read_batches(path, _BATCH))
    faults = edge_faults(batches, about["tracks"], about["training_playlists"])
    return counted(faults, "every edge occurs once, with strengths above 0")


@dg.asset_check(asset=pyg_graph, blocking=True)
def graph_is_sound(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """The graph is symmetric and finite; otherwise training for hours ends in an error or in meaningless vectors."""
    folder = compute.store.path(PYG_GRAPH)
    nodes = json.loads((folder / "graph.json").read_text(encoding="utf-8"))["num_nodes"]
    with safe_open(folder / "graph.safetensors", "numpy") as file:
        edges, weights, x = (file.get_slice(name) for name in ("edge_index", "edge_weight", "x"))
        count, half = edges.get_shape()[1], edges.get_shape()[1] // 2
        if count % 2:
            return dg.AssetCheckResult(passed=False, description=f"{count:,} edges: one has no reverse edge")
        steps = [(first, min(first + _BATCH, half)) for first in range(0, half, _BATCH)]
        halves = (
            (
                (edges[:, first:end], weights[first:end]),
                (edges[:, half + first : half + end], weights[half + first : half + end]),
            )
            for first, end in steps
        )
        inputs = (x[first : min(first + _BATCH, nodes)] for first in range(0, nodes, _BATCH))
        return counted(graph_faults(halves, inputs, nodes), f"{count:,} edges, each with its reverse")
