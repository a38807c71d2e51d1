"""Runs whose process is gone: after a crash or a reboot they stay started and block the queue."""

import time
from collections.abc import Iterator

import dagster as dg

from algorhythms_assets.resources.processes import age_seconds

# A launched run has a process within this time.
_START_SECONDS = 120
_INTERRUPTED = (
    "Its process is gone: it was killed, or the machine was restarted. Launch it again: finished work is kept."
)


def end_interrupted_runs(instance: dg.DagsterInstance) -> list[str]:
    """Marks runs whose process on this host is gone as failed, or as canceled if cancellation was requested.

    Returns the ids of the runs. Runs of other processes, such as `make demo` on another terminal, stay. Pool slots of
    ended runs are freed.
    """
    statuses = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=statuses)):
        run = record.dagster_run
        # A run that has not started was last updated when it left the queue, where it may have waited for hours.
        if _is_running(instance, run.run_id, record.start_time or record.update_timestamp.timestamp()):
            continue
        if run.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, _INTERRUPTED)
        else:
            instance.report_run_failed(run, _INTERRUPTED)
        ended.append(run.run_id)
    _free_pools(instance)
    return ended


def _free_pools(instance: dg.DagsterInstance) -> None:
    """Frees pool slots of ended runs: otherwise only the daemon would, and `make demo` has none."""
    storage = instance.event_log_storage
    for run_id in storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)


def _is_running(instance: dg.DagsterInstance, run_id: str, started: float) -> bool:
    waited = time.time() - started
    processes = list(_processes(instance, run_id))
    if not processes:
        return waited < _START_SECONDS
    process = processes[-1]
    age = age_seconds(process)
    # A process younger than the run has reused the id of one that is gone.
    return age is not None and age > waited - _START_SECONDS


def _processes(instance: dg.DagsterInstance, run_id: str) -> Iterator[int]:
    """Yields the ids of the processes that a run reported running in."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        if entry.dagster_event is None:
            continue
        process = entry.dagster_event.engine_event_data.metadata.get("pid")
        if process is not None and str(process.value).isdigit():
            yield int(str(process.value))
