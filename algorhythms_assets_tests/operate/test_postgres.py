"""Dagster's history in PostgreSQL: that it lies there and nowhere else, and what a restart of the server costs."""

import os
import shutil
import time
from contextlib import suppress
from urllib.error import HTTPError

import dagster as dg
import pytest

from algorhythms_assets.contracts import GCN_WEIGHTS
from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets.operate.doctor import examine
from algorhythms_assets.operate.run_history import forget, old_runs
from algorhythms_assets.resources.kept_history import kept_history
from algorhythms_assets.resources.lock import owners
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.services.dagster import running, until
from algorhythms_assets_tests.services.postgres import PASSWORD, running_postgres


@dg.asset
def made(context):
    context.log.info("a line of the log")


def test_history_lies_in_the_database_and_old_runs_leave_it(tmp_path, monkeypatch):
    with running_postgres() as server:
        monkeypatch.setenv("ALGORHYTHMS_POSTGRES_URL", server.url)
        monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(tmp_path)))
        with kept_history() as instance:
            runs = [dg.materialize([made], instance=instance).run_id for _ in range(2)]
            [old] = old_runs(instance, time.time() + 60)
            assert old.run == runs[0]
            forget(instance, old)
        with kept_history() as instance:
            assert [record.dagster_run.run_id for record in instance.get_run_records()] == runs[1:]
            assert len(instance.fetch_materializations(dg.AssetKey("made"), limit=9).records) == 1
        assert not (tmp_path / ".dagster" / "history").exists()
        assert PASSWORD not in (tmp_path / ".dagster" / "dagster.yaml").read_text()
        [found] = [finding for finding in examine(os.environ) if finding.name == "PostgreSQL"]
        assert (found.state, found.found.startswith("version 1")) == ("ok", True)
    with pytest.raises(InputError, match=r"does not answer: connection to server .* failed") as told, kept_history():
        pass
    assert PASSWORD not in str(told.value)
    [found] = [finding for finding in examine(os.environ) if finding.name == "PostgreSQL"]
    assert (found.state, PASSWORD in found.found) == ("WRONG", False)


def test_without_the_setting_history_lies_in_the_store_again(tmp_path, monkeypatch):
    monkeypatch.setenv("ALGORHYTHMS_POSTGRES_URL", "postgresql+psycopg2://dagster@127.0.0.1:9/dagster")
    config = dagster_home(tmp_path) / "dagster.yaml"
    assert "env: ALGORHYTHMS_POSTGRES_URL" in config.read_text()
    monkeypatch.setenv("ALGORHYTHMS_POSTGRES_URL", "")
    dagster_home(tmp_path)
    assert "postgres" not in config.read_text()
    assert Settings().postgres_url is None


@pytest.mark.parametrize(
    "url", ["db.example", "postgresql://secret@db.example/dagster", "postgresql+psycopg2://secret@db"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url, monkeypatch):
    monkeypatch.setenv("ALGORHYTHMS_POSTGRES_URL", url)
    with pytest.raises(InputError, match=r"^ALGORHYTHMS_POSTGRES_URL: has to be postgresql\+psycopg2://user:") as told:
        Settings.read()
    assert "secret" not in str(told.value)


@pytest.fixture
def place(demo, tmp_path):
    """A finished store, and its playlists."""
    shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".dagster"))
    return Store(tmp_path / "store"), demo.playlists, tmp_path / "log"


def finished(dagster, run):
    """Returns how a run ended. After a restart a first request finds a connection that is dead, and says so."""
    with suppress(HTTPError):
        return (status := dagster.status(run)) in ("SUCCESS", "FAILURE", "CANCELED") and status
    return None


def ended(dagster, run):
    return until(lambda: finished(dagster, run), f"end of run {run}", 400)


@pytest.mark.faults
def test_a_run_outlives_a_restart_of_the_database_and_the_queue_moves_on(place):
    store, playlists, log = place
    with running_postgres() as server, running(store.root, playlists, log, POSTGRES_URL=server.url) as dagster:
        run = dagster.launch("gcn_weights", gcn_weights={"epochs": 40})
        queued = dagster.launch("degree_report")
        dagster.payload("model.gcn_weights")
        until(lambda: owners(store.locks)[1:], "lock of the training")
        server.stop()
        server.start()
        assert ended(dagster, run) == "SUCCESS"
        assert ended(dagster, queued) == "SUCCESS"
        assert not (store.root / ".dagster" / "history").exists()


@pytest.mark.faults
def test_a_run_that_is_killed_while_the_database_is_away_is_ended_and_the_queue_moves_on(place):
    store, playlists, log = place
    before = store.stamp(GCN_WEIGHTS)
    with running_postgres() as server, running(store.root, playlists, log, POSTGRES_URL=server.url) as dagster:
        run = dagster.launch("gcn_weights", gcn_weights={"epochs": 400})
        queued = dagster.launch("degree_report")
        payload = dagster.payload("model.gcn_weights")
        worker = dagster.run_worker("model.gcn_weights")
        until(lambda: owners(store.locks)[1:], "lock of the training")
        server.stop()
        worker.kill()
        payload.wait(10)
        time.sleep(30)
        server.start()
        assert ended(dagster, run) == "FAILURE"
        assert ended(dagster, queued) == "SUCCESS"
        assert store.stamp(GCN_WEIGHTS) == before
