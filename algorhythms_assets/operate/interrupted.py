"""Runs whose process is gone: a crash or a reboot leaves them started, and everything else in the queue behind them."""

import time
from collections.abc import Iterator

import dagster as dg

from algorhythms_assets.resources.processes import age_seconds

# A run that is handed to a process has one within this time.
_START_SECONDS = 120
_INTERRUPTED = (
    "Its process is gone: it was killed, or the machine was restarted. Launch it again: what was whole is kept."
)


def end_interrupted_runs(instance: dg.DagsterInstance) -> list[str]:
    """Marks runs as failed, or as canceled where that was asked for, whose process of this host is gone.

    Returns the ids of the runs. Those of other processes, such as `make demo` on another terminal, stay. What ended
    runs hold of pools is freed.
    """
    statuses = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=statuses)):
        run = record.dagster_run
        # Before it starts, it was last updated when it left the queue, where it may have been for hours.
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
    """Frees what ended runs hold of pools: only a daemon would do so else, and `make demo` has none."""
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
    # A process that is younger than the run has its number from one that is gone.
    return age is not None and age > waited - _START_SECONDS


def _processes(instance: dg.DagsterInstance, run_id: str) -> Iterator[int]:
    """Yields the numbers of the processes that a run said it runs in."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        if entry.dagster_event is None:
            continue
        process = entry.dagster_event.engine_event_data.metadata.get("pid")
        if process is not None and str(process.value).isdigit():
            yield int(str(process.value))
