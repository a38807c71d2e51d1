"""An artifact's contract as Dagster's asset declaration."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from algorhythms_assets.contracts import Artifact, description

# Dagster's alerts and filters go by it; whoever runs this gives the team people.
OWNER = "team:recommendations"
# What an asset page is filtered by: what endpoints load, what a GPU speeds up, what a release can do without.
SERVED, GPU, OPTIONAL = ({f"algorhythms/{name}": ""} for name in ("served", "gpu", "optional"))
# Pools of what steps share: one at a time has it, in whatever run, unless the limit is set otherwise in Dagster's UI.
GPU_POOL, FEATURE_SERVICE_POOL = "gpu", "feature_service"
# Of what may end otherwise next time: a node that was lost, a job that had to make way.
RETRIES = dg.RetryPolicy(max_retries=2, delay=30)


# Where there is one group alone, the lineage opens on assets; of several it shows a closed box each.
GROUP = "algorhythms"
STAGE_TAG = "algorhythms/stage"


def declared(artifact: Artifact, tags: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Returns the arguments of `@dg.asset` that the contract already says: name, stage, lineage, version, columns."""
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
