"""What takes Slurm long to get into: `make faults` runs these."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from algorhythms_assets.resources.slurm.commands import look
from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets_tests.resources.slurm.jobs import (
    REPORTS,
    SMALL,
    WAITS,
    python,
    run_job,
    running,
    start_run,
    wait_until,
)
from algorhythms_assets_tests.services.slurm import Cluster, require_slurm, running_cluster

pytestmark = pytest.mark.faults

WRITES = """
import dagster_pipes
with dagster_pipes.open_dagster_pipes() as pipes:
    for number in range(100):
        pipes.report_custom_message({"much": "x" * 10_000})
    pipes.report_asset_materialization(data_version="made")
"""


@pytest.fixture(scope="module")
def forgetful() -> Iterator[Cluster]:
    """A cluster whose controller forgets a job as soon as it is over."""
    require_slurm()
    with running_cluster(partial(Cluster, min_job_age=2)) as cluster:
        yield cluster


def test_a_job_that_slurm_has_forgotten_is_known_by_its_exit_code(forgetful, tmp_path):
    process = start_run(tmp_path, "asleep", tmp_path / "gate")
    job = wait_until(lambda: running(tmp_path, "asleep"))
    # As a suspended machine; the run wakes up when nobody knows of its job any more.
    process.send_signal(signal.SIGSTOP)
    (tmp_path / "gate").touch()
    wait_until(lambda: look(job) is None, seconds=200)
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=60) == 0


def test_a_job_that_is_cancelled_while_the_controller_is_down_is_cancelled_when_it_is_back(forgetful, tmp_path):
    process = start_run(tmp_path, "late", tmp_path / "gate")
    job = wait_until(lambda: running(tmp_path, "late"))
    wait_until(lambda: forgetful.has_saved(job))
    forgetful.kill("slurmctld")
    process.send_signal(signal.SIGTERM)
    with pytest.raises(AssertionError):
        wait_until(lambda: process.poll() is not None, seconds=5)
    forgetful.start_controller()
    process.wait(timeout=90)
    assert wait_until(lambda: (seen := look(job)) is None or seen.state == "CANCELLED")
    [folder] = folders(tmp_path, "late")
    assert folder.is_ended


def test_a_job_that_another_preempts_may_be_tried_again(forgetful, tmp_path):
    with ThreadPoolExecutor(1) as thread:
        whole = replace(SMALL, cpus=8, memory_gb=1)
        low = replace(whole, partition="low")
        result = thread.submit(run_job, tmp_path, "low", python(WAITS, str(tmp_path / "gate")), low)
        wait_until(lambda: running(tmp_path, "low"))
        high = run_job(tmp_path, "high", python(REPORTS), replace(whole, partition="high"))
        outcome = result.result()
    assert high.failure is None, high.log
    assert outcome.failure is not None
    assert "was preempted by another job" in outcome.failure.description
    assert outcome.failure.allow_retries


def test_a_run_folder_that_takes_no_more_fails_the_job_with_its_reason(forgetful, tmp_path):
    outcome = run_job(tmp_path, "full", python(WRITES), setup="ulimit -f 64")
    assert outcome.failure is not None
    assert "File too large" in outcome.failure.metadata["last lines"].value
    assert outcome.failure.allow_retries


def test_a_job_that_was_cancelled_while_nobody_followed_it_is_not_taken_for_done(forgetful, tmp_path):
    process = start_run(tmp_path, "both", tmp_path / "gate")
    job = wait_until(lambda: running(tmp_path, "both"))
    process.kill()
    process.wait()
    forgetful.ask("scancel", job)
    [left] = folders(tmp_path, "both")
    assert wait_until(lambda: left.exit_code) == 128 + signal.SIGTERM
    wait_until(lambda: look(job) is None, seconds=200)
    (tmp_path / "gate").touch()
    outcome = run_job(tmp_path, "both", python(WAITS, str(tmp_path / "gate")))
    assert outcome.failure is None, outcome.log
    assert outcome.job != job
