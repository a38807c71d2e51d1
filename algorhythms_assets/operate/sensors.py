"""What a killed Dagster process leaves behind: runs without a process, and jobs that no run follows."""

import json

import dagster as dg

from algorhythms_assets.operate.interrupted import end_interrupted_runs
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.slurm.commands import RefusedError, SilentError, look
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.resources.slurm.job import JobFolder, folders


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs whose process is gone as failed, so that the queue keeps moving.",
)
def interrupted_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Requests no run: relaunching is up to a person, or to the sensor that requested it."""
    ended = end_interrupted_runs(context.instance)
    for run in ended:
        context.log.warning(f"run {run} was interrupted")
    return dg.SkipReason(f"ended, as their process is gone: {', '.join(ended)}" if ended else "no run was interrupted")


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reports Slurm jobs that no run follows any more: here, and once on their asset.",
)
def jobs_left_behind(
    context: dg.SensorEvaluationContext, compute: dg.ResourceParam[Compute]
) -> dg.SensorResult | dg.SkipReason:
    """Requests no run: a person decides whether the job is still wanted."""
    if not isinstance(compute, SlurmCompute):
        return dg.SkipReason("this deployment has no Slurm")
    try:
        left = [folder for folder in folders(compute.client.run_dir) if _is_left_behind(folder)]
    except (SilentError, RefusedError, OSError) as problem:
        return dg.SkipReason(f"Slurm jobs cannot be listed: {problem}")
    told = set(json.loads(context.cursor or "[]"))
    events = [
        dg.AssetObservation(folder.work.asset, description=_words(folder), metadata={"Slurm job": str(folder.job)})
        for folder in left
        if folder.name not in told
    ]
    return dg.SensorResult(
        skip_reason="\n".join(map(_words, left)) or "every job is followed by its run",
        asset_events=events,
        cursor=json.dumps([folder.name for folder in left]),
    )


def _is_left_behind(folder: JobFolder) -> bool:
    if folder.is_ended or folder.is_followed or folder.job is None:
        return False
    state = look(folder.job, folder.name)
    return state is not None and not state.is_final


def _words(folder: JobFolder) -> str:
    asset = folder.work.asset
    return (
        f"Slurm job {folder.job} still makes {asset}, and its run {folder.run} is gone: materialize {asset} again, "
        f"which reattaches to it, or end it: scancel {folder.job}"
    )
