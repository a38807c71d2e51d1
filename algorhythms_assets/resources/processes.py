"""Which processes of this host are alive, and ending with the one that wants the work."""

import multiprocessing
import os
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path

_LOOK_SECONDS = 0.5


def process_started(process: int) -> str:
    """Returns when a process of this host was started, in the kernel's ticks; empty if it does not run.

    Together with its number it names a process: numbers are given again. Where the kernel does not tell the time, a
    process that runs is told by its number alone.
    """
    try:
        # The name of the program, in parentheses, may hold anything.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
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
    """Returns how long a process of this host has run, whatever the clock was set to since; None if it does not.

    Where the kernel does not tell, a process that runs has run for ever.
    """
    started = process_started(process)
    if not started:
        return None
    if not started.isdigit():
        return float("inf")
    since_boot = float(Path("/proc/uptime").read_text().split()[0])
    return since_boot - int(started) / os.sysconf("SC_CLK_TCK")


def end_with(parent: int) -> None:
    """Ends this process when its parent does, however that was ended: nobody would take its result."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_with_multiprocessing_parent() -> None:
    """Ends this process when the one does that started it through `multiprocessing`; without one it goes on."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
