"""An artifact's contract as Dagster's asset declaration."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from algorhythms_assets.contracts import Artifact, description

# Dagster's alerts and filters use it; the operator assigns people to the team.
OWNER = "team:recommendations"
# Tags to filter assets by: what endpoints load, what a GPU speeds up, what a release can do without.
SERVED, GPU, OPTIONAL = ({f"algorhythms/{name}": ""} for name in ("served", "gpu", "optional"))
# Pools for shared resources: one step at a time, across runs, unless the limit is changed in Dagster's UI.
GPU_POOL, FEATURE_SERVICE_POOL = "gpu", "feature_service"
# For failures that may not recur: a lost node, a preempted job.
RETRIES = dg.RetryPolicy(max_retries=2, delay=30)


# With a single group, the lineage opens on assets; with several, it shows a closed box for each.
GROUP = "algorhythms"
STAGE_TAG = "algorhythms/stage"


def declared(artifact: Artifact, tags: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Returns the arguments of `@dg.asset` that the contract defines: name, stage, lineage, version, columns."""
    metadata: dict[str, Any] = {"store path": artifact.path}
    if artifact.schema is not None:
        metadata["dagster/column_schema"] = dg.TableSchema(
            [
                dg.TableColumn(
                    field.name,
                    str(field.type),
                    description(field),
                    constraints=dg.TableColumnConstraints(nullable=field.nullable),
                )
                for field in artifact.schema
            ]
        )
    return {
        "name": artifact.name,
        "group_name": GROUP,
        "tags": {STAGE_TAG: artifact.stage, **(tags or {})},
        "deps": list(artifact.inputs),
        "code_version": artifact.code_version,
        "metadata": metadata,
        "owners": [OWNER],
        "retry_policy": RETRIES,
    }
