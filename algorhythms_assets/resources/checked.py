"""What asset checks share: counted faults as Dagster's result."""

from collections.abc import Mapping

import dagster as dg


def counted(faults: Mapping[str, int], fine: str, blocking: bool = True) -> dg.AssetCheckResult:
    """Returns the result of a check that passes when every fault was found 0 times; each count can be charted."""
    found = [f"{name}: {count:,}" for name, count in faults.items() if count]
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        description="; ".join(found) or fine,
        metadata=dict(faults),
    )
