"""What accounting adds: figures of a job, and its end when the controller has forgotten it."""

import json
import signal

import pytest

from algorhythms_assets.resources.slurm.commands import account, look
from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets_tests.resources.slurm.jobs import REPORTS, python, run_job, running, start_run, wait_until
from algorhythms_assets_tests.services.slurm_accounting import accounting  # noqa: F401 (a fixture)

EATS = (
    f"data = b'x' * 300_000_000\nimport time\nend = time.monotonic() + 4\nwhile time.monotonic() < end: pass\n{REPORTS}"
)


def test_memory_and_cpu_are_those_that_slurm_measured(accounting, tmp_path):  # noqa: F811
    outcome = run_job(tmp_path, "eats", python(EATS))
    assert outcome.failure is None, outcome.log
    assert 0.3 < outcome.metadata["job's peak memory (GB)"] < 0.6
    # Slurm gives the time in whole seconds.
    assert 5 < outcome.metadata["CPU efficiency (%)"] < 130


def test_an_exit_code_is_that_of_the_records(accounting, tmp_path):  # noqa: F811
    outcome = run_job(tmp_path, "exit", ["sh", "-c", "exit 3"])
    assert "failed with exit code 3 on node" in outcome.failure.description
    assert wait_until(lambda: account(outcome.job)).state.exit_code == 3


@pytest.mark.faults
def test_the_end_of_a_job_that_the_controller_has_forgotten_is_in_the_records(accounting, tmp_path):  # noqa: F811
    process = start_run(tmp_path, "asleep", tmp_path / "gate")
    job = wait_until(lambda: running(tmp_path, "asleep"))
    process.send_signal(signal.SIGSTOP)
    accounting.ask("scancel", job)
    wait_until(lambda: look(job) is None, seconds=200)
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=60) == 0
    [folder] = folders(tmp_path, "asleep")
    assert json.loads((folder.path / "ended.json").read_text())["state"] == "CANCELLED"
