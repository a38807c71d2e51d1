"""Runs a command under Dagster Pipes as a Slurm job: submits it, follows it, and cancels it with the run.

The job is not a child of this process. If this process is killed, the job continues, and the next attempt of the step,
or another run of exactly the same work, reattaches to that job instead of starting a second one.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any, TypeAlias, TypeVar

import dagster as dg
from dagster._core.definitions.resource_annotation import TreatAsResourceParam  # as Dagster's own clients are
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_pipes import PipesContextData, PipesDefaultContextLoader, PipesExtras, PipesParams

from algorhythms_assets.resources.messages import WholeLineReader
from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.slurm import commands as slurm
from algorhythms_assets.resources.slurm.commands import JobState, MissingError, RefusedError, SilentError
from algorhythms_assets.resources.slurm.ends import LAST_LINES, LOST, End, end_of, out_of_reach, refused
from algorhythms_assets.resources.slurm.job import JobFolder, Work, folders, new_folder
from algorhythms_assets.resources.slurm.log import tailing
from algorhythms_assets.resources.slurm.options import job_options, sbatch_options
from algorhythms_assets.resources.slurm.refusal import explanation
from algorhythms_assets.resources.store import digest, write_json

T = TypeVar("T")
_Context: TypeAlias = dg.OpExecutionContext | dg.AssetExecutionContext

JOB_TAG = "slurm_job"
_INTERRUPTS = (DagsterExecutionInterruptedError, KeyboardInterrupt, SystemExit)
_LOOK_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 1.0
_ASK_AGAIN_SECONDS = 5.0
_CANCEL_SECONDS = 60
_STILL_SECONDS = 600


@dataclass(frozen=True)
class Patience:
    """How long to wait for what. The shared file system may show another node's files late."""

    between_questions: float = 15
    file_system: float = 10
    outage_minutes: float = 60


