"""Where payloads run: here in processes of their own; other deployments have their own `Compute`."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import dagster as dg
from pydantic import BaseModel

from algorhythms_assets.contracts import Artifact
from algorhythms_assets.resources.engine import machine_gb
from algorhythms_assets.resources.kept_history import require_kept
from algorhythms_assets.resources.messages import WholeLineReader
from algorhythms_assets.resources.payload_process import run_payload
from algorhythms_assets.resources.request import Memory as Memory
from algorhythms_assets.resources.request import Request as Request
from algorhythms_assets.resources.store import Store


class Compute(Protocol):
    """Runs a payload module under Dagster Pipes, on the artifacts of one store."""

    @property
    def store(self) -> Store:
        """The store, as payloads reach it too."""

    def run(
        self, context: dg.AssetExecutionContext, module: str, config: BaseModel, request: Request
    ) -> dg.PipesClientCompletedInvocation:
        """Returns what the payload reported.

        Raises:
            dg.Failure: the payload failed, or ended without a report.
        """


def materialize(
    context: dg.AssetExecutionContext,
    compute: Compute,
    artifact: Artifact,
    config: BaseModel,
    memory: Memory,
    request: Request | None = None,
) -> dg.MaterializeResult[Any]:
    """Runs the payload of an artifact; its request includes the memory that the artifact's inputs need."""
    require_kept(context.instance)
    rows, tracks = compute.store.input_size(artifact)
    sized = replace(request or Request(), memory_gb=memory.gb(rows, tracks))
    return compute.run(context, artifact.module, config, sized).get_materialize_result()


@dataclass(frozen=True)
class LocalCompute:
    """Runs payloads on this machine, each in its own process."""

    store: Store
    engine: str
    spark: Mapping[str, Any] = field(default_factory=dict)

    def run(
        self,
        context: dg.AssetExecutionContext,
        module: str,
        config: BaseModel,
        request: Request,
    ) -> dg.PipesClientCompletedInvocation:
        """Returns what the payload reported; see `Compute`. Of the request, only memory is checked."""
        require_memory(module, request.memory_gb)
        reader = WholeLineReader()
        extras = {
            "store": str(self.store.root),
            "engine": self.engine,
            "spark": dict(self.spark),
            "config": config.model_dump(mode="json"),
            "parent": os.getpid(),
        }
        with dg.open_pipes_session(context, dg.PipesTempFileContextInjector(), reader, extras) as session:
            code = run_payload(module, {**os.environ, **session.get_bootstrap_env_vars()})
        if code:
            killed = code == -signal.SIGKILL
            how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            why = " (killed: the system does that when memory runs out)" if killed else ""
            told = failure(module, reader.handler.get_custom_messages(), f"{how}{why}")
            # A killed payload may find more memory next time, and resumes; any other failure would recur.
            raise dg.Failure(told.description, allow_retries=killed and told.allow_retries)
        invocation = dg.PipesClientCompletedInvocation(session)
        require_report(module, invocation)
        return invocation


def require_memory(module: str, needed_gb: int) -> None:
    """Checks that this machine has the memory that a payload needs, before it is killed hours later.

    Raises:
        dg.Failure: it does not; the message says what would fit.
    """
    has = machine_gb()
    # The request was rounded up to whole GB.
    if needed_gb - 1 > has:
        raise dg.Failure(
            f"{module} needs about {needed_gb} GB of memory for this snapshot, and this machine has {has:.1f} GB: with "
            f"that, about {has / needed_gb:.0%} of the playlists would fit. Give fewer slices, or more memory, or a "
            "cluster (docs/slurm.md). What every asset needs is in docs/slurm.md.",
            allow_retries=False,
        )


def require_report(module: str, invocation: dg.PipesClientCompletedInvocation, log: str = "the step's log") -> None:
    """Checks that a payload that exited with 0 reported what it made: Dagster takes silence for success.

    Raises:
        dg.Failure: it reported nothing.
    """
    said = [message for message in invocation.get_custom_messages() if "progress" not in message]
    if not invocation.get_results(implicit_materializations=False) and not said:
        raise dg.Failure(f"{module} ended without reporting what it made: its output is in {log}.", allow_retries=False)


def failure(module: str, messages: Sequence[Any], otherwise: str, log: str = "the step's log") -> dg.Failure:
    """Returns the failure of a payload, with its own message if it left one, or else with its progress."""
    words = [message["failed"] for message in messages if "failed" in message]
    if words:
        return dg.Failure("\n".join(words), allow_retries=False)
    far = [message["progress"] for message in messages if "progress" in message][-1:]
    done = f", after {far[0]}" if far else ""
    return dg.Failure(f"{module}: {otherwise}{done}. Its output is in {log}.")
