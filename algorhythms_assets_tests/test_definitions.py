import json
import os
import subprocess
import sys

import dagster as dg
import pytest

from algorhythms_assets import definitions
from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS, RELEASE
from algorhythms_assets.definitions import defs
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import ROOT

HEAVY = "torch torch_geometric numba pyspark duckdb pandas scipy matplotlib dagster_pyspark"


def test_the_asset_graph(snapshot):
    """Every asset with what it is made from: a change of lineage has to be meant."""
    specs = sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key.to_user_string())
    assert {
        spec.key.to_user_string(): {
            "stage": spec.tags["algorhythms/stage"],
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "kinds": sorted(spec.kinds),
            "description": spec.description,
            "columns": [c.name for c in spec.metadata["dagster/column_schema"].columns]
            if "dagster/column_schema" in spec.metadata
            else None,
            "code_version": spec.code_version,
            "partitioned": spec.partitions_def is not None,
        }
        for spec in specs
    } == snapshot


def test_every_artifact_is_an_asset_and_every_asset_an_artifact():
    graph = defs.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.materializable_asset_keys} == set(ARTIFACTS)


def test_the_lineage_begins_at_the_files_and_ends_at_the_endpoint():
    graph = defs.resolve_asset_graph()
    outside = {key.to_user_string(): graph.get(key) for key in graph.external_asset_keys}
    neighbours = {
        name: sorted(key.to_user_string() for key in node.parent_keys | node.child_keys)
        for name, node in outside.items()
    }
    assert neighbours == {"playlist_files": ["raw_playlists"], "endpoint": ["release"]}


def test_the_lineage_opens_on_assets():
    """Dagster draws groups as closed boxes as soon as there are two."""
    assert len({spec.group_name for spec in defs.resolve_all_asset_specs()}) == 1


def test_what_shares_a_gpu_or_a_service_takes_turns():
    pools = {
        key.to_user_string(): asset.op.pool
        for asset in defs.assets
        if isinstance(asset, dg.AssetsDefinition)
        for key in asset.keys
        if asset.is_executable
    }
    assert {name: pool for name, pool in pools.items() if pool} == {
        "audio_features": "feature_service",
        "gcn_weights": "gpu",
        "embeddings": "gpu",
    }


def test_jobs_say_when_to_launch_them():
    told = {job.name: job.description for job in defs.jobs}
    assert set(told) == {
        "ingest_slices",
        "remove_slices",
        "fetch_features",
        "retrain",
        "rebuild_index",
        "extend_index",
        "evaluate_and_release",
        "roll_back",
        "block",
        "unblock",
        "prune",
    }
    assert all(told.values())


@pytest.mark.parametrize(
    ("job", "assets"),
    [
        ("retrain", set(ARTIFACTS) - {RAW_PLAYLISTS.name}),
        ("rebuild_index", {"search_index", "evaluation_report", "release"}),
        ("extend_index", {"new_tracks", "search_index", "evaluation_report", "release"}),
        ("evaluate_and_release", {"evaluation_report", "release"}),
        ("fetch_features", {"audio_features"}),
    ],
)
def test_jobs_make_what_they_say(job, assets):
    keys = defs.resolve_job_def(job).asset_layer.executable_asset_keys
    assert {key.to_user_string() for key in keys} == assets


def test_what_blocks_is_the_gate_and_what_no_metric_would_tell():
    graph = defs.resolve_asset_graph()
    blocking = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking == {
        ("track_metadata", "track_numbers_hold"),
        ("edge_table", "edges_are_sound"),
        ("pyg_graph", "graph_is_sound"),
        ("gcn_weights", "weights_are_finite"),
        ("embeddings", "vectors_are_sound"),
        ("mlp_weights", "feature_network_is_finite"),
        ("title_weights", "title_vectors_are_finite"),
        ("search_index", "index_holds_every_track"),
        ("evaluation_report", "quality_gate"),
    }


@pytest.mark.parametrize(
    ("chosen", "declared", "shown"),
    [
        ({}, {"duckdb", "parquet"}, {"duckdb", "parquet"}),
        ({"engine": "local[2]"}, {"duckdb", "parquet"}, {"spark", "parquet"}),
        ({"index": "http://127.0.0.1:9200"}, {"numpy", "sqlite"}, {"elasticsearch"}),
        ({"index": "http://127.0.0.1:9200"}, {"numpy", "json"}, {"numpy", "json"}),
    ],
)
def test_kinds_are_of_the_engine_and_the_index_in_use(monkeypatch, chosen, declared, shown):
    monkeypatch.setattr(definitions, "settings", Settings(**chosen))
    assert set(definitions._kinds(dg.AssetSpec("made", kinds=declared)).kinds) == shown


def test_loading_definitions_loads_nothing_heavy():
    program = f"import sys, algorhythms_assets.definitions; print([m for m in {HEAVY!r}.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(set(ARTIFACTS) - {RELEASE.name}))
def test_every_payload_runs_without_dagster_and_says_what_it_lacks(name, tmp_path):
    arguments = ["--store", str(tmp_path), *(["--folder", str(tmp_path)] if name == RAW_PLAYLISTS.name else [])]
    done = run_module(ARTIFACTS[name].module, *arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"{name}: ")


def test_a_payload_explains_its_knobs():
    shown = run_module(ARTIFACTS["pyg_graph"].module, "--help").stdout
    assert "--store" in shown
    assert "--neighbours" in shown
    assert "(default: 30)" in shown


def test_a_wrong_knob_is_told_without_a_traceback(tmp_path):
    done = run_module(ARTIFACTS["graph_sample"].module, "--store", str(tmp_path), "--nodes", "many")
    assert done.returncode == 1
    assert "nodes" in done.stderr
    assert "Traceback" not in done.stderr


def run_module(module, *arguments):
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_dg_finds_the_definitions(tmp_path):
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path)}
    listed = subprocess.run(
        [sys.executable, "-m", "dagster_dg_cli.cli", "list", "defs", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    assert listed.returncode == 0, listed.stderr
    assert set(ARTIFACTS) <= {asset["asset_key"] for asset in json.loads(listed.stdout)["assets"]}
