"""Payloads in processes of their own, forked or started."""

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
from algorhythms_assets.resources.payload_process import load_libraries, run_payload
from algorhythms_assets.resources.processes import process_started

ROOT = Path(__file__).parents[2]
HERE = "algorhythms_assets_tests.resources"
RUNNER = f"""
import os, sys
from algorhythms_assets.resources.payload_process import load_libraries, run_payload
if __name__ == "__main__":
    if sys.argv[1] == "forked":
        load_libraries()
    run_payload("{HERE}.waiting", {{**os.environ, "PARENT": str(os.getpid())}})
"""


@pytest.fixture
def forking(monkeypatch):
    monkeypatch.setattr(payload_process, "_forking", False)
    load_libraries()
    assert payload_process._forking


def run_here(**environment: str) -> int:
    return run_payload(f"{HERE}.telling", {**os.environ, **environment})


def run_as_a_step(**environment: str) -> int:
    """As from a step that Dagster runs in its own process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run_here, **environment).result()


ENDS = pytest.mark.parametrize(("ends", "code"), [("0", 0), ("5", 5), ("killed", -signal.SIGKILL)])


@ENDS
@pytest.mark.parametrize("run", [run_here, run_as_a_step])
def test_its_end_its_environment_and_its_output_are_those_of_a_program(run, ends, code, capfd):
    assert run(WORD="spoken", EXIT=ends) == code
    told = capfd.readouterr()
    assert told.out == "spoken\n"
    assert told.err == "to the errors\n"
    assert "WORD" not in os.environ


@ENDS
def test_a_fork_is_no_different(forking, ends, code, capfd):
    test_its_end_its_environment_and_its_output_are_those_of_a_program(run_here, ends, code, capfd)


def started(place: Path, way: str) -> tuple[subprocess.Popen[bytes], int]:
    """A process that runs a payload that waits; returns both."""
    runner = place / "runner.py"
    runner.write_text(RUNNER)
    environment = {**os.environ, "PLACE": str(place), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, str(runner), way], env=environment)
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


WAYS = pytest.mark.parametrize("way", ["forked", "started"])


@WAYS
def test_an_interrupt_reaches_the_payload_and_is_waited_for(way, tmp_path):
    process, payload = started(tmp_path, way)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert (tmp_path / "interrupted").exists()
    assert not process_started(payload)


@WAYS
def test_a_payload_ends_together_with_the_process_that_runs_it(way, tmp_path):
    process, payload = started(tmp_path, way)
    process.kill()
    process.wait()
    ends(payload)
    assert not (tmp_path / "interrupted").exists()


def test_where_no_server_can_be_it_is_started(monkeypatch, capfd):
    def too_long() -> None:
        raise OSError("AF_UNIX path too long")

    monkeypatch.setattr(payload_process, "_forking", False)
    monkeypatch.setattr(payload_process.forkserver, "ensure_running", too_long)
    load_libraries()
    assert run_here(WORD="spoken", EXIT="4") == 4
    assert capfd.readouterr().out == "spoken\n"


def test_a_server_that_ends_while_it_loads_is_done_without(forking, monkeypatch, capfd):
    def ended(*_: object) -> int:
        raise EOFError("unexpected EOF")

    monkeypatch.setattr(payload_process, "_forked", ended)
    assert run_here(WORD="spoken", EXIT="0") == 0
    assert capfd.readouterr().out == "spoken\n"


def test_a_payload_whose_server_is_killed_is_killed_too(forking, tmp_path):
    payloads = []

    def kill_the_server() -> None:
        appears(tmp_path / "started")
        payloads.append(int((tmp_path / "process").read_text()))
        os.kill(payload_process.forkserver._forkserver._forkserver_pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_the_server)
    killer.start()
    environment = {**os.environ, "PARENT": str(os.getpid()), "PLACE": str(tmp_path)}
    assert run_payload(f"{HERE}.waiting", environment) == -signal.SIGKILL
    killer.join()
    ends(payloads[0])
    assert run_here(WORD="spoken", EXIT="0") == 0
