"""The release."""

from typing import Any

import dagster as dg
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError

from algorhythms_assets.contracts import RELEASE
from algorhythms_assets.release.publish import publish
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.declared import declared
from algorhythms_assets.resources.store import InputError


class ReleaseConfig(dg.Config):
    """Whether a negative verdict is overruled."""

    force: bool = False


@dg.asset(**declared(RELEASE), kinds={"json"})
def release(compute: dg.ResourceParam[Compute], config: ReleaseConfig) -> dg.MaterializeResult[Any]:
    """What users are served: reads the evaluation's verdict, then switches `releases/current.json`."""
    try:
        content = publish(compute.store, config.force)
    except (InputError, NotServableError, IndexUnavailableError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    return dg.MaterializeResult(
        metadata={
            "version": content["version"],
            "forced": content["forced"],
            "metrics": dg.MetadataValue.json(content["metrics"]),
        },
        data_version=dg.DataVersion(content["version"]),
    )
