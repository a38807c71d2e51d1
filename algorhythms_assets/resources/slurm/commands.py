"""Calls of Slurm's `sbatch`, `scontrol`, `squeue`, `sacct`, `sinfo` and `scancel`, and their parsed output."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# In an outage `scontrol` itself gives up after about 20 s.
_PATIENCE_SECONDS = 120

FINAL = frozenset(
    {
        "BOOT_FAIL",
        "CANCELLED",
        "COMPLETED",
        "DEADLINE",
        "FAILED",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "PREEMPTED",
        "REVOKED",
        "TIMEOUT",
    }
)

# Reasons of pending jobs that request more than any job may have: many clusters accept them anyway.
_TOO_MUCH = re.compile(r"PartitionTimeLimit|(Assoc|QOS)Max\w+PerJob(Limit)?")

# What sbatch prints when it got no answer, as opposed to a refusal.
_NO_ANSWER = re.compile(
    r"unable to contact|timed out|connection (refused|failure|reset)|zero bytes|transport endpoint|standby mode"
    r"|try again|temporarily (unavailable|unable)|not responding",
    re.IGNORECASE,
)


class RefusedError(Exception):
    """Slurm does not accept the job; the message is Slurm's."""


class MissingError(RefusedError):
    """There is no Slurm here."""


class SilentError(Exception):
    """Slurm's controller does not answer; the message is that of the command."""


@dataclass(frozen=True)
class JobState:
    """What Slurm knows about a job. Times are the cluster's, None if not reached yet."""

    state: str
    name: str = ""
    reason: str = ""
    nodes: str = ""
    exit_code: int = 0
    signal: int = 0
    cpus: int = 0
    submitted: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def is_final(self) -> bool:
        """Tells whether the job is over."""
        return self.state in FINAL

    @property
    def is_too_large(self) -> bool:
        """Tells whether the job will stay pending for ever because it requests more than a job may have."""
        return self.state == "PENDING" and _TOO_MUCH.fullmatch(self.reason) is not None


@dataclass(frozen=True)
class Accounting:
    """What accounting has measured for a job."""

    state: JobState
    cpu_seconds: float | None = None
    peak_memory_gb: float | None = None


@dataclass(frozen=True)
class Nodes:
    """Identical nodes of a partition. `minutes` is the partition's time limit, None if there is none."""

    partition: str
    is_default: bool
    count: int
    cpus: int
    memory_mb: int
    gpus: int
    minutes: int | None


def submit(options: Sequence[str], script: Path) -> str:
    """Submits a batch script; returns the job's id.

    Raises:
        RefusedError: Slurm does not accept it; a MissingError if there is no Slurm here.
        SilentError: there was no answer; the job may have been accepted anyway.
    """
    code, answer, words = _ask("sbatch", "--parsable", *options, str(script))
    if code == 0 and re.match(r"\d+", answer):
        # A federation appends the cluster's name.
        return answer.strip().split(";")[0]
    told = "\n".join(re.sub(r"^sbatch: (error: )?", "", line) for line in (words or answer).strip().splitlines())
    raise SilentError(told) if _NO_ANSWER.search(told) else RefusedError(told)


def look(job: str, name: str | None = None) -> JobState | None:
    """Returns what the controller knows about a job, or None if it does not know it, or no longer does.

    A controller that lost its state restarts its job ids, so with `name`, a job of another name is not this one.

    Raises:
        SilentError: it gives no answer.
    """
    code, answer, words = _ask("scontrol", "show", "job", job, "--oneliner")
    if code == 0 and "JobState=" in answer:
        state = parse_job(answer)
        return state if name in (None, state.name) else None
    if "Invalid job id" in words + answer:
        return None
    raise SilentError((words or answer).strip() or f"scontrol ended with {code}")


def parse_job(line: str) -> JobState:
    """Returns the state of a job as `scontrol show job --oneliner` prints it.

    The first field of a name counts: user-defined values, such as paths, come after the fields that are read here.
    """

    def value(name: str) -> str:
        found = re.search(rf"(?:^|\s){name}=(\S*)", line)
        return found[1] if found and found[1] not in ("(null)", "None", "Unknown") else ""

    code, _, number = value("ExitCode").partition(":")
    return JobState(
        state=value("JobState"),
        name=value("JobName"),
        reason=value("Reason"),
        nodes=value("NodeList"),
        exit_code=_number(code),
        signal=_number(number),
        cpus=_number(value("NumCPUs")),
        submitted=_time(value("SubmitTime")),
        started=_time(value("StartTime")),
        ended=_time(value("EndTime")),
    )


