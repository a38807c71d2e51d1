"""What jobs ask for: sizes, options, and what a user is told where the cluster refuses."""

from dataclasses import replace
from functools import partial

import pytest

from algorhythms_assets.resources.request import Memory, Request
from algorhythms_assets.resources.slurm import client
from algorhythms_assets.resources.slurm.commands import JobState, Nodes, parse_nodes
from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets.resources.slurm.options import sbatch_options
from algorhythms_assets.resources.slurm.refusal import explanation
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import SlurmSettings
from algorhythms_assets_tests.resources.slurm.jobs import REPORTS, SMALL, python, run_job
from algorhythms_assets_tests.services.slurm import Cluster, require_slurm, running_cluster, slurm  # noqa: F401

ROWS, TRACKS = 66_346_428, 2_262_292
SMALL_NODES = [Nodes("debug", True, 1, cpus=2, memory_mb=6000, gpus=0, minutes=120)]


def setting(explained: str) -> dict[str, dict[str, object]]:
    """The setting that an explanation ends with, as it would be read."""
    name, _, value = explained.splitlines()[-1].partition("=")
    assert name == "ALGORHYTHMS_SLURM_REQUESTS"
    return SlurmSettings(requests=value).requests


def test_memory_is_the_base_and_more_by_the_million_rounded_up():
    memory = Memory(1.5, per_million_rows=0.1, per_million_tracks=6)
    assert memory.gb(0, 0) == 2
    assert memory.gb(1_000_000, 0) == 2
    assert memory.gb(5_000_000, 100_000) == 3
    assert memory.gb(10_000_000, 1_000_000) == 9


def test_memory_never_shrinks_with_more_data():
    memory = Memory(1.1, 0.05, 3)
    sizes = [memory.gb(ROWS * share // 100, TRACKS * share // 100) for share in range(101)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.parametrize(
    ("memory", "expected"),
    [("per-node", ["--mem=5G"]), ("per-core", ["--mem-per-cpu=1707M"]), ("none", [])],
)
def test_memory_is_asked_for_as_the_site_wants_it(memory, expected):
    options = sbatch_options(Request(cpus=3, memory_gb=5), memory=memory)
    assert [option for option in options if option.startswith("--mem")] == expected


def test_memory_per_core_is_that_of_all_tasks_of_a_node():
    options = sbatch_options(Request(cpus=2, memory_gb=8, nodes=2, tasks=4), memory="per-core")
    assert "--mem-per-cpu=2048M" in options


def test_zero_memory_is_left_to_the_cluster_either_way():
    for memory in ("per-node", "per-core", "none"):
        assert not [option for option in sbatch_options(Request(memory_gb=0), memory=memory) if "mem" in option]


def test_another_way_to_ask_for_memory_is_refused(monkeypatch):
    monkeypatch.setenv("ALGORHYTHMS_SLURM_MEMORY", "per-socket")
    with pytest.raises(InputError, match=r"ALGORHYTHMS_SLURM_MEMORY: .*choose one of: per-node, per-core, none"):
        SlurmSettings.read()


def test_nodes_are_those_that_sinfo_lists():
    lines = (
        "debug*|3|2|6000|(null)|2:00:00\n"
        "gpu|1|64|512000|gpu:a100:4(S:0-1),shard:8|infinite\n"
        "gpu|2|32|256000|gpu:2|1-00:00:00\n"
    )
    assert parse_nodes(lines) == [
        Nodes("debug", True, 3, 2, 6000, 0, 120),
        Nodes("gpu", False, 1, 64, 512_000, 4, None),
        Nodes("gpu", False, 2, 32, 256_000, 2, 1440),
    ]


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"memory_gb": 17}, {"memory_gb": 5}),
        ({"cpus": 8, "memory_gb": 6}, {"cpus": 2, "memory_gb": 5}),
        ({"gpus": 1}, {"gpus": 0}),
        ({"nodes": 2}, {"nodes": 1}),
        ({"minutes": 240}, {"minutes": 120}),
        ({"partition": "nowhere"}, {"partition": "debug"}),
        # An account's limit, say: the user's own numbers to change.
        ({}, {"memory_gb": 2, "cpus": 2, "minutes": 60}),
    ],
)
def test_a_refusal_ends_with_a_setting_of_what_the_nodes_have(asked, fits):
    explained = explanation("the cluster's words", "gcn_weights", Request(**asked), SMALL_NODES)
    assert setting(explained) == {"gcn_weights": fits}


