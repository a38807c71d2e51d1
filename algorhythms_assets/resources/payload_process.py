"""Runs a payload in a process of its own on this machine.

Loading torch and torch_geometric takes five seconds, longer than most payloads work on a small snapshot. `make demo`
runs one payload after another, so it has them loaded once, in a server that each payload is forked from.
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

from algorhythms_assets.resources.processes import end_with_multiprocessing_parent, process_started

_SERVER = multiprocessing.get_context("forkserver")
_LIBRARIES = "algorhythms_assets.resources.libraries"
# What `multiprocessing` says if the server has ended.
_SERVER_IS_GONE = 255
_forking = False
_STOP_SECONDS = 20
_LOOK_SECONDS = 0.1


def load_libraries() -> None:
    """Starts the server and returns at once: from now on, payloads of this process are forked, if that is possible.

    As with all of `multiprocessing`, the main module must not run its program when it is imported.
    """
    global _forking
    # Forks of a process that has loaded the system's libraries may crash on macOS.
    if sys.platform == "linux":
        _SERVER.set_forkserver_preload([_LIBRARIES])
        # Its socket is in TMPDIR, whose path may be too long for one.
        with suppress(OSError):
            forkserver.ensure_running()
            _forking = True


def run_payload(module: str, environment: Mapping[str, str]) -> int:
    """Runs a module as a program; returns its exit code, or the signal that ended it as a negative number.

    If this is interrupted, so is the payload.
    """
    # Dagster runs each step in its own process, which continues when the process of its run is killed.
    end_with_multiprocessing_parent()
    if _forking:
        with suppress(OSError, EOFError):
            return _forked(module, environment)
    return _started(module, environment)


def _started(module: str, environment: Mapping[str, str]) -> int:
    process = subprocess.Popen([sys.executable, "-m", module], env=environment)  # noqa: S603 (our own command)
    try:
        return process.wait()
    except BaseException:
        _interrupt(process.pid, lambda: process.poll() is None)
        raise


def _forked(module: str, environment: Mapping[str, str]) -> int:
    """Does the same with a fork.

    Raises:
        OSError, EOFError: the server cannot make one.
    """
    process = _SERVER.Process(target=_run, args=(module, dict(environment), Path.cwd(), DupFd(1), DupFd(2)))
    try:
        process.start()
        process.join()
    except BaseException:
        if process.pid is not None:
            _interrupt(process.pid, process.is_alive)
        raise
    number, code = process.pid or 0, process.exitcode or 0
    if code == _SERVER_IS_GONE and process_started(number):
        # Otherwise it would go on, and nobody would learn of its result.
        os.kill(number, signal.SIGKILL)
        return -signal.SIGKILL
    return code


def _interrupt(process: int, runs: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    with suppress(ProcessLookupError):
        try:
            os.kill(process, signal.SIGINT)
            while runs() and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
        finally:
            if runs():
                os.kill(process, signal.SIGKILL)


def _run(module: str, environment: Mapping[str, str], folder: Path, output: Any, errors: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(output.detach(), 1)
    os.dup2(errors.detach(), 2)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
