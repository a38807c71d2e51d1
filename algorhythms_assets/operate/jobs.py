"""Freeing what a store no longer needs, from Dagster's UI or once a week."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from algorhythms_assets.operate.prune import prune as freed_by
from algorhythms_assets.operate.sizes import sizes
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.kept_history import require_kept
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings

_PARTS = {"part": "string", "bytes": "int", "other versions": "int"}
_FREED = {"what": "string", "bytes": "int", "why": "string"}


class PruneConfig(dg.Config):
    """Whether to only list what would be freed."""

    dry_run: bool = False


@dg.op
def free_what_nobody_needs(
    context: dg.OpExecutionContext,
    config: PruneConfig,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> dg.Output[None]:
    """Frees refused candidates, interrupted work, and logs and runs that are older than ALGORHYTHMS_KEEP_DAYS.

    Its output lists what was freed, and the size of each part of the store. See docs/operate.md.
    """
    require_kept(context.instance)
    try:
        bucket = Bucket(s3.get_client()) if settings.releases == "bucket" else None
        chosen = settings.model_copy(update={"store": compute.store.root})
        freed = freed_by(context.instance, chosen, bucket, dry_run=config.dry_run)
    except InputError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    for told in freed:
        context.log.info(f"{'would free' if config.dry_run else 'freed'} {told}")
    parts = sizes(compute.store)
    return dg.Output(
        None,
        metadata={
            "would be freed (bytes)" if config.dry_run else "freed (bytes)": sum(told.bytes for told in freed),
            "store (bytes)": sum(part.bytes + part.other for part in parts),
            "store": _table(_PARTS, [(part.part, part.bytes, part.other) for part in parts]),
            "freed": _table(_FREED, [(told.what, told.bytes, told.why) for told in freed]),
        },
    )


def _table(columns: Mapping[str, str], rows: Iterable[tuple[str | int, ...]]) -> dg.TableMetadataValue:
    """Returns a table of rows, whose columns have names and types."""
    return dg.MetadataValue.table(
        records=[dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows],
        schema=dg.TableSchema([dg.TableColumn(name, kind) for name, kind in columns.items()]),
    )


@dg.job(description="Free what is no longer needed; releases and what they can be rolled back to stay.")
def prune() -> None:
    """Prunes."""
    free_what_nobody_needs()


weekly_prune = dg.ScheduleDefinition(
    job=prune, cron_schedule="0 4 * * 0", description="Frees what is no longer needed, on Sundays at 4:00 UTC."
)
