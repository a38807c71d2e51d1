"""Removes slices on purpose: a file that vanishes takes nothing with it."""

import dagster as dg

from algorhythms_assets.contracts import RAW_PLAYLISTS
from algorhythms_assets.ingest.partitions import SLICES_NAME
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.store import Store


class RemoveSlicesConfig(dg.Config):
    """Which slices are removed from the store."""

    keys: list[str]


@dg.op
def remove_slices_from_store(
    context: dg.OpExecutionContext, config: RemoveSlicesConfig, compute: dg.ResourceParam[Compute]
) -> None:
    """Deletes the rows of slices and their partitions; the next snapshot is made without them."""
    unknown = [key for key in config.keys if key not in compute.store.slices()]
    if unknown:
        raise dg.Failure(f"not in the store: {', '.join(unknown)}", allow_retries=False)
    with lock(compute.store.locks, RAW_PLAYLISTS.name):
        _remove(context, config, compute.store)


def _remove(context: dg.OpExecutionContext, config: RemoveSlicesConfig, store: Store) -> None:
    for key in config.keys:
        path = store.slice_path(key)
        path.with_suffix(".rejected.jsonl").unlink(missing_ok=True)
        path.unlink()
        context.instance.delete_dynamic_partition(SLICES_NAME, key)
        context.log.info(f"removed {key}")


@dg.job(description="Remove slices from the store, by partition key; their files have to be gone already.")
def remove_slices() -> None:
    """Removes slices."""
    remove_slices_from_store()
