"""The main job on a real Slurm, with Spark on two of its nodes, makes what it makes on one machine."""

import json
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from algorhythms_assets.contracts import ARTIFACTS, EDGE_TABLE, EVALUATION_REPORT, RELEASE
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.conftest import Demo, run_demo
from algorhythms_assets_tests.services.slurm import Cluster, slurm  # noqa: F401 (a fixture)
from algorhythms_assets_tests.services.spark import require_java

# A release is a file that Dagster's own process replaces.
MADE_BY_JOBS = sorted(set(ARTIFACTS) - {RELEASE.name})
# Threads add in another order, so the last bits may differ.
NEARLY = {"rtol": 1e-6, "atol": 1e-6}


@pytest.fixture(scope="module")
def on_slurm(slurm: Cluster, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Store:  # noqa: F811
    require_java()
    store = tmp_path_factory.mktemp("on slurm") / "store"
    requests = json.dumps({"edge_table": {"nodes": 2, "memory_gb": 4}})
    done = run_demo(store, demo.playlists, demo.features, DEPLOYMENT="slurm", SLURM_REQUESTS=requests)
    assert done.returncode == 0, done.stdout + done.stderr
    return Store(store)


def test_every_asset_was_a_job_and_says_which(on_slurm):
    with dg.DagsterInstance.from_config(str(on_slurm.root / ".dagster")) as instance:
        for name in MADE_BY_JOBS:
            event = instance.get_latest_materialization_event(dg.AssetKey(name))
            assert event is not None, name
            metadata = event.asset_materialization.metadata
            assert int(metadata["Slurm job"].value) > 0, name
            assert name != EDGE_TABLE.name or metadata["nodes"].value == "node[1-2]"


@pytest.mark.parametrize("name", MADE_BY_JOBS)
def test_artifacts_are_those_of_one_machine(demo, on_slurm, name):
    artifact = ARTIFACTS[name]
    assert on_slurm.require(artifact).data_version == demo.store.require(artifact).data_version
    roots = [store.root / Path(artifact.path).parts[0] for store in (demo.store, on_slurm)]
    here, there = [{path.relative_to(root): path for path in _files(root)} for root in roots]
    assert set(here) == set(there)
    for file in here:
        assert _same(here[file], there[file]), file


def test_the_evaluation_comes_to_the_same(demo, on_slurm):
    here, there = [
        json.loads((store.root / EVALUATION_REPORT.path / "report.json").read_text())
        for store in (demo.store, on_slurm)
    ]
    for method, metrics in here["methods"].items():
        assert metrics["mean"] == pytest.approx(there["methods"][method]["mean"], abs=1e-6), method


def _files(root: Path) -> list[Path]:
    """Files of figures: pictures, times and places differ from one run to the next."""
    found = [root] if root.is_file() else sorted(root.rglob("*"))
    return [path for path in found if path.suffix in (".parquet", ".safetensors", ".npy")]


def _same(here: Path, there: Path) -> bool:
    if here.read_bytes() == there.read_bytes():
        return True
    if here.suffix == ".safetensors":
        one, other = load_file(here), load_file(there)
        return one.keys() == other.keys() and all(np.allclose(one[key], other[key], **NEARLY) for key in one)
    if here.suffix == ".npy":
        return np.allclose(np.load(here), np.load(there), **NEARLY)
    one, other = pq.read_table(here), pq.read_table(there)
    return one.schema.equals(other.schema) and all(_columns_are_close(one[key], other[key]) for key in one.column_names)


def _columns_are_close(one, other) -> bool:
    if one.equals(other):
        return True
    flat = [pc.list_flatten(column) if hasattr(column.type, "value_type") else column for column in (one, other)]
    return np.allclose(*(column.to_numpy() for column in flat), **NEARLY)
