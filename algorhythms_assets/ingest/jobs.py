"""Removes slices on purpose: when a file vanishes, its slice stays."""

import json
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from algorhythms_assets.contracts import RAW_PLAYLISTS
from algorhythms_assets.ingest.partitions import SLICES_NAME
from algorhythms_assets.ingest.slices import find_slices, some
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.store import FAILED_SUFFIX, InputError, Store
from algorhythms_assets.settings import Settings

# Next to the slices; one line for each removed slice.
REMOVED_FILE = "removed.jsonl"

_STILL = "until the next release: the sensor enough_new_playlists asks for one, or launch retrain"


class RemoveSlicesConfig(dg.Config):
    """Which slices are removed from the store, by partition key, and why."""

    keys: list[str]
    reason: str


@dg.op
def remove_slices_from_store(
    context: dg.OpExecutionContext,
    config: RemoveSlicesConfig,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> None:
    """Deletes the rows of slices and their partitions; the current release still contains them until the next one."""
    store = compute.store
    try:
        _check(store, config.keys, settings.slices, s3)
        with lock(store.locks, RAW_PLAYLISTS.name):
            for key in config.keys:
                _remove(context, store, key, config.reason)
    except InputError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _check(store: Store, keys: list[str], place: str, s3: Any) -> None:
    unknown = [key for key in keys if key not in store.slices()]
    if unknown:
        raise InputError(f"not in the store: {some(unknown)}")
    try:
        files = find_slices(place, s3.get_client() if s3 else None).files
    except InputError:
        files = {}  # an empty folder, or none: the files are gone
    there = [str(files[key]) for key in keys if key in files]
    if there:
        raise InputError(f"still there, and would be read again at the next tick: {some(there)}. Move them away first.")


def _remove(context: dg.OpExecutionContext, store: Store, key: str, reason: str) -> None:
    stamp = store.slices()[key]
    path = store.slice_path(key)
    about = {"slice": key, "playlists": stamp.config["playlists"], "reason": reason}
    with path.parent.joinpath(REMOVED_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps({**about, "removed_at": datetime.now(UTC).isoformat(timespec="seconds")}) + "\n")
    path.with_suffix(".rejected.jsonl").unlink(missing_ok=True)
    path.with_suffix(FAILED_SUFFIX).unlink(missing_ok=True)
    path.unlink()
    event = dg.AssetObservation(
        RAW_PLAYLISTS.name,
        partition=key,
        description=f"removed: {reason}",
        metadata={"playlists": stamp.config["playlists"], "what is released speaks of them": _STILL},
    )
    context.log_event(event)
    context.instance.delete_dynamic_partition(SLICES_NAME, key)
    context.log.info(f"removed {key}: its {stamp.config['playlists']} playlists speak {_STILL}")


@dg.job(description="Remove slices from the store, by partition key; their files must already be gone.")
def remove_slices() -> None:
    """Removes slices."""
    remove_slices_from_store()
