"""Jobs on a real Slurm: how they end, and what becomes of them when Dagster or Slurm is killed meanwhile."""

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from algorhythms_assets.contracts import NoConfig
from algorhythms_assets.resources.slurm.client import PipesSlurmClient
from algorhythms_assets.resources.slurm.commands import look
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.resources.slurm.jobs import (
    QUICK,
    REPORTS,
    SMALL,
    WAITS,
    Outcome,
    materialize,
    processes_of,
    python,
    run_job,
    running,
    start_run,
    wait_until,
)
from algorhythms_assets_tests.services.slurm import FRAGILE, Cluster, slurm  # noqa: F401 (a fixture)

HERE = "algorhythms_assets_tests.resources"

EATS = "data = b'x' * 2_000_000_000; import time; time.sleep(60)"
HALF = """
import dagster_pipes, json, os
with dagster_pipes.open_dagster_pipes() as pipes:
    path = dagster_pipes.PipesEnvVarParamsLoader().load_messages_params()["path"]
    with open(path, "ab", buffering=0) as file:
        file.write(b'{"method": "log", "par\\n')
    pipes.report_asset_materialization(data_version="made")
"""


@pytest.fixture(scope="module")
def run_dir(slurm: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return tmp_path_factory.mktemp("run folder")


@pytest.fixture(scope="module")
def ends(slurm: Cluster, run_dir: Path) -> Iterator[dict[str, Future[Outcome]]]:  # noqa: F811
    """Jobs that end badly, all at once."""
    compute = SlurmCompute(Store(run_dir / "store"), "duckdb", PipesSlurmClient(run_dir, patience=QUICK))

    def module(name: str) -> partial[Outcome]:
        request = replace(SMALL, cpus=1)
        return partial(materialize, name, lambda context: compute.run(context, f"{HERE}.{name}", NoConfig(), request))

    def command(name: str, command: list[str], **request: object) -> partial[Outcome]:
        return partial(run_job, run_dir, name, command, replace(SMALL, **request))

    work = {
        "exit": command("exit", ["sh", "-c", "seq 1 60; echo the last word; exit 7"]),
        "broken": module("broken"),
        "silent": module("silent"),
        "mistaken": module("mistaken"),
        "timeout": command("timeout", ["sleep", "300"], minutes=1),
        "memory": command("memory", python(EATS)),
        "cancelled": command("cancelled", ["sleep", "300"]),
        "node": command("node", ["sleep", "300"], partition="fragile"),
        "refused": command("refused", ["true"], partition="nowhere"),
    }
    with ThreadPoolExecutor(len(work)) as threads:
        yield {name: threads.submit(function) for name, function in work.items()}


def failure_of(ends: dict[str, Future[Outcome]], name: str) -> tuple[str, dict[str, object], bool]:
    outcome = ends[name].result()
    assert outcome.failure is not None, outcome.log
    metadata = {key: value.value for key, value in outcome.failure.metadata.items()}
    return str(outcome.failure.description), metadata, bool(outcome.failure.allow_retries)


def test_a_job_that_ends_well_gives_its_report_and_itself_as_metadata(ends, run_dir):
    outcome = run_job(run_dir, "good", python(REPORTS, "a"))
    assert outcome.failure is None, outcome.log
    assert outcome.metadata["arguments"] == ["a"]
    assert outcome.metadata["Slurm job"] == outcome.job
    assert outcome.metadata["nodes"] in ("node1", "node2")
    assert outcome.metadata["run time (s)"] >= 0
    assert outcome.metadata["queue time (s)"] >= 0
    log = Path(outcome.metadata["job's log"])
    assert log.parent.stat().st_mode & 0o777 == 0o700
    assert log.parent.parent.name == "good"


def test_every_value_reaches_the_job_as_it_is(ends, run_dir):
    nasty = [
        "it's",
        "$HOME `id` $(id)",
        '"quoted" \\ back',
        "a\nb",
        "%j %x",
        "* ? [a]",
        "",
        "Ölüm 日本",
        "; exit 3",
        "-x",
    ]
    place = run_dir / 'it\'s $HOME %j "quoted" ; Ö'
    outcome = run_job(place, "nasty", python(REPORTS, *nasty), extras={"key": "'\"$`"}, setup="export SETUP='a b'")
    assert outcome.failure is None, outcome.log
    assert outcome.metadata["arguments"] == nasty
    assert Path(outcome.metadata["job's log"]).is_file()


def test_a_mutilated_message_costs_no_other(ends, run_dir):
    outcome = run_job(run_dir, "half", python(HALF))
    assert outcome.failure is None, outcome.log
    assert "is corrupt and was skipped" in outcome.log


def test_the_payload_computes_with_the_cores_it_was_given(ends, run_dir):
    counts = REPORTS.replace("sys.argv[1:]", "[cores(), os.environ['OMP_NUM_THREADS']]")
    program = f"import os\nfrom algorhythms_assets.resources.engine import cores\n{counts}"
    outcome = run_job(run_dir, "cores", python(program), replace(SMALL, cpus=1))
    assert outcome.metadata["arguments"] == [1, "1"], outcome.log


def test_an_exit_code_is_a_failure_with_the_last_words(ends):
    told, metadata, retry = failure_of(ends, "exit")
    assert "failed with exit code 7 on node" in told
    assert metadata["state"] == "FAILED"
    lines = str(metadata["last lines"]).splitlines()
    assert "the last word" in lines
    assert "12" in lines
    assert "11" not in lines
    assert retry


def test_an_exception_is_a_failure_that_may_be_retried(ends):
    told, metadata, retry = failure_of(ends, "broken")
    assert told.startswith(f"{HERE}.broken: Slurm job {metadata['Slurm job']} failed with exit code 1")
    assert "nobody foresaw this" in str(metadata["last lines"])
    assert retry


def test_a_payload_without_a_report_has_failed(ends):
    assert "ended without reporting" in failure_of(ends, "silent")[0]


def test_a_users_mistake_is_told_in_its_own_words_and_not_retried(ends):
    told, metadata, retry = failure_of(ends, "mistaken")
    assert told.startswith("track_metadata, which edge_table is made from, is not in")
    assert metadata["Slurm job"]
    assert not retry


def test_a_request_that_the_cluster_refuses_shows_its_words(ends):
    told, metadata, retry = failure_of(ends, "refused")
    assert told.startswith("Slurm refused the job of refused: ")
    assert "invalid partition specified: nowhere" in told
    assert "The cluster's partitions are standard, fragile, high, low, short." in told
    assert told.endswith('ALGORHYTHMS_SLURM_REQUESTS={"refused": {"partition": "standard"}}')
    assert "--partition=nowhere" in str(metadata["sbatch"])
    assert not retry


def test_too_much_memory_is_told_as_such(ends):
    told, metadata, retry = failure_of(ends, "memory")
    assert "ran out of memory" in told
    assert metadata["state"] == "OUT_OF_MEMORY"
    assert not retry


def test_a_job_cancelled_from_outside(ends, slurm, run_dir):  # noqa: F811
    slurm.ask("scancel", wait_until(lambda: running(run_dir, "cancelled")))
    told, metadata, retry = failure_of(ends, "cancelled")
    assert "was cancelled" in told
    assert metadata["state"] == "CANCELLED"
    assert not retry


def test_a_node_that_goes_down(ends, slurm, run_dir):  # noqa: F811
    job = wait_until(lambda: running(run_dir, "node"))
    slurm.kill(FRAGILE)
    for process in [*slurm.step_daemons(FRAGILE), *processes_of(job)]:
        os.kill(process, signal.SIGKILL)
    told, _, retry = failure_of(ends, "node")
    assert f"Slurm job {job} lost its node on {FRAGILE}" in told
    assert retry
    slurm.start_node(FRAGILE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_the_run_cancels_the_job(slurm, run_dir, tmp_path, number):  # noqa: F811
    name = f"interrupted_{number.name}"
    process = start_run(run_dir, name, tmp_path / "gate")
    job = wait_until(lambda: running(run_dir, name))
    process.send_signal(number)
    process.wait(timeout=30)
    assert wait_until(lambda: look(job).is_final)
    assert look(job).state == "CANCELLED"


def test_a_killed_dagster_leaves_a_job_that_the_next_run_goes_on_with(slurm, run_dir, tmp_path):  # noqa: F811
    gate = tmp_path / "gate"
    process = start_run(run_dir, "killed", gate)
    job = wait_until(lambda: running(run_dir, "killed"))
    process.kill()
    process.wait()
    with ThreadPoolExecutor(1) as thread:
        again = thread.submit(run_job, run_dir, "killed", python(WAITS, str(gate)))
        wait_until(lambda: folders(run_dir, "killed")[0].is_followed)
        gate.touch()
        outcome = again.result()
    assert outcome.failure is None, outcome.log
    assert outcome.job == job
    assert len(folders(run_dir, "killed")) == 1


def test_what_a_killed_dagster_left_at_other_work_is_cancelled(slurm, run_dir, tmp_path):  # noqa: F811
    process = start_run(run_dir, "other", tmp_path / "never")
    job = wait_until(lambda: running(run_dir, "other"))
    process.kill()
    process.wait()
    outcome = run_job(run_dir, "other", python(REPORTS))
    assert outcome.failure is None, outcome.log
    assert outcome.job != job
    assert wait_until(lambda: look(job).is_final)


def test_a_job_that_is_followed_is_left_to_its_run(slurm, run_dir, tmp_path):  # noqa: F811
    process = start_run(run_dir, "shared", tmp_path / "gate")
    job = wait_until(lambda: running(run_dir, "shared"))
    outcome = run_job(run_dir, "shared", python(REPORTS))
    assert outcome.failure is None, outcome.log
    assert outcome.job != job
    assert not look(job).is_final
    (tmp_path / "gate").touch()
    assert process.wait(timeout=30) == 0


def test_a_controller_that_is_killed_and_comes_back_costs_nothing(slurm, run_dir, tmp_path):  # noqa: F811
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(run_job, run_dir, "outage", python(WAITS, str(gate)))
        job = wait_until(lambda: running(run_dir, "outage"))
        wait_until(lambda: slurm.has_saved(job))
        slurm.kill("slurmctld")
        # Also the next one waits for Slurm.
        with ThreadPoolExecutor(1) as other:
            submitted = other.submit(run_job, run_dir, "outage_submit", python(REPORTS))
            wait_until(lambda: folders(run_dir, "outage_submit"))
            gate.touch()
            first = result.result()
            slurm.start_controller()
            second = submitted.result()
    assert first.failure is None, first.log
    assert "does not answer" in first.log
    assert second.failure is None, second.log


def test_a_run_folder_that_cannot_be_made_is_told(slurm, tmp_path):  # noqa: F811
    (tmp_path / "file").touch()
    outcome = run_job(tmp_path / "file", "unwritable", ["true"])
    assert "the run folder of a Slurm job cannot be used" in outcome.failure.description


def test_a_time_limit_is_told_as_such(ends):
    """One of the last: Slurm counts in minutes."""
    told, metadata, retry = failure_of(ends, "timeout")
    assert "ran into its time limit" in told
    assert metadata["state"] == "TIMEOUT"
    assert not retry


def test_without_slurm_it_is_told_what_is_missing(ends, tmp_path, monkeypatch):
    # Jobs that are still followed would miss Slurm too.
    wait(ends.values())
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = run_job(tmp_path, "alone", ["true"])
    assert "there is no sbatch on the PATH" in outcome.failure.description
    assert not outcome.failure.allow_retries


def test_a_submission_without_an_answer_is_looked_for_and_not_repeated(slurm, tmp_path, monkeypatch):  # noqa: F811
    tools, asked = tmp_path / "tools", tmp_path / "asked"
    tools.mkdir()
    sbatch, squeue = shutil.which("sbatch"), shutil.which("squeue")
    scripts = {
        # Accepted, but the answer is lost; and then the controller does not answer at once.
        "sbatch": f'echo >> {asked}\n{sbatch} "$@" > /dev/null\necho "sbatch: error: Socket timed out" >&2\nexit 1\n',
        "squeue": f'if [ "$(wc -c < {asked})" = 1 ]; then echo >> {asked}; echo "Unable to contact" >&2; exit 1; fi\n'
        f'exec {squeue} "$@"\n',
    }
    for name, script in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    outcome = run_job(tmp_path / "run", "unanswered", python(REPORTS))
    assert outcome.failure is None, outcome.log
    # One line of sbatch, one of the squeue that failed.
    assert asked.read_text() == "\n\n"
