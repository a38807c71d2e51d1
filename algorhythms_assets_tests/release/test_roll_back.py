"""Releases taken back and tidied away, on a store that holds several."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.index import Document
from algorhythms_ask.release import CURRENT, NotServableError, load_release
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.release.history import current, earlier, history, prune, releases, switch
from algorhythms_assets.release.jobs import roll_back_job
from algorhythms_assets.release.publish import RefusedError, publish
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings


@pytest.fixture
def store(demo, tmp_path):
    """A copy of a finished store in which r1 to r4 were released, each with a bundle and an index of its own."""
    for name in ("serving_bundle", "search_index", "evaluation_report", "track_metadata"):
        shutil.copytree(demo.store.root / name, tmp_path / name)
    store = Store(tmp_path)
    publish(store, force=False)
    for version in ("r1", "r2", "r3", "r4"):
        release_copy(store, version)
    return store


def release_copy(store, version):
    """Releases the first release again as another version, with files of its own."""
    content = history(store)[0]
    bundle = f"serving_bundle/{version}"
    index = {"kind": "embedded", "name": f"search_index/{version}"}
    shutil.copytree(store.root / content["bundle"], store.root / bundle)
    shutil.copytree(store.root / content["index"]["name"], store.root / index["name"])
    switch(store, content | {"version": version, "bundle": bundle, "index": index})


def served(store):
    return load_release(store.root).version


def test_going_back_goes_further_back_each_time(store):
    assert [roll_back(store)["version"] for _ in range(3)] == ["r3", "r2", "r1"]
    assert served(store) == "r1"
    assert current(store)["rolled_back_from"] == "r2"
    assert roll_back(store, "r4")["version"] == served(store) == "r4"
    assert len(history(store)) == 9


def test_back_is_to_what_served_before_and_not_to_what_was_rolled_back_from(store):
    for _ in range(2):
        roll_back(store)
    assert served(store) == "r2"
    assert sorted(releases(store).held_back) == ["r3", "r4"]
    release_copy(store, "r5")
    prune(store, 3)
    assert roll_back(store)["version"] == served(store) == "r2"
    assert roll_back(store)["version"] == "r1"


@given(steps=st.lists(st.sampled_from(["release", "back"]), max_size=12))
def test_back_is_always_to_what_served_before(steps):
    """Held against a stack: a release puts one on it, a roll-back takes one off."""
    with tempfile.TemporaryDirectory() as folder:
        store, stack = Store(Path(folder)), []
        for number, step in enumerate(steps):
            if step == "release":
                stack.append(f"v{number}")
                content = {
                    "version": stack[-1],
                    "bundle": f"b/{number}",
                    "index": {"kind": "embedded", "name": f"i/{number}"},
                }
                for place in ("b", "i"):
                    (store.root / place / str(number)).mkdir(parents=True)
                switch(store, content)
            elif len(stack) > 1:
                left = stack.pop()
                assert earlier(store)["version"] == stack[-1]
                switch(store, earlier(store) | {"rolled_back_from": left, "reason": None})
                assert left in releases(store).held_back
            assert [content["version"] for content in releases(store).served] == stack


def test_what_was_rolled_back_from_is_not_released_again_unless_forced(store):
    bad = publish(store, force=False)["version"]
    roll_back(store, reason="everything sounds the same")
    with pytest.raises(RefusedError, match=rf"{bad} was rolled back from at .*everything sounds the same.*r4 serves"):
        publish(store, force=False)
    assert served(store) == "r4"
    assert publish(store, force=True)["forced"]
    assert served(store) == bad
    assert releases(store).held_back == {}


def test_a_switch_that_was_killed_before_it_was_noted_is_noted_by_the_next(store):
    path = store.root / "releases" / "history.jsonl"
    before = path.read_text()
    release_copy(store, "r5")
    path.write_text(before)
    assert history(store)[-1]["version"] == "r5"
    assert roll_back(store)["version"] == "r4"
    assert len(path.read_text().splitlines()) == len(before.splitlines()) + 2


def test_before_the_first_release_there_is_none(store):
    first = history(store)[0]["version"]
    roll_back(store, first)
    with pytest.raises(InputError, match=f"{first} is the first release"):
        roll_back(store)
    with pytest.raises(InputError, match=r"r9 was never released; there are .*r4"):
        roll_back(store, "r9")
    (store.root / CURRENT).unlink()
    with pytest.raises(InputError, match="nothing to roll back"):
        roll_back(store)


def test_what_cannot_be_served_is_not_rolled_back_to(store):
    (store.root / "serving_bundle" / "r3" / "fold_in.npy").write_bytes(b"damaged")
    with pytest.raises(NotServableError, match="fold_in"):
        roll_back(store)
    assert served(store) == "r4"


def test_the_last_releases_stay_and_what_is_newest_in_the_store(store):
    newest = history(store)[0]
    assert prune(store, 2) == ["search_index/r1", "serving_bundle/r1", "search_index/r2", "serving_bundle/r2"]
    assert prune(store, 2) == []
    assert served(store) == "r4"
    assert (store.root / newest["bundle"]).is_dir()
    assert roll_back(store)["version"] == "r3"
    with pytest.raises(InputError, match="r2 was released, but is no longer kept"):
        roll_back(store, "r2")
    # What was rolled back from last stays, as that may be a mistake; what was rolled back from before does not.
    roll_back(store, newest["version"])
    prune(store, 2)
    assert (store.root / "serving_bundle" / "r3").is_dir()
    assert not (store.root / "serving_bundle" / "r4").is_dir()


def test_a_release_tidies_up(store):
    publish(store, force=False, keep=2)
    assert sorted(path.name for path in (store.root / "serving_bundle").glob("r*")) == ["r4"]


def test_the_command_says_what_it_did(store):
    def run(*arguments):
        command = [sys.executable, "-m", "algorhythms_assets.release.roll_back", "--store", str(store.root)]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)

    done = run()
    assert (done.returncode, done.stdout) == (0, "r3 serves again, instead of r4\n")
    failed = run("--version", "r9")
    assert (failed.returncode, failed.stderr.startswith("roll_back: r9 was never released")) == (1, True)


def test_the_job_rolls_back_and_tells_dagster(store):
    resources = {"compute": LocalCompute(store, "duckdb"), "settings": Settings(), "s3": None}
    with dg.DagsterInstance.ephemeral() as instance:
        job = roll_back_job.execute_in_process(resources=resources, instance=instance)
        event = instance.get_latest_materialization_event(dg.AssetKey("release"))
        told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
        assert told["serves"] == served(store) == "r3"
        assert told["since"] == current(store)["released_at"]
        assert told["held back"].startswith("r4: rolled back from at ")
        assert job.success
        config = {"ops": {"switch_to_earlier_release": {"config": {"version": "r9"}}}}
        failed = roll_back_job.execute_in_process(config, instance, resources=resources, raise_on_error=False)
        assert not failed.success


def test_the_alias_follows_and_old_indices_go(store, elasticsearch_node, monkeypatch, caplog):
    monkeypatch.setenv("ALGORHYTHMS_INDEX", elasticsearch_node.url)
    database = Database(elasticsearch_node.url, timeout=30)
    client, connection = writer(database), Connection(database)
    manifest = json.loads((store.root / "serving_bundle" / "r1" / "manifest.json").read_text())
    vector = np.ones(manifest["dimensions"]["stored"], np.float32)
    content = current(store)
    for version in ("x1", "x2"):
        documents = [(Document(version, "track", None, None, None, 1, vector), [version])]
        folder = store.root / "search_index" / version
        folder.mkdir()
        build_elastic(client, f"tracks-{version}", documents, len(vector), 9.0, manifest["embeddings"], folder)
        index = {"kind": "elasticsearch", "name": f"tracks-{version}"}
        switch(store, content | {"version": version, "index": index})

    def alias():
        return list(connection.get("/_alias/tracks"))

    assert alias() == ["tracks-x2"]
    assert (roll_back(store)["version"], alias()) == ("x1", ["tracks-x1"])
    assert load_release(store.root).index == "tracks-x1"
    roll_back(store, "x2")
    # Whoever has moved away from the cluster has no address of it any more.
    monkeypatch.setenv("ALGORHYTHMS_INDEX", "embedded")
    assert "search_index/x1" not in prune(store, 1)
    assert "the old index tracks-x1 stays" in caplog.text
    monkeypatch.setenv("ALGORHYTHMS_INDEX", elasticsearch_node.url)
    assert "search_index/x1" in prune(store, 1)
    assert list(connection.get("/tracks-x*/_mapping")) == ["tracks-x2"]
    # A cluster that is away keeps nobody from going back to what needs none.
    monkeypatch.setenv("ALGORHYTHMS_INDEX", "http://127.0.0.1:9")
    first = history(store)[0]["version"]
    assert roll_back(store, first)["version"] == first
