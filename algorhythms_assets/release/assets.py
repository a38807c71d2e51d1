"""The release."""

from datetime import timedelta
from typing import Any

import dagster as dg
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import CURRENT, NotServableError
from pydantic import Field

from algorhythms_assets.contracts import RELEASE
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import KEEP
from algorhythms_assets.release.publish import publish
from algorhythms_assets.release.told import about
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.declared import GROUP, OWNER, SERVED, STAGE_TAG, declared
from algorhythms_assets.resources.kept_history import require_kept
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings


class ReleaseConfig(dg.Config):
    """Whether a negative verdict is overruled, and how many releases can be rolled back to."""

    force: bool = False
    keep: int = Field(
        KEEP, ge=2, description="releases whose files are kept; endpoints may still serve the last but one"
    )


endpoint = dg.AssetSpec(
    "endpoint",
    owners=[OWNER],
    deps=[RELEASE.name],
    group_name=GROUP,
    tags={STAGE_TAG: "serving", **SERVED},
    kinds={"fastapi"},
    description="Whatever answers `POST /recommendations` with the release: `make serve` on this machine, or the "
    "function on AWS. Dagster does not run it; it checks for a new release every five seconds. "
    "The last observation says which one it serves. See docs/endpoint.md.",
)


def told_of_endpoint(version: str, settings: Settings) -> dg.AssetObservation:
    """Returns the observation of the endpoint that says what it serves from now on."""
    return dg.AssetObservation(endpoint.key, metadata={"serves": version, **settings.in_use})


@dg.asset(
    **declared(RELEASE, SERVED),
    kinds={"json"},
    # A release of last month does not know newer songs.
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=45), warn_window=timedelta(days=32)),
)
def release(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    s3: dg.ResourceParam[Any],
    config: ReleaseConfig,
) -> dg.MaterializeResult[Any]:
    """What users are served: one file, `releases/current.json`, that names a bundle and an index.

    Reads the verdict of the evaluation, loads everything as an endpoint does, and replaces that file. Endpoints
    load the new release within seconds. The job `roll_back` restores the previous release. See docs/endpoint.md.
    """
    require_kept(context.instance)
    try:
        bucket = Bucket(s3.get_client()) if settings.releases == "bucket" else None
        content = publish(compute.store, config.force, config.keep, bucket)
    except (InputError, NotServableError, IndexUnavailableError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    context.log_event(told_of_endpoint(content["version"], settings))
    return dg.MaterializeResult(
        metadata={
            **about(compute.store, content),
            **settings.in_use,
            "forced": content["forced"],
            **{
                f"{method} {metric}": mean
                for method, means in content["metrics"].items()
                for metric, mean in means.items()
                if mean is not None
            },
            "dagster/uri": (compute.store.root / CURRENT).absolute().as_uri(),
        },
        data_version=dg.DataVersion(content["version"]),
    )