def test_a_refusal_says_what_was_requested_and_what_there_is():
    explained = explanation("No.\nNever.", "pyg_graph", Request(memory_gb=17, gpus=1), SMALL_NODES)
    assert explained.splitlines()[:3] == [
        "Slurm refused the job of pyg_graph: No; Never.",
        "It requested 1 node, 2 CPUs, 17 GB, 1 GPU, 60 minutes.",
        "Partition debug, for at most 120 minutes: 1 node of 2 CPUs, 5.86 GB.",
    ]


def test_a_refusal_without_an_answer_of_sinfo_leaves_the_nodes_out():
    explained = explanation("No", "pyg_graph", Request(memory_gb=17), [])
    assert "Partition" not in explained
    assert setting(explained) == {"pyg_graph": {"memory_gb": 17, "cpus": 2, "minutes": 60}}


def test_a_node_too_small_is_named_and_the_setting_that_is_told_helps(tmp_path):
    require_slurm()
    with running_cluster(partial(Cluster, node_memory_mb=6000)):
        request = replace(SMALL, memory_gb=16)
        refused = run_job(tmp_path, "gcn_weights", ["true"], request).failure
        assert refused is not None
        told = str(refused.description)
        assert "Slurm refused the job of gcn_weights: Memory specification can not be satisfied" in told
        assert "It requested 1 node, 1 CPU, 16 GB" in told
        assert "Partition standard: 2 nodes of 8 CPUs, 5.86 GB." in told
        fits = setting(told)["gcn_weights"]
        assert fits == {"memory_gb": 5}
        outcome = run_job(tmp_path, "gcn_weights", python(REPORTS), replace(request, **fits))
        assert outcome.failure is None, outcome.log


def test_a_time_limit_that_the_partition_does_not_allow_is_told_instead_of_waited_for(slurm, tmp_path):  # noqa: F811
    request = replace(SMALL, partition="short", minutes=11)
    failure = run_job(tmp_path, "edge_table", ["true"], request).failure
    assert failure is not None
    told = str(failure.description)
    assert told.startswith("Slurm refused the job of edge_table: PartitionTimeLimit")
    assert "Partition short, for at most 10 minutes: 2 nodes" in told
    assert setting(told) == {"edge_table": {"minutes": 10}}
    assert not failure.allow_retries
    assert not slurm.ask("squeue", "--noheader", "--name", folders(tmp_path, "edge_table")[0].name).strip()


@pytest.mark.parametrize(
    ("reason", "never"),
    [
        ("PartitionTimeLimit", True),
        ("QOSMaxCpuPerJobLimit", True),
        ("AssocMaxMemPerJob", True),
        ("QOSMaxWallDurationPerJobLimit", True),
        ("QOSMaxJobsPerUserLimit", False),
        ("AssocGrpCpuLimit", False),
        ("Priority", False),
    ],
)
def test_a_job_larger_than_any_may_be_is_told_from_one_that_has_to_wait(reason, never):
    assert JobState("PENDING", reason=reason).is_too_large is never
    assert not JobState("RUNNING", reason=reason).is_too_large


def test_a_job_that_is_pending_for_long_is_mentioned_again(slurm, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(client, "_STILL_SECONDS", 2)
    outcome = run_job(tmp_path, "later", python(REPORTS), replace(SMALL, options=("--begin=now+8",)))
    assert outcome.failure is None, outcome.log
    assert "is still PENDING (BeginTime), for 0 minutes" in outcome.log


SEES = REPORTS.replace("sys.argv[1:]", "[memory_mb(), open_engine('duckdb', {}).sql('SELECT 1 AS n', {}).num_rows]")
SEES = (
    "from algorhythms_assets.payload import open_engine\n"
    f"from algorhythms_assets.resources.engine import memory_mb\n{SEES}"
)


@pytest.mark.parametrize(("memory", "megabytes"), [("per-node", 3072), ("per-core", 3072), ("none", 1000)])
def test_a_job_knows_its_memory_however_it_was_asked_for(slurm, tmp_path, memory, megabytes):  # noqa: F811
    """Of the last, the cluster's default for two cores."""
    outcome = run_job(tmp_path, "sees", python(SEES), Request(cpus=2, memory_gb=3, minutes=5), memory=memory)
    assert outcome.failure is None, outcome.log
    assert outcome.metadata["arguments"] == [megabytes, 1]
