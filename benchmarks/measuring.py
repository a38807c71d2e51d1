"""Times a command with all its child processes, and watches how much memory they use together."""

import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """The result of a command; `peak_gb` is the largest sum of resident sets, where shared memory counts for each."""

    seconds: float
    cpu_seconds: float
    peak_gb: float
    output: str


class FailedError(Exception):
    """The command failed, or exceeded its limit of time or memory."""


def measure(command: Sequence[str], seconds: float, gigabytes: float, log: Path | None = None) -> Measured:
    """Runs a command and returns its output and measurements; its stderr goes into `log`.

    Raises:
        FailedError: it fails, or exceeds the limit of `seconds` or `gigabytes`.
    """
    with tempfile.TemporaryFile("w+") as output, log.open("w+") if log else tempfile.TemporaryFile("w+") as errors:
        before, started = _cpu_seconds(), time.monotonic()
        process = psutil.Popen(command, stdout=output, stderr=errors)
        peak = 0
        try:
            while process.poll() is None:
                peak = max(peak, sum(_resident(one) for one in _tree(process)))
                if time.monotonic() - started > seconds:
                    raise FailedError(f"more than {seconds:.0f} s")
                if peak > gigabytes * 1e9:
                    raise FailedError(f"more than {gigabytes:.0f} GB")
                time.sleep(_LOOK_EVERY_SECONDS)
        finally:
            # Also ends the command if the benchmark is interrupted.
            for one in _tree(process):
                one.kill()
            process.wait()
        taken = time.monotonic() - started
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise FailedError(f"exit {process.returncode}: {(errors.read().strip().splitlines() or [''])[-1]}")
        return Measured(taken, _cpu_seconds() - before, peak / 1e9, output.read())


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
