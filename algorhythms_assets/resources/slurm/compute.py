"""Payloads as Slurm jobs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import BaseModel

from algorhythms_assets.contracts import ARTIFACTS
from algorhythms_assets.resources.compute import failure, require_report
from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.slurm.client import PipesSlurmClient
from algorhythms_assets.resources.spark.engine import spark_config
from algorhythms_assets.resources.store import InputError, Store, planned_stamp

SPARK_LAUNCHER = "algorhythms_assets.resources.spark.allocation"

# Per node: two JVMs and Python, however little data there is.
_SPARK_GB = 5


@dataclass(frozen=True)
class SlurmCompute:
    """Runs payloads as jobs of the client. The store and this interpreter must exist on every node.

    `requests` overrides parts of what assets request, by asset name. A payload that requests several nodes gets Spark
    on them.
    """

    store: Store
    engine: str
    client: PipesSlurmClient
    spark: Mapping[str, Any] = field(default_factory=dict)
    requests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def run(
        self, context: dg.AssetExecutionContext, module: str, config: BaseModel, request: Request
    ) -> dg.PipesClientCompletedInvocation:
        """Returns what the payload reported; see `Compute`."""
        name = module.rpartition(".")[2]
        chosen = self.requests.get(name, {})
        request = replace(request, **chosen)
        several = request.nodes > 1
        if several and "memory_gb" not in chosen:
            request = replace(request, memory_gb=max(request.memory_gb, _SPARK_GB))
        invocation = self.client.run(
            context=context,
            command=[sys.executable, "-m", *([SPARK_LAUNCHER] if several else []), module],
            extras={
                "store": str(self.store.root),
                "engine": "spark" if several else self.engine,
                "spark": spark_config("spark") if several else dict(self.spark),
                "config": config.model_dump(mode="json"),
            },
            request=request,
            inputs=self._planned(name, config),
            scope=str(self.store.root),
            explain=partial(_explained, module),
        )
        require_report(module, invocation, _log(invocation))
        return invocation

    def _planned(self, name: str, config: BaseModel) -> str | None:
        """Returns the data version that the payload would give its artifact now, if its inputs determine it."""
        artifact = ARTIFACTS.get(name)
        if artifact is None or not artifact.inputs:
            return None
        try:
            return planned_stamp(artifact, self.store.inputs(artifact), config.model_dump(mode="json")).data_version
        except InputError:
            return None


def _explained(module: str, messages: Sequence[Any], job: dg.Failure, log: Path) -> dg.Failure:
    """Returns a job's failure with its payload's message."""
    told = failure(module, messages, str(job.description), str(log))
    retry = bool(told.allow_retries and job.allow_retries)
    return dg.Failure(told.description, metadata=job.metadata, allow_retries=retry)


def _log(invocation: dg.PipesClientCompletedInvocation) -> str:
    return str(invocation.metadata["job's log"].value)
