"""Launches a training once enough playlists are new, or slices were removed."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES  # dagster exports no name for it

from algorhythms_assets.ingest.arrivals import new_playlists
from algorhythms_assets.ingest.slices import some
from algorhythms_assets.release.history import released_slices
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.kept_history import forgets
from algorhythms_assets.resources.store import Stamp, digest
from algorhythms_assets.settings import Settings

RETRAIN_JOB = "retrain"
_SLICES_TAG = "algorhythms/slices"

# Seconds between a failed training and the next attempt on the same slices.
PAUSES = (600, 3600, 6 * 3600)

# Steps whose failure is a verdict, which would be the same for the same slices.
_VERDICTS = frozenset(("release", "evaluation_report_quality_gate"))


@dg.sensor(
    job_name=RETRAIN_JOB,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes a new snapshot and everything downstream of it once there are enough new playlists.",
)
def enough_new_playlists(
    context: dg.SensorEvaluationContext, compute: dg.ResourceParam[Compute], settings: dg.ResourceParam[Settings]
) -> dg.RunRequest | dg.SkipReason:
    """Requests one run of everything after the slices."""
    problem = forgets(context.instance)
    if problem:
        return dg.SkipReason(problem)
    stored, released = compute.store.slices(), released_slices(compute.store)
    new = new_playlists(stored, released)
    removed = [key for key in released if key not in stored]
    if new < settings.retrain_after and not removed:
        return dg.SkipReason(
            f"{new} playlists are newer than what serves; a new snapshot is made of {settings.retrain_after} or more"
        )
    what = f"{new} new playlists" + (f", {len(removed)} slices removed ({some(removed)})" if removed else "")
    tag = tag_of_slices(stored)
    runs = context.instance.get_run_records(dg.RunsFilter(job_name=RETRAIN_JOB, tags=tag))
    waits = _why_not(context.instance, runs)
    if waits:
        return dg.SkipReason(f"{what}: {waits}")
    return dg.RunRequest(run_key=f"{tag[_SLICES_TAG]}-{len(runs)}", tags=tag)


def tag_of_slices(stored: Mapping[str, Stamp]) -> dict[str, str]:
    """Returns the tag of a training on these slices, by which the next one looks up its outcome."""
    return {_SLICES_TAG: digest({key: stamp.data_version for key, stamp in stored.items()})[:32]}


def under_way(instance: dg.DagsterInstance) -> str | None:
    """Returns the id of a training that has not ended, if there is one."""
    runs = instance.get_runs(dg.RunsFilter(job_name=RETRAIN_JOB, statuses=list(NOT_FINISHED_STATUSES)), limit=1)
    return runs[0].run_id if runs else None


def _why_not(instance: dg.DagsterInstance, runs: Sequence[dg.RunRecord]) -> str | None:
    """Returns why the same slices are not trained on now, given the runs that did so, latest first."""
    if not runs:
        return None
    last = runs[0].dagster_run
    if last.status in NOT_FINISHED_STATUSES:
        return f"run {last.run_id} is training on them"
    if last.status == dg.DagsterRunStatus.SUCCESS:
        return f"run {last.run_id} released them, and something else serves since"
    if last.status == dg.DagsterRunStatus.CANCELED:
        return f"run {last.run_id} was canceled by a person; launch {RETRAIN_JOB} by hand, or wait for more playlists"
    steps = instance.get_run_step_stats(last.run_id)
    failed = {step.step_key for step in steps if step.status is not None and step.status.value == "FAILURE"}
    if failed and failed <= _VERDICTS:
        return f"run {last.run_id} trained on them, and the result was not released: see its step {min(failed)}"
    if len(runs) > len(PAUSES):
        return (
            f"the training failed {len(runs)} times, last in run {last.run_id}: launch {RETRAIN_JOB} when that is fixed"
        )
    again = (runs[0].end_time or runs[0].update_timestamp.timestamp()) + PAUSES[len(runs) - 1]
    if time.time() < again:
        at = datetime.fromtimestamp(again).astimezone().isoformat(" ", "minutes")
        return f"the training failed {len(runs)} times, last in run {last.run_id}; it is retried at {at}"
    return None
