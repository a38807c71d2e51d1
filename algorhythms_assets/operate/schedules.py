"""The monthly training, which is off until a person turns it on in Dagster's UI."""

import dagster as dg

from algorhythms_assets.plan import outdated
from algorhythms_assets.release.sensors import RETRAIN_JOB, tag_of_slices, under_way
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.kept_history import forgets
from algorhythms_assets.settings import Settings


@dg.schedule(
    job_name=RETRAIN_JOB,
    cron_schedule="0 3 1 * *",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="On the first of each month, at 3:00 UTC, makes and releases what has changed, however few playlists "
    "are new.",
)
def monthly_retraining(
    context: dg.ScheduleEvaluationContext, compute: dg.ResourceParam[Compute], settings: dg.ResourceParam[Settings]
) -> dg.RunRequest | dg.SkipReason:
    """Requests one run of the assets that are out of date, if there are any."""
    problem = forgets(context.instance)
    if problem:
        return dg.SkipReason(problem)
    stored = compute.store.slices()
    if not stored:
        return dg.SkipReason("there are no playlists in the store yet")
    # Dagster gives a tick a minute, in which not all files of a store can be read; payloads verify what they read.
    names = outdated(compute.store, settings, verify=False)
    if not names:
        return dg.SkipReason("nothing has changed since the last release")
    run = under_way(context.instance)
    if run:
        return dg.SkipReason(f"run {run} is under way")
    return dg.RunRequest(asset_selection=[dg.AssetKey(name) for name in names], tags=tag_of_slices(stored))
