"""Which processes of this host are alive, and ending together with the parent."""

import multiprocessing
import os
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path

_LOOK_SECONDS = 0.5


def process_started(process: int) -> str:
    """Returns when a process of this host was started, in the kernel's ticks; empty if it is not running.

    Together with its id it identifies a process, since ids are reused. If the kernel does not provide the time, a
    running process is identified by its id alone.
    """
    try:
        # The name of the program, in parentheses, may contain anything.
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _answers(process)
    return "" if fields[0] == "Z" else fields[19]


def _answers(process: int) -> str:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "running"


def age_seconds(process: int) -> float | None:
    """Returns how long a process of this host has run, unaffected by clock changes; None if it is not running.

    If the kernel does not provide it, a running process has run for ever.
    """
    started = process_started(process)
    if not started:
        return None
    if not started.isdigit():
        return float("inf")
    since_boot = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    return since_boot - int(started) / os.sysconf("SC_CLK_TCK")


def end_with(other: int) -> None:
    """Ends this process when another of this host ends for any reason: nothing would use its result."""
    started = process_started(other)

    def watch() -> None:
        while started and process_started(other) == started:
            time.sleep(_LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_with_multiprocessing_parent() -> None:
    """Ends this process when its `multiprocessing` parent ends; without a parent it continues."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
