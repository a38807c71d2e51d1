"""Taking a release back, from Dagster's UI."""

from typing import Any

import dagster as dg
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError

from algorhythms_assets.contracts import RELEASE
from algorhythms_assets.release.assets import told_of_endpoint
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.release.told import about
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings


class RollBackConfig(dg.Config):
    """Which release is to serve again, and why; without a version what served before the current."""

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
    name="roll_back", description="Have an earlier release serve again: what served before the current, or a version."
)
def roll_back_job() -> None:
    """Rolls back."""
    switch_to_earlier_release()
