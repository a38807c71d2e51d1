"""New slices become partitions and are parsed; enough new playlists make a new snapshot and all that follows."""

import json
from typing import Any

import dagster as dg

from algorhythms_assets.contracts import TRACK_METADATA
from algorhythms_assets.ingest.arrivals import arrivals, new_playlists
from algorhythms_assets.ingest.partitions import SLICES, SLICES_NAME, ranges
from algorhythms_assets.ingest.slices import find_slices, some
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.store import InputError, digest
from algorhythms_assets.settings import Settings


@dg.sensor(
    job_name="ingest_slices",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Parses slice files that are new or changed, all of a tick in one run.",
)
def new_slices(
    context: dg.SensorEvaluationContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> dg.SensorResult:
    """Asks for one run over all slice files that are new or changed, and whole."""
    cursor = json.loads(context.cursor) if context.cursor else {"asked": {}, "growing": {}}
    try:
        listed = find_slices(settings.slices, s3.get_client() if s3 else None)
    except InputError as problem:
        return dg.SensorResult(skip_reason=str(problem), cursor=context.cursor)
    files, passed_over = listed.files, listed.passed_over
    found = arrivals(files, compute.store.slices(), cursor["asked"], cursor["growing"])
    partitions = context.instance.get_dynamic_partitions(SLICES_NAME)
    added = [key for key in found.changed if key not in set(partitions)]
    requests = [
        dg.RunRequest(run_key=digest([(key, found.changed[key]) for key in keys]), tags=tags)
        for keys, tags in ranges([*partitions, *added], set(found.changed))
    ]
    states = [
        f"{len(files)} slices in {settings.slices}, {len(found.changed)} of them new or changed",
        f"passed over: {some(passed_over)}" if passed_over else "",
        f"still growing: {some(found.growing)}" if found.growing else "",
        f"no longer there, but kept until the job remove_slices removes them: {some(found.vanished)}"
        if found.vanished
        else "",
    ]
    told = "; ".join(filter(None, states))
    context.log.info(told)
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else told,
        dynamic_partitions_requests=[SLICES.build_add_request(added)] if added else [],
        cursor=json.dumps({"asked": cursor["asked"] | found.changed, "growing": found.growing}),
    )


@dg.sensor(
    job_name="train_and_release",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes a new snapshot, and with it all that depends on its ids, once enough playlists are new.",
)
def enough_new_playlists(
    compute: dg.ResourceParam[Compute], settings: dg.ResourceParam[Settings]
) -> dg.RunRequest | dg.SkipReason:
    """Asks for one run of everything after the slices: the only automatic way to a new snapshot."""
    about = compute.store.path(TRACK_METADATA) / "snapshot.json"
    snapshot = json.loads(about.read_text())["slices"] if about.is_file() else {}
    stored = compute.store.slices()
    new = new_playlists(stored, snapshot)
    if new < settings.retrain_after:
        return dg.SkipReason(f"{new} new playlists; a new snapshot is made of {settings.retrain_after} or more")
    # The same slices are tried once: what failed needs a person.
    return dg.RunRequest(run_key=digest({key: stamp.data_version for key, stamp in stored.items()}))
