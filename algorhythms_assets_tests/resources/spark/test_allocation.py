"""Spark on two nodes of a real Slurm, for one job."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from algorhythms_assets.contracts import EDGE_TABLE, NoConfig
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.slurm.client import PipesSlurmClient
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.graph import in_many_blocks
from algorhythms_assets_tests.graph.conftest import counted, snapshot  # noqa: F401 (fixtures)
from algorhythms_assets_tests.resources.slurm.jobs import QUICK, SMALL, Outcome, materialize, processes_of, wait_until
from algorhythms_assets_tests.services.slurm import slurm  # noqa: F401 (a fixture)
from algorhythms_assets_tests.services.spark import require_java

TWO_NODES = replace(SMALL, nodes=2, memory_gb=4)


def materialized(
    root: Path, module: str = in_many_blocks.__name__, request: Request = TWO_NODES, memory: str = "per-node"
) -> Outcome:
    client = PipesSlurmClient(root / "slurm", memory=memory, patience=QUICK)
    compute = SlurmCompute(Store(root), "duckdb", client)
    return materialize("edge_table", lambda context: compute.run(context, module, NoConfig(), request))


@pytest.fixture
def store(slurm, counted, tmp_path) -> Store:  # noqa: F811
    require_java()
    shutil.copytree(counted.root / "track_metadata", tmp_path / "track_metadata")
    return Store(tmp_path)


@pytest.mark.parametrize("memory", ["per-node", pytest.param("per-core", marks=pytest.mark.faults)])
def test_edges_counted_on_two_nodes_are_those_of_one_and_nothing_is_left(store, counted, memory):  # noqa: F811
    outcome = materialized(store.root, memory=memory)
    assert outcome.failure is None, outcome.log
    assert outcome.metadata["nodes"] == "node[1-2]"
    here, there = [
        {path.name: path.read_bytes() for path in edge_files(some.path(EDGE_TABLE))} for some in (counted, store)
    ]
    assert here == there
    [folder] = folders(store.root / "slurm")
    said = (folder.path / "spark-master.log").read_text()
    assert len(set(re.findall(r"Launching executor \S+ on worker (\S+)", said))) == 2
    assert not (folder.path / "spark").exists()
    assert wait_until(lambda: not processes_of(outcome.job))


def test_a_payload_that_fails_takes_spark_down_and_is_told_in_its_own_words(slurm, tmp_path):  # noqa: F811
    require_java()
    outcome = materialized(tmp_path, "algorhythms_assets_tests.resources.mistaken")
    assert outcome.failure is not None
    assert outcome.failure.description.startswith("track_metadata, which edge_table is made from, is not in")
    assert not outcome.failure.allow_retries
    assert wait_until(lambda: not processes_of(outcome.job))


def chosen(store: Store, **request: int) -> Outcome:
    """Materializes it with what the setting of the deployment chooses."""
    client = PipesSlurmClient(store.root / "slurm", patience=QUICK)
    compute = SlurmCompute(store, "duckdb", client, requests={"in_many_blocks": request})
    module = in_many_blocks.__name__
    return materialize("edge_table", lambda context: compute.run(context, module, NoConfig(), SMALL))


@pytest.mark.faults
def test_nodes_without_a_choice_of_memory_have_enough_for_spark(store):
    outcome = chosen(store, nodes=2)
    assert outcome.failure is None, outcome.log


def test_too_little_memory_for_spark_is_told(store):
    outcome = chosen(store, nodes=2, memory_gb=2)
    assert outcome.failure is not None
    assert "request more memory_gb" in outcome.failure.description