def find(name: str) -> str | None:
    """Returns the id of this user's job of that name, or None.

    Raises:
        SilentError: the controller gives no answer.
    """
    code, answer, words = _ask("squeue", "--me", "--noheader", "--states=all", f"--name={name}", "--format=%A")
    if code != 0:
        raise SilentError(words.strip())
    return next(iter(answer.split()), None)


def cancel(job: str) -> None:
    """Ends a job; it is not an error if it has already ended.

    Raises:
        SilentError: the controller gives no answer.
    """
    code, answer, words = _ask("scancel", job)
    told = words + answer
    if code != 0 and "Invalid job id" not in told and "already complet" not in told:
        raise SilentError(told.strip())


def account(job: str) -> Accounting | None:
    """Returns what accounting has recorded of an ended job, or None: often there is no accounting."""
    fields = "JobIDRaw,State,ExitCode,NodeList,AllocCPUS,Submit,Start,End,TotalCPU,MaxRSS,Reason"
    try:
        code, answer, _ = _ask("sacct", f"--jobs={job}", "--noheader", "--parsable2", f"--format={fields}")
    except (MissingError, SilentError):
        return None
    return parse_account(answer) if code == 0 else None


def parse_account(lines: str) -> Accounting | None:
    """Returns the record of a job as `sacct --parsable2` prints it: a line for the job, and one for each step."""
    rows = [row.split("|") for row in lines.splitlines() if row.count("|") >= 10]
    if not rows:
        return None
    _, state, exit_code, nodes, cpus, submitted, started, ended, cpu, _, reason, *_ = rows[0]
    code, _, number = exit_code.partition(":")
    record = JobState(
        # CANCELLED by 1000
        state=(state.split() or [""])[0],
        reason="" if reason == "None" else reason,
        nodes=nodes,
        exit_code=_number(code),
        signal=_number(number),
        cpus=_number(cpus),
        submitted=_time(submitted),
        started=_time(started),
        ended=_time(ended),
    )
    peaks = [peak for row in rows if (peak := _gigabytes(row[9])) is not None]
    return Accounting(record, _seconds(cpu), max(peaks, default=None))


def nodes() -> list[Nodes]:
    """Returns the nodes of all partitions; none if Slurm does not answer."""
    try:
        code, answer, _ = _ask("sinfo", "--noheader", "--exact", "--format=%P|%D|%c|%m|%G|%l")
    except (MissingError, SilentError):
        return []
    return parse_nodes(answer) if code == 0 else []


def parse_nodes(lines: str) -> list[Nodes]:
    """Returns the nodes as `sinfo --format=%P|%D|%c|%m|%G|%l` prints them."""
    found = []
    for line in (line.split("|") for line in lines.splitlines() if line.count("|") == 5):
        name, count, cpus, memory_mb, gres, limit = map(str.strip, line)
        seconds = _seconds(limit)
        found.append(
            Nodes(
                partition=name.removesuffix("*"),
                is_default=name.endswith("*"),
                count=_number(count),
                cpus=_number(cpus),
                memory_mb=_number(memory_mb),
                gpus=sum(map(int, re.findall(r"gpu(?::[^:,()]+)?:(\d+)", gres))),
                minutes=None if seconds is None else int(seconds // 60),
            )
        )
    return found


def _ask(*command: str) -> tuple[int, str, str]:
    """Returns the exit code, the output and the error output of a command.

    Raises:
        MissingError: there is no such command here.
        SilentError: it does not end.
    """
    try:
        done = subprocess.run(  # noqa: S603 (Slurm's own commands, without a shell)
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
            # An interrupt from the terminal is handled by whoever follows the job, who cancels it.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise MissingError(
            f"there is no {command[0]} on the PATH: does this run on a login node of the cluster?"
        ) from None
    except subprocess.TimeoutExpired:
        raise SilentError(f"{command[0]} has not answered for {_PATIENCE_SECONDS} s") from None
    return done.returncode, done.stdout, done.stderr


def _environment() -> dict[str, str]:
    """Returns the environment for Slurm's commands and for jobs, without variables of another job.

    Dagster may itself run in a job, whose variables would conflict with the new job's. Variables by which users set
    options of sbatch are kept; explicit options override them.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SLURMD_", "PMI_"))}
    kept = {name: os.environ[name] for name in ("SLURM_CONF", "SLURM_CLUSTERS") if name in os.environ}
    return own | kept | {"SLURM_TIME_FORMAT": "standard"}


def _number(text: str) -> int:
    found = re.match(r"\d+", text)
    return int(found[0]) if found else 0


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    """Returns the seconds of [days-][hours:]minutes:seconds."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)", text)
    if not found:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _gigabytes(text: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", text)
    if not found:
        return None
    return float(found[1]) * {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}[found[2]] / 1e9
