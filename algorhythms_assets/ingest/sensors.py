"""New slices become partitions and are parsed."""

import json
from dataclasses import asdict
from typing import Any

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES  # dagster exports no name for it

from algorhythms_assets.ingest.arrivals import MOST_TRIES, Asked, arrivals
from algorhythms_assets.ingest.partitions import SLICES, SLICES_NAME, ranges
from algorhythms_assets.ingest.slices import find_slices, some
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.kept_history import forgets
from algorhythms_assets.resources.store import InputError, digest
from algorhythms_assets.settings import Settings

_JOB = "ingest_slices"


@dg.sensor(
    job_name=_JOB,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Parses new and changed slice files, all of a tick in one run.",
)
def new_slices(
    context: dg.SensorEvaluationContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> dg.SensorResult:
    """Requests one run over all slice files that are new or changed, and complete."""
    problem = forgets(context.instance)
    if problem:
        return dg.SensorResult(skip_reason=problem, cursor=context.cursor)
    cursor = {"requests": 0, "asked": {}, "growing": {}} | json.loads(context.cursor or "{}")
    # Earlier versions of this sensor recorded only the version.
    asked = {
        key: Asked(**about) if isinstance(about, dict) else Asked(about, 1) for key, about in cursor["asked"].items()
    }
    try:
        listed = find_slices(settings.slices, s3.get_client() if s3 else None)
    except InputError as error:
        return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)
    parsing = bool(
        context.instance.get_runs(dg.RunsFilter(job_name=_JOB, statuses=list(NOT_FINISHED_STATUSES)), limit=1)
    )
    store = compute.store
    found = arrivals(listed.files, store.slices(), store.failed_slices(), asked, parsing, cursor["growing"])
    partitions = context.instance.get_dynamic_partitions(SLICES_NAME)
    added = [key for key in found.changed if key not in set(partitions)]
    # The number prevents a removed slice that comes back from being mistaken for one already requested.
    requests = [
        dg.RunRequest(run_key=digest(cursor["requests"], [(key, found.changed[key]) for key in keys]), tags=tags)
        for keys, tags in ranges([*partitions, *added], set(found.changed))
    ]
    states = [
        f"{len(listed.files)} slices in {settings.slices}, {len(found.changed) + found.more} of them new or changed",
        f"{found.more} of these wait for the next tick" if found.more else "",
        f"could not be read, see raw_playlists/report.jsonl: {some(found.failed)}" if found.failed else "",
        f"requested {MOST_TRIES} times without success, so materialize by hand: {some(found.given_up)}"
        if found.given_up
        else "",
        f"skipped: {some(listed.passed_over)}" if listed.passed_over else "",
        f"still growing: {some(found.growing)}" if found.growing else "",
        f"no longer there, but kept until the job remove_slices removes them: {some(found.vanished)}"
        if found.vanished
        else "",
    ]
    told = "; ".join(filter(None, states))
    context.log.info(told)
    tries = {key: Asked(version, _tries(asked, key, version) + 1) for key, version in found.changed.items()}
    noted = {key: about for key, about in (asked | tries).items() if key in listed.files}
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else told,
        dynamic_partitions_requests=[SLICES.build_add_request(added)] if added else [],
        cursor=json.dumps(
            {
                "requests": cursor["requests"] + bool(requests),
                "asked": {key: asdict(about) for key, about in noted.items()},
                "growing": found.growing,
            }
        ),
    )


def _tries(asked: dict[str, Asked], key: str, version: str) -> int:
    before = asked.get(key)
    return before.tries if before and before.version == version else 0
