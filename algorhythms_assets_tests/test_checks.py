"""Each check passes on what the demo made, and fails on a copy of it that was spoiled."""

import json
import re
import shutil

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file

from algorhythms_assets.contracts import (
    EMBEDDINGS,
    GCN_WEIGHTS,
    MLP_WEIGHTS,
    PYG_GRAPH,
    SEARCH_INDEX,
    TRACK_METADATA,
)
from algorhythms_assets.definitions import CHECKS, defs
from algorhythms_assets.evaluation import checks as evaluation
from algorhythms_assets.graph import checks as graph
from algorhythms_assets.ingest import checks as ingest
from algorhythms_assets.model import checks as model
from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.store import Store, write_json
from algorhythms_assets.serving import checks as serving
from algorhythms_assets_tests.conftest import ROOT

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@pytest.fixture
def store(demo, tmp_path):
    """A copy of the demo's store to spoil."""
    shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".*", "sample", "*.png"))
    return Store(tmp_path / "store")


def result(check, store):
    return check(compute=LocalCompute(store, "duckdb"))


def array(path, change):
    content = np.load(path)
    change(content)
    np.save(path, content)


def nan_first(content):
    content.flat[0] = np.nan  # whatever order it is stored in


def table(path, column, change):
    """Writes a table anew with one column changed, in place, by a function."""
    content = pq.read_table(path)
    values = content[column].to_numpy().copy()
    change(values)
    place = content.schema.get_field_index(column)
    pq.write_table(content.set_column(place, content.schema.field(column), pa.array(values)), path)


def swap_first(values):
    values[[0, 1]] = values[[1, 0]]


def lost_vector(store):
    path = store.path(EMBEDDINGS)
    pq.write_table(pq.read_table(path).slice(1), path)


def one_way(store):
    path = store.path(PYG_GRAPH) / "graph.safetensors"
    tensors = load_file(path)
    tensors["edge_index"][0, -1] = (tensors["edge_index"][0, -1] + 1) % tensors["x"].shape[0]
    save_file(tensors, path)


def nan_network(store):
    path = store.path(GCN_WEIGHTS) / "model.safetensors"
    tensors = load_file(path)
    nan_first(tensors["features.weight"])
    save_file(tensors, path)


def set_aside(store):
    lines = [{"playlist": n, "pid": None, "reason": "no tracks"} for n in range(5)]
    rows = [{"playlist": n, "track": 1, "reason": "no uri"} for n in range(50)]
    path = next(store.slice_path("any").parent.glob("*.rejected.jsonl"))
    path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, *rows]))


def better_once(store):
    path = store.root / "releases" / "current.json"
    content = json.loads(path.read_text())
    content["metrics"]["served"]["ndcg"] = 0.99
    write_json(path, content)


def no_better_than_chance(store):
    write_json(
        store.path(MLP_WEIGHTS) / "description.json",
        {"features": True, "cosine_new_artists": 0.3, "cosine_constant": 0.31},
    )


def index_lost(store):
    shutil.rmtree(store.path(SEARCH_INDEX))


FAULTS = {
    "slice set aside": (ingest.slices_are_used_whole, set_aside, WARN, "(5 of 85)"),
    "tracks swapped": (
        ingest.track_numbers_hold,
        lambda store: table(store.path(TRACK_METADATA) / "tracks.parquet", "track", swap_first),
        ERROR,
        "tracks whose number is not their row: 2",
    ),
    "edges swapped": (
        graph.edges_are_sound,
        lambda store: table(store.root / "edge_table" / "part-00001.parquet", "target", swap_first),
        ERROR,
        "edges that repeat or are out of order: 1",
    ),
    "edge one way": (graph.graph_is_sound, one_way, ERROR, "edges that do not lead back: 1"),
    "weight not finite": (model.weights_are_finite, nan_network, ERROR, "not finite in features.weight: 1"),
    "factor not finite": (
        model.weights_are_finite,
        lambda store: array(store.path(GCN_WEIGHTS) / "factors.npy", nan_first),
        ERROR,
        "not finite in factors: 1",
    ),
    "vector lost": (model.vectors_are_sound, lost_vector, ERROR, "tracks without a vector: 1"),
    "feature network not finite": (
        model.feature_network_is_finite,
        lambda store: array(store.path(MLP_WEIGHTS) / "bias2.npy", nan_first),
        ERROR,
        "not finite in bias2: 1",
    ),
    "features say nothing": (model.features_say_something, no_better_than_chance, WARN, "cosine 0.3000"),
    "index of other vectors": (serving.index_holds_every_track, lost_vector, ERROR, "tracks too many: 1"),
    "index lost": (serving.index_holds_every_track, index_lost, ERROR, "index.json"),
    "metrics fell": (evaluation.metrics_hold, better_once, WARN, "ndcg 0.9900 to"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_check_passes_and_then_fails_on_what_was_spoiled(store, fault):
    check, spoil, severity, told = FAULTS[fault]
    before = result(check, store)
    assert before.passed, before.description
    spoil(store)
    after = result(check, store)
    assert not after.passed
    assert after.severity is severity
    assert told in after.description


def test_the_first_evaluation_has_nothing_to_compare_with(store):
    (store.root / "releases" / "current.json").unlink()
    assert result(evaluation.metrics_hold, store).passed


def materialized(instance, asset, version, **metadata):
    tags = {"dagster/data_version": version}
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, metadata=metadata, tags=tags))


