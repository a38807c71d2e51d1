"""Times a command with all its child processes, and watches what memory they take together."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """How a command went; `peak_gb` is the largest sum of resident sets, which counts what they share in each."""

    seconds: float
    peak_gb: float
    output: str


class FailedError(Exception):
    """The command failed, or took longer than it was given."""


def measure(command: Sequence[str], seconds: float, gigabytes: float) -> Measured:
    """Runs a command, whose output has to be short; raises FailedError if it fails or takes more than it is given."""
    started = time.monotonic()
    process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_resident(one) for one in _tree(process)))
        late = f"more than {seconds:.0f} s" if time.monotonic() - started > seconds else None
        if late or peak > gigabytes * 1e9:
            for one in _tree(process):
                one.kill()
            process.wait()
            raise FailedError(late or f"more than {gigabytes:.0f} GB")
        time.sleep(_LOOK_EVERY_SECONDS)
    taken = time.monotonic() - started
    output, errors = process.communicate()
    if process.returncode:
        raise FailedError(f"exit {process.returncode}: {errors.strip().splitlines()[-1] if errors.strip() else ''}")
    return Measured(taken, peak / 1e9, output)


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
