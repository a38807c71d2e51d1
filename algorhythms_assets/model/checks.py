"""What trained titles should be like."""

import json

import dagster as dg
import numpy as np

from algorhythms_assets.contracts import TITLE_WEIGHTS
from algorhythms_assets.model.assets import title_weights
from algorhythms_assets.resources.compute import Compute


@dg.asset_check(asset=title_weights, blocking=True)
def title_vectors_are_finite(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every number of the titles' vectors is one."""
    path = compute.store.path(TITLE_WEIGHTS) / "title_vectors.npy"
    if not path.is_file():
        return dg.AssetCheckResult(passed=True, description="there are no titles")
    wrong = int((~np.isfinite(np.load(path))).sum())
    return dg.AssetCheckResult(passed=not wrong, description=f"{wrong} numbers are not finite")


@dg.asset_check(asset=title_weights)
def titles_say_something(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """On validation playlists, titles alone have a higher R-precision than popularity."""
    about = json.loads((compute.store.path(TITLE_WEIGHTS) / "description.json").read_text())
    if not about.get("judged"):
        return dg.AssetCheckResult(passed=True, description="no validation playlist has a title that is known")
    found, popularity = about["r_precision"], about["popularity"]
    return dg.AssetCheckResult(
        passed=found > popularity,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"R-precision {found:.4f} by titles, {popularity:.4f} by popularity",
    )
