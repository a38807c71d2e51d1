"""Slices of playlists, and the snapshot made of them."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from algorhythms_assets.contracts import RAW_PLAYLISTS, TRACK_METADATA
from algorhythms_assets.ingest.config import RawPlaylistsConfig, TrackMetadataConfig
from algorhythms_assets.resources.compute import Compute, Request, materialize
from algorhythms_assets.resources.declared import declared
from algorhythms_assets.settings import Settings

SLICES = dg.DynamicPartitionsDefinition(name="slices")


@dg.asset(
    **declared(RAW_PLAYLISTS),
    partitions_def=SLICES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"json", "parquet"},
)
def raw_playlists(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
) -> None:
    """Validated rows of each slice; what had to be set aside stands beside them with its reason."""
    config = RawPlaylistsConfig(folder=settings.slices, keys=list(context.partition_keys))
    invocation = compute.run(context, RAW_PLAYLISTS.module, config, Request(cpus=2, memory_gb=4))
    _report(context, invocation.get_custom_messages()[-1]["outcomes"])


def _report(context: dg.AssetExecutionContext, outcomes: Sequence[dict[str, Any]]) -> None:
    """Gives each good slice its metadata; bad ones fail the step, once the good ones are recorded."""
    failed = [outcome["failed"] for outcome in outcomes if outcome["failed"]]
    for outcome in outcomes:
        if outcome["failed"]:
            continue
        metadata = {
            "dagster/row_count": outcome["rows"],
            "playlists": outcome["playlists"],
            "set aside": outcome["rejected"],
            "median length": outcome["median_length"],
            "warnings": dg.MetadataValue.json(outcome["warnings"]),
        }
        if outcome["rejected"]:
            context.log.warning(
                f"{outcome['key']}: {outcome['rejected']} playlists set aside, "
                f"see raw_playlists/{outcome['key']}.rejected.jsonl"
            )
        if failed:
            # A step that fails materializes nothing by itself.
            context.log_event(
                dg.AssetMaterialization(
                    context.asset_key,
                    partition=outcome["key"],
                    metadata=metadata,
                    tags={"dagster/data_version": outcome["data_version"]},
                )
            )
        else:
            context.add_asset_metadata(metadata, partition_key=outcome["key"])
    if failed:
        good = len(outcomes) - len(failed)
        raise dg.Failure("\n".join(failed), metadata={"good slices": good, "bad slices": len(failed)}, allow_retries=False)


@dg.asset(**declared(TRACK_METADATA), kinds={"duckdb", "parquet"})
def track_metadata(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[Any]:
    """The snapshot: dense track ids, names, play counts, and the playlists as integers, split by bucket."""
    config = TrackMetadataConfig(holdout=settings.holdout)
    return materialize(context, compute, TRACK_METADATA, config, Request(memory_gb=8))
