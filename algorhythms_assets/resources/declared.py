"""An artifact's contract as Dagster's asset declaration."""

from typing import Any

import dagster as dg

from algorhythms_assets.contracts import Artifact, description

# Dagster's alerts and filters go by it; whoever runs this gives the team people.
OWNER = "team:recommendations"
# What an asset page is filtered by: what endpoints load, what a GPU speeds up, what a release can do without.
SERVED, GPU, OPTIONAL = ({f"algorhythms/{name}": ""} for name in ("served", "gpu", "optional"))
# Of what may end otherwise next time: a node that was lost, a job that had to make way.
RETRIES = dg.RetryPolicy(max_retries=2, delay=30)


def declared(artifact: Artifact) -> dict[str, Any]:
    """Returns the arguments of `@dg.asset` that the contract already says: name, group, lineage, version, columns."""
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
        "group_name": artifact.stage,
        "deps": list(artifact.inputs),
        "code_version": artifact.code_version,
        "metadata": metadata,
        "owners": [OWNER],
        "retry_policy": RETRIES,
    }
