"""Rolling a release back, and taking music down, from Dagster's UI."""

from typing import Any

import dagster as dg
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError
from pydantic import Field

from algorhythms_assets.contracts import RELEASE
from algorhythms_assets.ingest.slices import some
from algorhythms_assets.release.assets import told_of_endpoint
from algorhythms_assets.release.block_list import Action, edit
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.release.told import about
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings


class RollBackConfig(dg.Config):
    """Which release to serve again, and why; without a version, the one before the current release."""

    version: str | None = None
    reason: str | None = None


@dg.op
def switch_to_earlier_release(
    context: dg.OpExecutionContext,
    config: RollBackConfig,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> None:
    """Switches `releases/current.json` to an earlier release, after the same checks as for a new one."""
    try:
        bucket = Bucket(s3.get_client()) if settings.releases == "bucket" else None
        content = roll_back(compute.store, config.version, bucket, config.reason)
    except (InputError, NotServableError, IndexUnavailableError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    context.log_event(
        dg.AssetMaterialization(
            RELEASE.name,
            description=f"rolled back from {content['rolled_back_from']}",
            metadata=about(compute.store, content) | settings.in_use,
        )
    )
    context.log_event(told_of_endpoint(content["version"], settings))


@dg.job(
    name="roll_back", description="Serve an earlier release again: the one before the current release, or a version."
)
def roll_back_job() -> None:
    """Rolls back."""
    switch_to_earlier_release()


class BlockConfig(dg.Config):
    """Which tracks, by identifier or link, and which artists, by name or URI; and why."""

    tracks: list[str] = Field(default=[])
    artists: list[str] = Field(default=[])
    reason: str | None = None


def _edited(
    context: dg.OpExecutionContext, action: Action, config: BlockConfig, compute: Compute, settings: Settings, s3: Any
) -> None:
    try:
        if not config.tracks and not config.artists:
            raise InputError("give tracks or artists in the config of the run")
        bucket = Bucket(s3.get_client()) if settings.releases == "bucket" else None
        blocked = edit(compute.store, action, config.tracks, config.artists, config.reason, bucket)
    except InputError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    context.log_event(
        dg.AssetObservation(
            RELEASE.name,
            description=f"{action}ed: {some([*config.tracks, *config.artists])}",
            metadata={
                "reason": config.reason or "none given",
                "blocked tracks": len(blocked.tracks),
                "blocked artists": len(blocked.artists),
            },
        )
    )


@dg.op
def block_music(
    context: dg.OpExecutionContext,
    config: BlockConfig,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> None:
    """Adds tracks and artists to the block list: endpoints leave them out within seconds."""
    _edited(context, "block", config, compute, settings, s3)


@dg.op
def unblock_music(
    context: dg.OpExecutionContext,
    config: BlockConfig,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
) -> None:
    """Removes tracks and artists from the list; an index built without them still lacks them until the next one."""
    _edited(context, "unblock", config, compute, settings, s3)


@dg.job(description="Take tracks and artists down: they are left out of every answer, whichever release is served.")
def block() -> None:
    """Blocks."""
    block_music()


@dg.job(description="Restore blocked tracks and artists.")
def unblock() -> None:
    """Unblocks."""
    unblock_music()
