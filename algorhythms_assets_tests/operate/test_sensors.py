"""The sensor that tells of jobs whose run was killed."""

import os
import subprocess
import sys

import dagster as dg
import pytest

from algorhythms_assets.operate.sensors import jobs_left_behind
from algorhythms_assets.resources.slurm.client import PipesSlurmClient
from algorhythms_assets.resources.slurm.commands import look
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.resources.slurm.jobs import running, start_run, wait_until
from algorhythms_assets_tests.services.slurm import slurm  # noqa: F401 (a fixture)


def tick(run_dir, cursor=None):
    context = dg.build_sensor_context(cursor=cursor)
    compute = SlurmCompute(Store(run_dir / "store"), "duckdb", PipesSlurmClient(run_dir))
    return jobs_left_behind(context, compute=compute)


def test_a_job_is_told_of_when_its_run_is_gone_and_not_before(slurm, tmp_path):  # noqa: F811
    process = start_run(tmp_path, "lonely", tmp_path / "gate")
    try:
        job = wait_until(lambda: running(tmp_path, "lonely"))
        assert tick(tmp_path).skip_reason.skip_message == "every job is followed by its run"
    finally:
        process.kill()
        process.wait()
    first = tick(tmp_path)
    assert f"scancel {job}" in first.skip_reason.skip_message
    [event] = first.asset_events
    assert event.asset_key == dg.AssetKey("lonely")
    again = tick(tmp_path, first.cursor)
    assert f"scancel {job}" in again.skip_reason.skip_message
    assert not again.asset_events
    slurm.ask("scancel", job)
    assert wait_until(lambda: look(job).is_final)
    assert tick(tmp_path, again.cursor).skip_reason.skip_message == "every job is followed by its run"


def test_without_slurm_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tick(tmp_path).skip_reason.skip_message == "every job is followed by its run"


@pytest.mark.parametrize(("deployment", "there"), [("local", False), ("slurm", True)])
def test_only_the_deployment_slurm_has_it(deployment, there):
    program = "from algorhythms_assets.definitions import defs; print([sensor.name for sensor in defs.sensors])"
    environment = os.environ | {"ALGORHYTHMS_DEPLOYMENT": deployment}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ("jobs_left_behind" in done.stdout) is there
