"""The resources of each deployment."""

from pathlib import Path
from typing import Any

from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.store import Store
from algorhythms_assets.settings import Settings


def resources(settings: Settings) -> dict[str, Any]:
    """Returns the resources of the chosen deployment."""
    store = Store(Path(settings.store).absolute())
    deployments = {"local": {"compute": LocalCompute(store, settings.engine)}}
    return {"settings": settings, **deployments[settings.deployment]}
