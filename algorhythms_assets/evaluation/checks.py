"""The quality gate."""

import json

import dagster as dg

from algorhythms_assets.contracts import EVALUATION_REPORT
from algorhythms_assets.evaluation.assets import evaluation_report
from algorhythms_assets.resources.compute import Compute


@dg.asset_check(asset=evaluation_report, blocking=True)
def quality_gate(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """What is served must not be worse, beyond the paired interval, than popularity, item-kNN or what is released."""
    gate = json.loads((compute.store.path(EVALUATION_REPORT) / "report.json").read_text())["gate"]
    lines = [*gate["reasons"], *gate["warnings"]]
    return dg.AssetCheckResult(
        passed=gate["passed"],
        severity=dg.AssetCheckSeverity.WARN if gate["passed"] else dg.AssetCheckSeverity.ERROR,
        description="; ".join(lines) or "not worse than popularity, item-kNN or what is released",
    )
