"""How a job can end, and what that means for a Dagster step: done, failed, or failed and worth a retry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.resources.slurm.commands import Accounting, JobState

LOST = "LOST"
LAST_LINES = 50

# What each end means for the user, and whether a retry of the same job may succeed.
_MEANINGS: Mapping[str, tuple[str, bool]] = {
    "FAILED": ("failed", True),
    "NODE_FAIL": ("lost its node", True),
    "BOOT_FAIL": ("got a node that did not start", True),
    "PREEMPTED": ("was preempted by another job", True),
    "REVOKED": ("was revoked", True),
    LOST: ("is gone, and Slurm does not say how it ended", True),
    "OUT_OF_MEMORY": ("ran out of memory (request more)", False),
    "TIMEOUT": ("ran into its time limit (request more minutes)", False),
    "DEADLINE": ("did not meet its deadline", False),
    "CANCELLED": ("was cancelled", False),
}

# From the plugin that limits memory without control groups.
_OVER_MEMORY = "exceeded job memory limit"


@dataclass(frozen=True)
class End:
    """How a job ended, and its measurements."""

    job: str
    state: JobState
    log: Path
    last_lines: str
    cpu_seconds: float | None = None
    peak_memory_gb: float | None = None

    @property
    def is_good(self) -> bool:
        """Tells whether the payload succeeded, not whether it reported anything."""
        return self.state.state == "COMPLETED"

    @property
    def metadata(self) -> dict[str, Any]:
        """The job as metadata of an asset or of a failure, so that the next request can be the right one."""
        state = self.state
        waited = _between(state.submitted, state.started)
        ran = _between(state.started, state.ended)
        efficiency = (
            None if not ran or not state.cpus or self.cpu_seconds is None else self.cpu_seconds / (ran * state.cpus)
        )
        known = {
            "Slurm job": self.job,
            "nodes": state.nodes,
            "queue time (s)": waited,
            "run time (s)": ran,
            "job's peak memory (GB)": None if self.peak_memory_gb is None else round(self.peak_memory_gb, 3),
            "CPU efficiency (%)": None if efficiency is None else round(100 * efficiency, 1),
        }
        told = {name: value for name, value in known.items() if value is not None and value != ""}
        return {**told, "job's log": dg.MetadataValue.path(str(self.log))}

    def failure(self) -> dg.Failure:
        """Returns the step's failure for a job that did not succeed."""
        state = self._state()
        meaning, retry = _MEANINGS.get(state, (f"ended as {state}", True))
        if state == "FAILED" and self.state.signal:
            how = f" by signal {self.state.signal}"
        elif state == "FAILED" and self.state.exit_code:
            how = f" with exit code {self.state.exit_code}"
        else:
            how = ""
        where = f" on {self.state.nodes}" if self.state.nodes else ""
        # If the log overrides Slurm's state, Slurm's reason is wrong too.
        reason = f" ({self.state.reason})" if self.state.reason and state == self.state.state else ""
        return dg.Failure(
            f"Slurm job {self.job} {meaning}{how}{where}{reason}",
            metadata={**self.metadata, "state": state, "last lines": _as_text(self.last_lines)},
            allow_retries=retry,
        )

    def _state(self) -> str:
        """Returns the state, corrected by the log where Slurm only reports a failure."""
        if self.state.state == "FAILED" and _OVER_MEMORY in self.last_lines.lower():
            return "OUT_OF_MEMORY"
        return self.state.state


def end_of(
    job: str,
    seen: JobState | None,
    exit_code: int | None,
    accounting: Accounting | None,
    cpu_seconds: float | None,
    log: Path,
    last_lines: str,
) -> End:
    """Returns the end of a job from the first source that knows it.

    The controller is asked first, but soon forgets; accounting remembers, if there is any; the script left its exit
    code in the job's folder, unless it was killed with its node.
    """
    seen = seen or JobState(LOST)
    recorded = accounting.state if accounting and accounting.state.is_final else None
    if not seen.is_final and recorded:
        seen = recorded
    if not seen.is_final:
        state = LOST if exit_code is None else "COMPLETED" if exit_code == 0 else "FAILED"
        seen = replace(seen, state=state, reason="", exit_code=exit_code or 0)
    measured = accounting.cpu_seconds if accounting and accounting.cpu_seconds else cpu_seconds
    return End(job, seen, log, last_lines, measured, accounting.peak_memory_gb if accounting else None)


def out_of_reach(words: str) -> dg.Failure:
    """Returns the failure of a step whose job cannot be queried; the job stays, and a retry reattaches to it."""
    return dg.Failure(
        f"Slurm does not answer: {words}. Its jobs are left alone: materialize again once it answers, which "
        "reattaches to the job."
    )


def refused(explanation: str, options: Sequence[str]) -> dg.Failure:
    """Returns the failure of a step whose job Slurm did not accept."""
    return dg.Failure(
        explanation,
        metadata={"sbatch": _as_text(" ".join(options))},
        allow_retries=False,
    )


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())


def _as_text(text: str) -> Any:
    # A fence longer than any in the text.
    return dg.MetadataValue.md(f"``````\n{text}\n``````")
