"""Payloads in processes of their own: forked where several run one after another, started where only one does."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from algorhythms_assets.resources import payload_process
from algorhythms_assets.resources.payload_process import run_payload
from algorhythms_assets.resources.processes import process_started

ROOT = Path(__file__).parents[2]
HERE = "algorhythms_assets_tests.resources"
RUNNER = f"""
import os, sys
from algorhythms_assets.resources import payload_process
from algorhythms_assets.resources.payload_process import run_payload
if __name__ == "__main__":
    run_payload("{HERE}.waiting", {{**os.environ, "PARENT": str(os.getpid())}})
"""


def run_here(**environment: str) -> int:
    return run_payload(f"{HERE}.telling", {**os.environ, **environment})


def run_as_a_step(**environment: str) -> int:
    """As from a step that Dagster runs in its own process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run_here, **environment).result()


@pytest.mark.parametrize("run", [run_here, run_as_a_step])
@pytest.mark.parametrize(("ends", "code"), [("0", 0), ("5", 5), ("killed", -signal.SIGKILL)])
def test_its_end_its_environment_and_its_output_are_those_of_a_program(run, ends, code, capfd):
    assert run(WORD="spoken", EXIT=ends) == code
    told = capfd.readouterr()
    assert told.out == "spoken\n"
    assert told.err == "to the errors\n"
    assert "WORD" not in os.environ


def started(place: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A process that runs a payload that waits; returns both."""
    runner = place / "runner.py"
    runner.write_text(RUNNER)
    process = subprocess.Popen(
        [sys.executable, str(runner)], env={**os.environ, "PLACE": str(place), "PYTHONPATH": str(ROOT)}
    )
    appears(place / "started")
    return process, int((place / "process").read_text())


def appears(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.05)


def ends(process: int) -> None:
    deadline = time.monotonic() + 30
    while process_started(process):
        assert time.monotonic() < deadline, f"process {process} goes on"
        time.sleep(0.05)


def test_an_interrupt_reaches_the_payload_and_is_waited_for(tmp_path):
    process, payload = started(tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert (tmp_path / "interrupted").exists()
    assert not process_started(payload)


def test_a_payload_ends_together_with_the_process_that_runs_it(tmp_path):
    process, payload = started(tmp_path)
    process.kill()
    process.wait()
    ends(payload)
    assert not (tmp_path / "interrupted").exists()


def test_without_a_server_to_fork_from_it_is_started(monkeypatch, capfd):
    monkeypatch.setattr(payload_process.forkserver, "ensure_running", unreachable)
    assert run_here(WORD="spoken", EXIT="4") == 4
    assert capfd.readouterr().out == "spoken\n"


def test_a_server_that_ends_while_it_loads_is_done_without(monkeypatch, capfd):
    monkeypatch.setattr(payload_process, "_forked", gone)
    assert run_here(WORD="spoken", EXIT="0") == 0
    assert capfd.readouterr().out == "spoken\n"


def test_a_payload_whose_server_is_killed_is_killed_too(tmp_path):
    ended = []

    def kill_the_server() -> None:
        appears(tmp_path / "started")
        os.kill(payload_process.forkserver._forkserver._forkserver_pid, signal.SIGKILL)
        ended.append(int((tmp_path / "process").read_text()))

    killer = threading.Thread(target=kill_the_server)
    killer.start()
    environment = {**os.environ, "PARENT": str(os.getpid()), "PLACE": str(tmp_path)}
    assert run_payload(f"{HERE}.waiting", environment) == -signal.SIGKILL
    killer.join()
    ends(ended[0])
    assert run_here(WORD="spoken", EXIT="0") == 0


def unreachable() -> None:
    raise OSError("AF_UNIX path too long")


def gone(*_: object) -> int:
    raise EOFError("unexpected EOF")