def test_a_snapshot_is_compared_with_the_last_one_of_another_version():
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_asset_check_context(instance=instance)
        assert ingest.playlists_are_like_before(context).passed
        materialized(instance, "track_metadata", "a", playlists=1000, seconds=3, **{"median length": 20.0})
        first = ingest.playlists_are_like_before(context)
        assert (first.passed, first.metadata["playlists"].value) == (True, 1000)
        materialized(instance, "track_metadata", "b", playlists=500, **{"median length": 21.0})
        materialized(instance, "track_metadata", "b", playlists=500, **{"median length": 21.0})
        drifted = ingest.playlists_are_like_before(context)
        assert (drifted.passed, drifted.severity) == (False, WARN)
        assert drifted.description == "playlists 1000 to 500"
        numbers = {name: entry.value for name, entry in drifted.metadata.items()}
        assert numbers == {
            "playlists": 500,
            "playlists before": 1000,
            "median length": 21,
            "median length before": 20,
        }
        materialized(instance, "track_metadata", "c", playlists=510, **{"median length": 21.0})
        assert ingest.playlists_are_like_before(context).passed


@pytest.mark.parametrize(
    ("asset", "metadata", "passed"),
    [
        ("edge_table", {"dagster/row_count": 1}, True),
        ("edge_table", {"dagster/row_count": 0}, False),
        ("graph_sample", {"dagster/row_count": 0}, False),
        ("degree_report", {"isolated share": 0.2}, True),
        ("degree_report", {"isolated share": 0.6}, False),
        ("serving_bundle", {"bytes": 4_000_000}, True),
        ("serving_bundle", {"bytes": 60_000_000}, False),
    ],
)
def test_what_payloads_report_stays_within_bounds(asset, metadata, passed):
    [check] = [
        check
        for check in [*graph.BOUNDS, *serving.BOUNDS]
        if any(key.asset_key == dg.AssetKey(asset) for key in check.check_keys)
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        materialized(instance, asset, "a", **metadata)
        done = dg.Definitions(asset_checks=[check]).resolve_implicit_global_asset_job_def()
        evaluated = done.execute_in_process(instance=instance).get_asset_check_evaluations()
    [found] = [evaluation for evaluation in evaluated if evaluation.asset_key == dg.AssetKey(asset)]
    assert (found.passed, found.severity) == (passed, WARN)


def test_the_demo_ran_every_check_and_none_failed(demo):
    assert "FAILED" not in demo.output
    for name in ("track_numbers_hold", "edges_are_sound", "vectors_are_sound", "index_holds_every_track"):
        assert re.search(rf": {name} +passed: ", demo.output), name


def test_every_check_is_documented_with_whether_it_blocks():
    graph_of_assets = defs.resolve_asset_graph()
    documented = (ROOT / "docs" / "checks.md").read_text()
    assert len(CHECKS) == 7
    for key in graph_of_assets.asset_check_keys:
        blocks = "yes" if graph_of_assets.get(key).blocking else "no"
        assert f"| {key.asset_key.to_user_string()} | `{key.name}` | {blocks} |" in documented
