"""A week of operation under a real Dagster and a real endpoint, which answers every request of it."""

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import pytest

from algorhythms_assets.demo import serving
from algorhythms_assets.release.history import current, history
from algorhythms_assets.resources.lock import owners
from algorhythms_assets.resources.store import Store
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.dagster import running, until

# A network that has learnt nothing, and factors that say nothing.
BAD_TRAINING = {"epochs": 1, "learning_rate": 1e-9, "regularization": 1e6}
TRAINING_SECONDS = 600


class Listener:
    """Asks the endpoint all the time, and keeps what was not as it should be."""

    def __init__(self, url, song):
        self.url, self.song = url, song
        self.problems, self.versions = [], []
        self.last = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def _listen(self):
        with httpx.Client(timeout=30) as client:
            while not self._ended.wait(0.5):
                try:
                    answer = client.post(f"{self.url}/recommendations", json={"songs": [{"id": self.song}]})
                    self.last = answer.raise_for_status().json()
                except httpx.HTTPError as error:
                    self.problems.append(repr(error))
                    continue
                if self.versions[-1:] != [self.last["model_version"]]:
                    self.versions.append(self.last["model_version"])

    @contextmanager
    def listening(self):
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()

    def recommended(self):
        return [node["id"] for node in self.last["recommendation_nodes"]]


def arrive(source, playlists, name):
    """Drops a slice into the folder, as old as one that has stopped growing."""
    shutil.copy(source / name, playlists / name)
    earlier = time.time() - 600
    os.utime(playlists / name, (earlier, earlier))


def command(store, module, *arguments):
    """Runs a command of the terminal on the store; returns what it says."""
    environment = os.environ | {"ALGORHYTHMS_STORE": str(store.root)}
    done = subprocess.run(
        [sys.executable, "-m", f"algorhythms_assets.{module}", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def released_after(store, before):
    """Waits for a release that comes by itself; returns its version."""
    return until(
        lambda: (now := current(store)) and now["version"] != before and now["version"], "release", TRAINING_SECONDS
    )


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_week(tmp_path):
    write_sample(tmp_path / "sample", playlists=1200, slice_size=200, seed=11)
    source, playlists = tmp_path / "sample" / "playlists", tmp_path / "playlists"
    playlists.mkdir()
    slices = sorted(path.name for path in source.iterdir())
    store, log = Store(tmp_path / "store"), tmp_path / "log"
    settings = {"RETRAIN_AFTER": "200", "HOLDOUT": "0.15", "KEEP_DAYS": "1"}

    with running(store.root, playlists, log, **settings) as dagster:
        # Monday: files arrive, and are trained on and released without anybody's doing.
        for name in slices[:4]:
            arrive(source, playlists, name)
        first = released_after(store, None)

    with serving(store.root) as url:
        song = httpx.get(f"{url}/tracks", params={"q": "a"}).raise_for_status().json()["tracks"][0]["id"]
        listener = Listener(url, song)
        with listener.listening():
            until(lambda: listener.versions == [first], "answer")
            with running(store.root, playlists, log, **settings) as dagster:
                # Tuesday: a slice more, and a second release.
                arrive(source, playlists, slices[4])
                second = released_after(store, first)
                until(lambda: listener.versions[-1] == second, "answer of the second release")

                # Wednesday: a training that went wrong is not released.
                bad = dagster.launch(job="retrain", gcn_weights=BAD_TRAINING)
                assert dagster.ended(bad, TRAINING_SECONDS) == "FAILURE"
                assert current(store)["version"] == second

                # Thursday: the second release is taken back, and does not come again by itself.
                command(store, "release.roll_back", "--reason", "too much of the same")
                until(lambda: listener.versions[-1] == first, "answer of the first release")

                # Friday: an artist's lawyer calls.
                banned = listener.recommended()[0]
                command(store, "release.block_list", "block", "--track", banned, "--reason", "asked to")
                until(lambda: banned not in listener.recommended(), "answer without what is blocked", 15)

                # Saturday: Dagster is killed in the middle of a training.
                run = dagster.launch(job="retrain", gcn_weights={"epochs": 400})
                payload = dagster.payload("model.gcn_weights")
                dagster.kill()
                payload.wait(30)
            with running(store.root, playlists, log, **settings) as dagster:
                until(lambda: dagster.status(run) == "FAILURE", "end of the interrupted run")

                # Sunday: the last slice makes a new release, without what is blocked; then the store is tidied up.
                arrive(source, playlists, slices[5])
                third = released_after(store, first)
                until(lambda: listener.versions[-1] == third, "answer of the third release")
                assert banned not in listener.recommended()
                pruned = dagster.launch(job="prune")
                assert dagster.ended(pruned) == "SUCCESS"
            command(store, "release.roll_back", "--reason", "to see whether one still can")
            until(lambda: listener.versions[-1] == first, "answer of what was there before")
            assert banned not in listener.recommended()

    assert listener.problems == []
    assert listener.versions == [first, second, first, third, first]
    assert [content["version"] for content in history(store)] == listener.versions
    # A Dagster that was killed leaves its own file behind; the next one takes it over.
    assert {owner.artifact for owner in owners(store.locks)} <= {"dagster"}
