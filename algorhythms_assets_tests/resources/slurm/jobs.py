"""Jobs for tests of Slurm: short programs, and a run of one asset that is such a job."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.slurm.client import JOB_TAG, Patience, PipesSlurmClient
from algorhythms_assets.resources.slurm.commands import look
from algorhythms_assets.resources.slurm.job import JobFolder, folders
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.slurm import processes_with

QUICK = Patience(between_questions=1, file_system=1, outage_minutes=2)
SMALL = Request(cpus=1, memory_gb=1, minutes=5)

REPORTS = """
import dagster_pipes, sys
with dagster_pipes.open_dagster_pipes() as pipes:
    pipes.report_asset_materialization(metadata={"arguments": sys.argv[1:]}, data_version="made")
"""
# Waits for a file of the given name.
WAITS = """
import dagster_pipes, os, sys, time
with dagster_pipes.open_dagster_pipes() as pipes:
    print("waiting", flush=True)
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.1)
    pipes.report_asset_materialization(metadata={"arguments": sys.argv[1:]}, data_version="made")
"""


def python(program: str, *arguments: str) -> list[str]:
    """The command of a program."""
    return [sys.executable, "-c", program, *arguments]


@dataclass(frozen=True)
class Outcome:
    """What became of a run of one asset."""

    failure: dg.Failure | None
    metadata: Mapping[str, Any]
    tags: Mapping[str, str]
    log: str
    seconds: float

    @property
    def job(self) -> str:
        """The job's id, as the run's tags say."""
        [job] = [value for key, value in self.tags.items() if key.startswith(f"{JOB_TAG}/")]
        return job


def materialize(name: str, work: Callable[[dg.AssetExecutionContext], Any]) -> Outcome:
    """Materializes an asset of that name by a call of a client or a compute."""
    failures: list[dg.Failure] = []

    @dg.asset(name=name)
    def made(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        try:
            return work(context).get_materialize_result(implicit_materialization=False)
        except dg.Failure as failure:
            failures.append(failure)
            raise

    started = time.monotonic()
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([made], instance=instance, raise_on_error=False)
        run = instance.get_run_by_id(result.run_id)
        log = "\n".join(record.user_message for record in instance.all_logs(result.run_id))
    assert run is not None
    assert result.success is not bool(failures), log
    events = result.asset_materializations_for_node(name) if result.success else []
    metadata = {key: value.value for event in events for key, value in event.metadata.items()}
    failure = failures[0] if failures else None
    return Outcome(failure, metadata, run.tags, log, time.monotonic() - started)


def run_job(
    run_dir: Path,
    name: str,
    command: list[str],
    request: Request = SMALL,
    setup: str = "",
    memory: str = "per-node",
    **options: Any,
) -> Outcome:
    """Materializes an asset of that name by a command as a job."""
    client = PipesSlurmClient(run_dir, setup=setup, memory=memory, patience=QUICK)
    return materialize(name, lambda context: client.run(context=context, command=command, request=request, **options))


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What the condition comes to, once that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {condition}")


def processes_of(job: str) -> list[int]:
    """The processes of a job, which a node takes with it when it loses power."""
    return processes_with(f"SLURM_CONF={os.environ['SLURM_CONF']}", f"SLURM_JOB_ID={job}")


def running(run_dir: Path, asset: str) -> str | None:
    """The id of the asset's newest job, once its payload runs."""
    found = folders(run_dir, asset)
    return found[0].job if found and found[0].log.is_file() and _is_running(found[0]) else None


def _is_running(folder: JobFolder) -> bool:
    state = look(folder.job) if folder.job else None
    return state is not None and state.state == "RUNNING"


def start_run(run_dir: Path, asset: str, gate: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own, whose job waits for a file."""
    command = [sys.executable, "-m", __name__, str(run_dir), asset, str(gate)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    # A process of its own, to be interrupted or killed: run folder, asset's name, what it waits for.
    run_job(Path(sys.argv[1]), sys.argv[2], python(WAITS, sys.argv[3]))