class PipesSlurmClient(dg.PipesClient, TreatAsResourceParam):
    """A Pipes client for a login node: `run_dir`, the command and the working directory are on a shared file system.

    `setup` are lines of shell before the command, such as `module load …`. `partition` and `account` are the cluster's
    defaults unless given. `memory` is how jobs request it: see `options.sbatch_options`.
    """

    def __init__(
        self,
        run_dir: Path,
        partition: str | None = None,
        account: str | None = None,
        setup: str = "",
        memory: str = "per-node",
        patience: Patience | None = None,
    ) -> None:
        self.run_dir = run_dir
        self.partition = partition
        self.account = account
        self.setup = setup
        self.memory = memory
        self.patience = patience or Patience()

    def run(  # type: ignore[override]
        self,
        *,
        context: _Context,
        command: Sequence[str],
        extras: PipesExtras | None = None,
        request: Request | None = None,
        inputs: str | None = None,
        scope: str = "",
        explain: Callable[[Sequence[Any], dg.Failure, Path], dg.Failure] = lambda _, failure, __: failure,
    ) -> dg.PipesClientCompletedInvocation:
        """Runs the command as a job and returns what it reported, with the job as metadata.

        `inputs` identifies everything that the result depends on beyond command, extras and request; if given, a job
        that succeeded while no run followed it counts, for another run too. `scope` says where the result goes: only
        one job of an asset runs in one scope. `explain` may give the payload's own message for a failure.

        Raises:
            dg.Failure: the job was refused, did not succeed, or cannot be queried; `allow_retries` says whether a retry
                may succeed.
        """
        request = request or Request()
        options = sbatch_options(request, self.partition, self.account, self.memory)
        partitions = _partitions(context)
        work = Work(
            asset=_name(context),
            run=context.run.run_id,
            root_run=context.run.root_run_id or context.run.run_id,
            digest=digest(list(command), dict(extras or {}), options, self.setup, partitions, inputs),
            scope=digest(scope, partitions),
        )
        asked = replace(
            request,
            partition=request.partition or self.partition,
            memory_gb=0 if self.memory == "none" else request.memory_gb,
        )
        with _as_failures(work.asset, asked, options):
            folder = self._left_behind(context, work, inputs is not None) or new_folder(self.run_dir, work)
            reader = WholeLineReader(folder.messages, _LOOK_SECONDS)
            with (
                dg.open_pipes_session(context, _KeptContext(folder.context), reader, extras) as session,
                tailing(folder.log),
                self._cancelling(context, folder),
            ):
                job = folder.job
                if job is None:
                    folder.write_script(command, session.get_bootstrap_env_vars(), self.setup)
                    job = self._submit(context, folder, options)
                    context.log.info(f"Slurm job {job}: sbatch {' '.join(options)}; in {folder.path}")
                context.instance.add_run_tags(work.run, {f"{JOB_TAG}/{work.asset[-63:]}": job})
                end = self._follow(context, folder, job)
                self._wait_for_messages(folder, reader.handler)
            folder.end({"state": end.state.state, "reason": end.state.reason})
        if not end.is_good:
            raise explain(reader.handler.get_custom_messages(), end.failure(), folder.log)
        return dg.PipesClientCompletedInvocation(session, metadata=end.metadata)

    def _left_behind(self, context: _Context, work: Work, finished_counts: bool) -> JobFolder | None:
        """Returns the folder of a job for the same work that no run follows any more, if there is one.

        A job that writes something else to the same place is cancelled.
        """
        same_place = [folder for folder in folders(self.run_dir, work.asset) if folder.work.scope == work.scope]
        for folder in same_place:
            left = folder.work
            own = left.root_run == work.root_run
            if folder.is_ended or (folder.is_followed and not own):
                continue
            job = folder.job or self._patiently(context, lambda name=folder.name: slurm.find(name))  # type: ignore[misc]
            state = self._state_of(context, folder, job) if job else LOST
            counts = state is None or (state == "COMPLETED" and folder == same_place[0] and (own or finished_counts))
            if job and counts and left.digest == work.digest:
                context.log.info(f"continuing with Slurm job {job}, left behind by run {folder.run}, in {folder.path}")
                folder.submitted_as(job)
                folder.taken_by(work.run)
                return folder
            if job and state is None:
                context.log.warning(f"cancelling Slurm job {job}: run {folder.run} left it behind, doing other work")
                self._patiently(context, lambda job=job: slurm.cancel(job))  # type: ignore[misc]
            folder.end({"state": state or "CANCELLED"})
        return None

    def _state_of(self, context: _Context, folder: JobFolder, job: str) -> str | None:
        """Returns how a job ended, or None if it has not."""
        code = folder.exit_code
        if code is not None:
            return "FAILED" if code else "COMPLETED"
        seen = self._patiently(context, lambda: slurm.look(job, folder.name))
        return LOST if seen is None else seen.state if seen.is_final else None

    def _submit(self, context: _Context, folder: JobFolder, options: Sequence[str]) -> str:
        """Submits the job; returns its id.

        This runs in a thread, since an interrupt during sbatch would leave an unknown job.
        """
        whole = [*job_options(folder.name, folder.log), *options]

        silent = False

        def submit() -> str:
            nonlocal silent
            # Without an answer it may have been accepted anyway; two jobs would write into one folder.
            job = (folder.job or slurm.find(folder.name)) if silent else None
            if job is None:
                try:
                    job = slurm.submit(whole, folder.script)
                except RefusedError:
                    folder.end({"state": "REFUSED"})
                    raise
                except SilentError:
                    silent = True
                    job = slurm.find(folder.name)
                    if job is None:
                        raise
            folder.submitted_as(job)
            return job

        given_up = Event()
        with ThreadPoolExecutor(1) as beside:
            future = beside.submit(self._patiently, context, submit, given_up)
            try:
                return future.result()
            finally:
                given_up.set()

    def _follow(self, context: _Context, folder: JobFolder, job: str) -> End:
        """Waits for the job's end; a job that would stay pending for ever is cancelled.

        Raises:
            RefusedError: the job would stay pending for ever.
        """
        seen: JobState | None = None
        pause = _FIRST_PAUSE_SECONDS
        next_question = 0.0
        silent_since: float | None = None
        until: float | None = None
        said = since = time.monotonic()
        while True:
            folder.follow()
            now = time.monotonic()
            code = folder.exit_code
            if code is not None and until is None:
                until, next_question, pause = now + self.patience.file_system, now, _FIRST_PAUSE_SECONDS
            if now >= next_question:
                try:
                    answer = slurm.look(job, folder.name)
                    silent_since = None
                    if answer is None and until is None:
                        until = now + self.patience.file_system
                    if answer is not None and (seen is None or _stage(answer) != _stage(seen)):
                        context.log.info(f"Slurm job {job} is {_stage(answer)}")
                        said = since = now
                    elif answer is not None and answer.state == "PENDING" and now - said >= _STILL_SECONDS:
                        context.log.info(
                            f"Slurm job {job} is still {_stage(answer)}, for {(now - since) / 60:.0f} minutes"
                        )
                        said = now
                    seen = answer or seen
                    if answer is not None and answer.is_too_large:
                        self._patiently(context, lambda: slurm.cancel(job))
                        folder.end({"state": "REFUSED", "reason": answer.reason})
                        raise RefusedError(f"{answer.reason}, it requests more than a job may have")
                except SilentError as words:
                    if silent_since is None:
                        silent_since = now
                        context.log.warning(f"Slurm does not answer: {words}. Job {job} is followed by its files.")
                    if now - silent_since > 60 * self.patience.outage_minutes:
                        raise
                next_question = time.monotonic() + pause
                pause = min(2 * pause, self.patience.between_questions)
            over = seen is not None and seen.is_final
            unknown = until is not None and (now > until or (code is not None and silent_since is not None))
            if over or unknown:
                break
            time.sleep(_LOOK_SECONDS)
        return end_of(
            job,
            seen,
            folder.exit_code,
            slurm.account(job),
            folder.cpu_seconds,
            folder.log,
            folder.last_lines(LAST_LINES),
        )

    def _wait_for_messages(self, folder: JobFolder, handler: dg.PipesMessageHandler) -> None:
        """Waits until the payload's last message has arrived, if it may have sent one."""
        until = time.monotonic() + self.patience.file_system
        while (
            folder.exit_code in range(128)
            and handler.received_opened_message
            and not handler.received_closed_message
            and time.monotonic() < until
        ):
            time.sleep(_LOOK_SECONDS)

    @contextmanager
    def _cancelling(self, context: _Context, folder: JobFolder) -> Iterator[None]:
        """Cancels the job if the run is interrupted: by Ctrl-C, by SIGTERM, or by a person in Dagster's UI."""
        try:
            yield
        except _INTERRUPTS:
            job = folder.job
            if job:
                try:
                    self._patiently(context, lambda: slurm.cancel(job), seconds=_CANCEL_SECONDS)
                    folder.end({"state": "CANCELLED", "reason": "the run was ended"})
                    context.log.info(f"Slurm job {job} is cancelled")
                except SilentError as words:
                    context.log.error(f"Slurm job {job} could not be cancelled: {words}. Do it: scancel {job}")
            raise

    def _patiently(
        self, context: _Context, ask: Callable[[], T], given_up: Event | None = None, seconds: float | None = None
    ) -> T:
        """Asks Slurm until there is an answer.

        Raises:
            SilentError: there was none within the time allowed.
        """
        started = time.monotonic()
        told = False
        while True:
            try:
                return ask()
            except SilentError as words:
                waited = time.monotonic() - started
                limit = 60 * self.patience.outage_minutes if seconds is None else seconds
                if waited > limit or (given_up and given_up.is_set()):
                    raise
                if not told:
                    told = True
                    context.log.warning(
                        f"Slurm does not answer: {words}. It is asked again for {limit / 60:.0f} minutes."
                    )
                (given_up or Event()).wait(min(_ASK_AGAIN_SECONDS, self.patience.between_questions))


