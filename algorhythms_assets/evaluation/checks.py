"""The quality gate, and whether quality drifts."""

import json

import dagster as dg
from algorhythms_ask.release import CURRENT

from algorhythms_assets.contracts import EVALUATION_REPORT
from algorhythms_assets.evaluation.assets import evaluation_report
from algorhythms_assets.evaluation.charted import charted
from algorhythms_assets.metrics import GATE_METRICS
from algorhythms_assets.picture import inline
from algorhythms_assets.resources.compute import Compute


@dg.asset_check(asset=evaluation_report, blocking=True)
def quality_gate(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """The served model must not be worse, beyond the paired interval, than popularity, item-kNN or the release."""
    folder = compute.store.path(EVALUATION_REPORT)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    gate = report["gate"]
    lines = [*gate["reasons"], *gate["warnings"]]
    return dg.AssetCheckResult(
        passed=gate["passed"],
        severity=dg.AssetCheckSeverity.WARN if gate["passed"] else dg.AssetCheckSeverity.ERROR,
        description="; ".join(lines) or "not worse than popularity, item-kNN or the release",
        metadata={"methods": dg.MarkdownMetadataValue(inline(folder / "methods.png")), **charted(report)},
    )


@dg.asset_check(asset=evaluation_report)
def metrics_hold(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """The metrics of the current release, as measured when it was evaluated, are not above today's interval.

    The gate compares methods on the same playlists, so it does not notice if all of them fall together because the
    playlists changed.
    """
    path = compute.store.root / CURRENT
    report = json.loads((compute.store.path(EVALUATION_REPORT) / "report.json").read_text(encoding="utf-8"))
    now, intervals = report["methods"]["served"]["mean"], report["intervals"]["served"]
    released = json.loads(path.read_text(encoding="utf-8"))["metrics"]["served"] if path.is_file() else {}
    fallen: list[str] = []
    numbers: dict[str, float] = {}
    for metric in GATE_METRICS:
        before = released.get(metric)
        if before is None or now[metric] is None or intervals[metric] is None:
            continue
        numbers |= {metric: now[metric], f"{metric} released": before}
        if before > intervals[metric][1]:
            fallen.append(f"{metric} {before:.4f} to {now[metric]:.4f}")
    return dg.AssetCheckResult(
        passed=not fallen,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(fallen) or ("as high as at the release" if numbers else "nothing to compare with"),
        metadata=numbers,
    )
