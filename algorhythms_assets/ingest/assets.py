"""Slices of playlists, and the snapshot made from them."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from algorhythms_assets.contracts import RAW_PLAYLISTS, TRACK_METADATA
from algorhythms_assets.ingest.config import RawPlaylistsConfig, TrackMetadataConfig
from algorhythms_assets.ingest.memory import parsing_gb
from algorhythms_assets.ingest.partitions import SLICES
from algorhythms_assets.ingest.slices import find_slices
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import GROUP, OWNER, STAGE_TAG, declared
from algorhythms_assets.resources.index.ready import UnreachableError, require_ready
from algorhythms_assets.resources.kept_history import require_kept
from algorhythms_assets.resources.store import InputError, Store, digest
from algorhythms_assets.settings import Settings


class RawPlaylistsRunConfig(dg.Config):
    """How much of a slice may be bad."""

    max_rejected_share: float = Field(0.5, ge=0, le=1, description="a slice of which more is set aside fails")


playlist_files = dg.AssetSpec(
    "playlist_files",
    owners=[OWNER],
    group_name=GROUP,
    tags={STAGE_TAG: RAW_PLAYLISTS.stage},
    kinds={"file"},
    description="The files of playlists in ALGORHYTHMS_PLAYLISTS, as people put them there. Dagster does not make "
    "them: the sensor `new_slices` finds those that are new or changed. The last observation says where they are and "
    "how many were read. Formats: docs/playlists.md.",
)


@dg.asset(
    **(declared(RAW_PLAYLISTS) | {"deps": [playlist_files]}),
    partitions_def=SLICES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"python", "parquet"},
)
def raw_playlists(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    config: RawPlaylistsRunConfig,
) -> dg.MaterializeResult[Any]:
    """Each slice of playlists as validated rows, one row per track.

    A slice is one file of the folder or prefix ALGORHYTHMS_PLAYLISTS, in any of some twenty formats, and one
    partition. What cannot be used is set aside with its reason in `<slice>.rejected.jsonl`, so a bad file does
    not affect others. Formats: docs/playlists.md.
    """
    require_kept(context.instance)
    chosen = RawPlaylistsConfig(
        folder=settings.slices, keys=list(context.partition_keys), max_rejected_share=config.max_rejected_share
    )
    found: dict[str, Any] = {"place": chosen.folder, "files read": len(context.partition_keys)}
    context.log_event(dg.AssetObservation(playlist_files.key, metadata=found))
    invocation = compute.run(context, RAW_PLAYLISTS.module, chosen, _request(chosen))
    made = invocation.get_custom_messages()[-1]
    outcomes = made["outcomes"]
    good = [outcome for outcome in outcomes if not outcome["failed"]]
    failed = [outcome["failed"] for outcome in outcomes if outcome["failed"]]
    if failed:
        # A step that fails does not materialize anything by itself, but its good slices can be used.
        for outcome in good:
            version = {"dagster/data_version": outcome["data_version"]}
            event = dg.AssetMaterialization(
                context.asset_key,
                partition=outcome["key"],
                metadata=_metadata(outcome, made["spent"], compute.store, invocation.metadata),
                tags=version,
            )
            context.log_event(event)
        numbers = {"good slices": len(good), "bad slices": len(failed)}
        raise dg.Failure("\n".join([*made["summary"], f"Details in {made['details']}"]), numbers, allow_retries=False)
    for outcome in good:
        metadata = _metadata(outcome, made["spent"], compute.store, invocation.metadata)
        context.add_asset_metadata(metadata, partition_key=outcome["key"])
    # Slices parsed in one run share its data version: Dagster takes one per step.
    versions = [outcome["data_version"] for outcome in good]
    return dg.MaterializeResult(data_version=dg.DataVersion(versions[0] if len(versions) == 1 else digest(versions)))


def _request(chosen: RawPlaylistsConfig) -> Request:
    try:
        files = find_slices(chosen.folder).files
    except InputError:
        # The payload reports it, with the same message.
        return Request()
    return Request(memory_gb=parsing_gb([files[key] for key in chosen.keys or () if key in files], Request.cpus))


def _metadata(
    outcome: dict[str, Any], spent: Mapping[str, float], store: Store, job: Mapping[str, Any]
) -> dict[str, Any]:
    place = store.slice_path(outcome["key"])
    return {
        **job,
        "dagster/partition_row_count": outcome["rows"],
        "playlists": outcome["playlists"],
        "set aside": outcome["rejected"],
        "median length": outcome["median_length"],
        **({"nothing to do": outcome["nothing"]} if outcome["nothing"] else {}),
        **_warnings(outcome["warnings"]),
        "dagster/uri": place.absolute().as_uri(),
        "bytes": place.stat().st_size,
        # Figures of the run, which may have parsed other slices too.
        **{f"run's {name}": value for name, value in spent.items()},
    }


def _warnings(counts: Mapping[str, int]) -> dict[str, Any]:
    """Returns a slice's warnings as a table, the most frequent first."""
    if not counts:
        return {}
    records = [
        dg.TableRecord({"rows": count, "what": what}) for what, count in sorted(counts.items(), key=lambda c: -c[1])
    ]
    schema = dg.TableSchema([dg.TableColumn("rows", "int"), dg.TableColumn("what", "string")])
    return {"warnings": dg.MetadataValue.table(records, schema)}


@dg.asset(**declared(TRACK_METADATA), kinds={"duckdb", "parquet"})
def track_metadata(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[Any]:
    """The snapshot that everything downstream is made from: the playlists of all slices, with tracks as integers.

    Every track gets a dense number and its most frequent spelling; a hash of each playlist's identifier decides
    whether it trains, validates or tests. The same export twice counts once. Numbers are only valid within one
    snapshot, so every downstream artifact carries the snapshot's version. Why: docs/architecture.md, "Three rules".
    """
    if settings.index != "embedded":
        # The first step of every training: a failure that would only appear in `search_index` is reported here.
        try:
            context.log.info(f"the index will be made on Elasticsearch {require_ready()}")
        except UnreachableError as error:
            if settings.deployment != "slurm":
                raise dg.Failure(str(error), allow_retries=False) from None
            context.log.warning(f"from here {error}; it has to be reached from where search_index runs")
        except InputError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
    config = TrackMetadataConfig(holdout=settings.holdout)
    return materialize(context, compute, TRACK_METADATA, config, Memory(0.6, per_million_rows=0.13))