class _KeptContext(dg.PipesContextInjector):
    """Writes the payload's context to the job's folder: a queued job reads it much later."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def inject_context(self, context_data: PipesContextData) -> Iterator[PipesParams]:
        """Writes the file unless an earlier run has."""
        if not self._path.exists():
            write_json(self._path, context_data)
        yield {PipesDefaultContextLoader.FILE_PATH_KEY: str(self._path)}

    def no_messages_debug_text(self) -> str:
        """Says where the context is."""
        return f"The context was written to {self._path}."


@contextmanager
def _as_failures(asset: str, request: Request, options: Sequence[str]) -> Iterator[None]:
    """Turns errors around a job into the failure of its step."""
    try:
        yield
    except MissingError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    except RefusedError as error:
        raise refused(explanation(str(error), asset, request, slurm.nodes()), options) from None
    except SilentError as error:
        raise out_of_reach(str(error)) from None
    except OSError as error:
        raise dg.Failure(f"the run folder of a Slurm job cannot be used: {error}") from None


def _name(context: _Context) -> str:
    """Returns the step's name in a form that Slurm and file systems accept."""
    handle = getattr(context, "op_execution_context", context).op_handle
    return re.sub(r"[^A-Za-z0-9_.-]", "_", str(handle))


def _partitions(context: _Context) -> list[str]:
    return list(context.partition_keys) if context.has_partition_key or context.has_partition_key_range else []


def _stage(state: JobState) -> str:
    """Returns where a job is, in words for a log."""
    waits = state.state == "PENDING" and state.reason
    return (
        f"{state.state} ({state.reason})"
        if waits
        else f"{state.state} on {state.nodes}"
        if state.nodes
        else state.state
    )
