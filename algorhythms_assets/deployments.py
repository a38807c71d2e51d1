"""The resources of each deployment."""

from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.store import Store
from algorhythms_assets.settings import Settings


def resources(settings: Settings) -> dict[str, Any]:
    """Returns the resources of the chosen deployment."""
    store = Store(Path(settings.store).absolute())
    deployments = {"local": {"compute": LocalCompute(store, settings.engine)}}
    return {"settings": settings, "s3": _s3(settings), **deployments[settings.deployment]}


def _s3(settings: Settings) -> dg.ResourceDefinition | dg.ConfigurableResource[Any]:
    if not settings.slices.startswith("s3://"):
        return dg.ResourceDefinition.none_resource("used when ALGORHYTHMS_PLAYLISTS is an s3:// prefix")
    # Takes longer to import than all the rest.
    from dagster_aws.s3 import S3Resource

    return S3Resource()
