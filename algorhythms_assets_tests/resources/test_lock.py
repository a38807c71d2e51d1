"""One writer for each artifact, with real processes that live, are killed, or run on another host."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from algorhythms_assets.resources import lock as locks
from algorhythms_assets.resources.lock import LockedError, hold, lock, owners
from algorhythms_assets_tests.conftest import ROOT

HOLDS = """
import pathlib, sys, time
from algorhythms_assets.resources.lock import lock
with lock(pathlib.Path(sys.argv[1]), "gcn_weights"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that makes an artifact."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_at_once_who_and_since_when_and_what_to_do(holder, tmp_path):
    started = time.monotonic()
    with pytest.raises(LockedError) as refused, lock(tmp_path, "gcn_weights"):
        pass
    assert time.monotonic() - started < 1
    said = str(refused.value)
    assert f"gcn_weights is being made by process {holder.pid} on " in said
    assert owners(tmp_path)[0].since in said
    assert str(tmp_path / "gcn_weights.json") in said


def test_another_artifact_is_free(holder, tmp_path):
    with lock(tmp_path, "edge_table"):
        assert {owner.artifact for owner in owners(tmp_path)} == {"edge_table", "gcn_weights"}


def test_the_lock_of_a_killed_process_is_taken_over(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with lock(tmp_path, "gcn_weights"):
        assert [owner.process for owner in owners(tmp_path)] == [os.getpid()]
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_was_given_to_another_process_is_not_its_owner(holder, tmp_path):
    path = tmp_path / "gcn_weights.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"started": "1"}))
    with lock(tmp_path, "gcn_weights"):
        pass


def test_an_owner_on_another_host_lives_as_long_as_it_touches_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 1.0)
    path = tmp_path / "gcn_weights.json"
    with lock(tmp_path, "gcn_weights"):
        elsewhere = json.loads(path.read_text()) | {"host": "node7", "job": "12"}
        path.write_text(json.dumps(elsewhere))
        with pytest.raises(LockedError, match="job 12 on node7"), lock(tmp_path, "gcn_weights"):
            pass
    assert path.exists(), "who lost the lock does not give back another's"
    with lock(tmp_path, "gcn_weights"):
        assert owners(tmp_path)[0].process == os.getpid()


def take(folder, held, ended):
    try:
        with lock(folder, "edge_table"):
            with held.get_lock():
                held.value += 1
            ended.wait(30)
    except LockedError:
        with held.get_lock():
            held.value += 100


def test_what_is_held_on_another_host_is_never_taken_over(tmp_path, monkeypatch):
    """Dagster touches no file: a second one on another login node would run beside it."""
    hold(tmp_path, "dagster")
    monkeypatch.setattr(locks.socket, "gethostname", lambda: "elsewhere")
    started = time.monotonic()
    with pytest.raises(LockedError, match=r"If it no longer runs, delete .*dagster.json"):
        hold(tmp_path, "dagster")
    assert time.monotonic() - started < 5


def test_of_many_that_see_a_dead_owner_one_takes_over(tmp_path):
    with lock(tmp_path, "edge_table"):
        dead = json.loads((tmp_path / "edge_table.json").read_text()) | {"process": 1 << 22}
    (tmp_path / "edge_table.json").write_text(json.dumps(dead))
    context = multiprocessing.get_context("spawn")
    held, ended = context.Value("i", 0), context.Event()
    processes = [context.Process(target=take, args=(tmp_path, held, ended)) for _ in range(6)]
    for process in processes:
        process.start()
    deadline = time.monotonic() + 60
    while held.value % 100 + held.value // 100 < 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    ended.set()
    for process in processes:
        process.join(30)
    assert held.value == 501
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_payloads_of_one_artifact_at_once(tmp_path, demo):
    """On a terminal, as by Dagster: the second ends with one line, and the first is not disturbed."""
    command = [sys.executable, "-m", "algorhythms_assets.model.gcn_weights", "--store", str(demo.store.root)]
    weights = demo.store.root / "gcn_weights" / "model.safetensors"
    before = weights.read_bytes()
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not owners(demo.store.locks) and time.monotonic() < deadline:
            time.sleep(0.05)
        # However fast it trains, the second starts while it does.
        first.send_signal(signal.SIGSTOP)
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        first.send_signal(signal.SIGCONT)
        assert second.returncode == 1
        assert second.stderr.startswith(f"gcn_weights: gcn_weights is being made by process {first.pid} on ")
        assert "Traceback" not in second.stderr
        assert first.wait(300) == 0
    finally:
        if first.poll() is None:
            first.kill()
        first.stderr.close()
    assert weights.read_bytes() == before


def test_a_clock_that_was_set_back_is_no_matter(holder, tmp_path):
    """Neither the time in the file nor that of the file says whether its owner lives."""
    path = tmp_path / "gcn_weights.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"since": "1999-01-01 00:00:00+00:00"}))
    for moment in (0, time.time() + 10**6):
        os.utime(path, (moment, moment))
        with pytest.raises(LockedError), lock(tmp_path, "gcn_weights"):
            pass
