"""Runs a payload in a process of its own on this machine.

Loading torch and torch_geometric takes five seconds, longer than most payloads work on a small snapshot. A process that
runs one payload after another, such as `make demo`, has them loaded once, in a server that each payload is forked from.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

from algorhythms_assets.resources.processes import end_with_multiprocessing_parent

# Forks of a process that has loaded the system's libraries may crash on macOS.
_FORKS = sys.platform == "linux"
_SERVER = multiprocessing.get_context("forkserver")
_LIBRARIES = ["algorhythms_assets.payload", "duckdb", "pandas", "numba", "matplotlib.pyplot", "torch_geometric.nn"]
# A fork imports the main module again, as all children of `multiprocessing` do, and that imports dagster.
_LIBRARIES += ["elasticsearch", "dagster"]
_STOP_SECONDS = 20
_LOOK_SECONDS = 0.1


def load_libraries() -> None:
    """Starts the server, unless it runs; returns at once."""
    if _FORKS:
        _SERVER.set_forkserver_preload(_LIBRARIES)
        forkserver.ensure_running()


def run_payload(module: str, environment: Mapping[str, str]) -> int:
    """Runs a module as a program; returns its exit code, or the signal that ended it as a negative number.

    If this is interrupted, so is the payload.
    """
    if not _FORKS or multiprocessing.parent_process() is not None:
        # Dagster runs each step in its own process, which continues when the process of its run is killed.
        end_with_multiprocessing_parent()
        started = subprocess.Popen([sys.executable, "-m", module], env=environment)  # noqa: S603 (our own command)
        try:
            return started.wait()
        except BaseException:
            _interrupt(started.pid, lambda: started.poll() is None)
            raise
    load_libraries()
    forked = _SERVER.Process(target=_run, args=(module, dict(environment), Path.cwd(), DupFd(1), DupFd(2)))
    forked.start()
    try:
        forked.join()
    except BaseException:
        _interrupt(forked.pid, forked.is_alive)
        raise
    return int(forked.exitcode or 0)


def _interrupt(process: int | None, runs: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    with suppress(ProcessLookupError):
        os.kill(int(process or 0), signal.SIGINT)
        while runs():
            if time.monotonic() > deadline:
                os.kill(int(process or 0), signal.SIGKILL)
                return
            time.sleep(_LOOK_SECONDS)


def _run(module: str, environment: Mapping[str, str], folder: Path, output: Any, errors: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(output.detach(), 1)
    os.dup2(errors.detach(), 2)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
