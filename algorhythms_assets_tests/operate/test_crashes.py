"""What is left behind when something is killed under a real Dagster, and that everything goes on afterwards."""

import shutil
import subprocess
import sys

import dagster as dg
import pytest

from algorhythms_assets.contracts import GCN_WEIGHTS
from algorhythms_assets.resources.lock import owners
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.dagster import running, until

TRAINING = "model.gcn_weights"


@pytest.fixture
def place(demo, tmp_path):
    """A finished store, and its playlists."""
    shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".dagster"))
    return Store(tmp_path / "store"), demo.playlists, tmp_path / "log"


def in_training(dagster, store):
    """Launches a training that takes long; returns its run, and its payload once it has its lock."""
    run = dagster.launch("gcn_weights", gcn_weights={"epochs": 400})
    payload = dagster.payload(TRAINING)
    until(lambda: owners(store.locks)[1:], "lock of the training")
    return run, payload


def takes_too_long(store, run):
    """Has Dagster's monitor find that a run has taken longer than it may."""
    with dg.DagsterInstance.from_config(str(store.root / ".dagster")) as instance:
        instance.add_run_tags(run, {"dagster/max_runtime_seconds": "1"})


@pytest.mark.faults
def test_a_killed_run_takes_its_payload_with_it_and_the_next_one_finishes(place):
    store, playlists, log = place
    before = store.stamp(GCN_WEIGHTS)
    with running(store.root, playlists, log) as dagster:
        run, payload = in_training(dagster, store)
        dagster.run_worker(TRAINING).kill()
        payload.wait(10)
        assert dagster.ended(run, 60) == "FAILURE"
        assert store.stamp(GCN_WEIGHTS) == before
        again = dagster.launch("gcn_weights")
        assert dagster.ended(again) == "SUCCESS"
        # What was killed does not come to life again.
        assert dagster.status(run) == "FAILURE"
        with dg.DagsterInstance.from_config(str(store.root / ".dagster")) as instance:
            [event] = instance.fetch_materializations(dg.AssetKey("gcn_weights"), limit=5).records
            assert event.run_id == again


@pytest.mark.faults
def test_after_a_crash_of_everything_the_queue_moves_on(place):
    store, playlists, log = place
    with running(store.root, playlists, log) as dagster:
        run, payload = in_training(dagster, store)
        queued = dagster.launch("degree_report")
        dagster.kill()
        payload.wait(10)
    with running(store.root, playlists, log) as dagster:
        assert dagster.status(run) == "FAILURE"
        assert dagster.ended(queued, 60) == "SUCCESS"
        assert f"run {run} was interrupted" in log.read_text()


@pytest.mark.faults
def test_a_run_that_is_terminated_ends_with_its_payload(place):
    store, playlists, log = place
    with running(store.root, playlists, log) as dagster:
        run, payload = in_training(dagster, store)
        dagster.terminate(run)
        assert dagster.ended(run, 60) == "CANCELED"
        payload.wait(10)
        until(lambda: not owners(store.locks)[1:], "end of the lock")


@pytest.mark.faults
def test_a_run_that_takes_too_long_is_ended_and_the_queue_moves_on(place):
    store, playlists, log = place
    with running(store.root, playlists, log) as dagster:
        run, payload = in_training(dagster, store)
        takes_too_long(store, run)
        queued = dagster.launch("degree_report")
        assert dagster.ended(run, 120) == "FAILURE"
        payload.wait(30)
        assert dagster.ended(queued, 120) == "SUCCESS"
        with dg.DagsterInstance.from_config(str(store.root / ".dagster")) as instance:
            assert not instance.event_log_storage.get_concurrency_run_ids()


def test_a_second_dagster_on_the_store_is_refused_in_a_line(place):
    store, playlists, log = place
    second = log.with_name("second")
    with running(store.root, playlists, log) as dagster:
        told = rf"^Dagster already runs on .*: process {dagster.process.pid} on \S+ since .*\n$"
        with pytest.raises(AssertionError, match=told), running(store.root, playlists, second):
            pass


@pytest.mark.faults
def test_what_the_ui_makes_a_terminal_does_not_make_at_the_same_time(place):
    store, playlists, log = place
    with running(store.root, playlists, log) as dagster:
        _, payload = in_training(dagster, store)
        command = [sys.executable, "-m", f"algorhythms_assets.{TRAINING}", "--store", str(store.root)]
        second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
        assert second.returncode == 1
        assert second.stderr.startswith(f"gcn_weights: gcn_weights is being made by process {payload.pid} on ")
        assert payload.is_running()
    payload.wait(10)
