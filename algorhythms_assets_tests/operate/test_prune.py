"""What is pruned, and above all what never is: on a copy of a finished store, and on Dagster's history."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import dagster as dg
import numpy as np
import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.index import Document
from algorhythms_ask.release import load_release

from algorhythms_assets.contracts import EDGE_TABLE, PYG_GRAPH, SEARCH_INDEX, SERVING_BUNDLE
from algorhythms_assets.operate.jobs import prune as prune_job
from algorhythms_assets.operate.prune import main as command
from algorhythms_assets.operate.prune import prune
from algorhythms_assets.operate.retention import unneeded_versions
from algorhythms_assets.operate.run_history import old_runs
from algorhythms_assets.operate.sizes import in_words, sizes
from algorhythms_assets.plan import outdated
from algorhythms_assets.release.history import current, switch
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.lock import LockedError, lock
from algorhythms_assets.resources.slurm.job import Work, new_folder
from algorhythms_assets.resources.store import Store, discard, size_of, write_json
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import ROOT

DAY = 24 * 60 * 60


@pytest.fixture
def settings(demo, tmp_path):
    """The settings of a copy of a finished store."""
    store = shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".dagster"))
    return Settings(store=store, playlists=str(demo.playlists), features=demo.features)


@pytest.fixture
def store(settings):
    return Store(settings.store)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def candidate(store, artifact, version="refused"):
    """Another version of an artifact, which nothing is made from."""
    place = store.version_path(artifact, version)
    shutil.copytree(store.path(artifact), place)
    stamp = json.loads((place / "artifact.json").read_text())
    write_json(place / "artifact.json", stamp | {"data_version": f"of {version}"})
    return place


def make_old(*paths, days=100):
    """Has everything below look as if it had not been touched for long."""
    then = time.time() - days * DAY
    for path in paths:
        for place in [path, *path.rglob("*")]:
            os.utime(place, (then, then), follow_symlinks=False)


def freed(told):
    return [one.what for one in told]


def content(store):
    return {path: path.stat().st_size for path in store.root.rglob("*") if path.is_file() and ".locks" not in str(path)}


def test_a_finished_store_has_nothing_to_prune(settings, store, instance):
    before = content(store)
    assert prune(instance, settings) == []
    assert content(store) == before


def test_refused_candidates_go_and_what_is_served_or_made_from_stays(settings, store, instance):
    served = current(store)
    refused = [candidate(store, artifact) for artifact in (PYG_GRAPH, SERVING_BUNDLE, SEARCH_INDEX)]
    sizes_of_refused = [size_of(path) for path in refused]
    dry = prune(instance, settings, dry_run=True)
    assert all(path.is_dir() for path in refused)
    told = prune(instance, settings)
    assert told == dry
    assert freed(told) == [str(path) for path in refused]
    assert [one.bytes for one in told] == sizes_of_refused
    assert not any(path.exists() for path in refused)
    assert load_release(store.root).version == served["version"]
    assert outdated(store, settings) == []


def test_the_graph_that_present_weights_are_of_stays_though_there_is_a_newer(settings, store, instance):
    old = store.path(PYG_GRAPH)
    candidate(store, PYG_GRAPH, "newer")
    write_json(old.parent / "latest.json", {"version": "newer"})
    assert prune(instance, settings) == []
    assert old.is_dir()


def test_whatever_was_released_can_still_be_rolled_back_to(settings, store, instance):
    first = current(store)
    for version in ("r1", "r2"):
        places = {artifact: candidate(store, artifact, version) for artifact in (SERVING_BUNDLE, SEARCH_INDEX)}
        bundle, index = (str(places[artifact].relative_to(store.root)) for artifact in places)
        switch(store, first | {"version": version, "bundle": bundle, "index": {"kind": "embedded", "name": index}})
    refused = candidate(store, SERVING_BUNDLE)
    assert freed(prune(instance, settings)) == [str(refused)]
    assert roll_back(store)["version"] == "r1"
    assert prune(instance, settings) == []
    assert roll_back(store, "r2")["version"] == "r2"
    assert roll_back(store, first["version"])["version"] == first["version"]


def test_interrupted_work_is_kept_to_be_resumed_and_goes_when_nobody_resumed_it(settings, store, instance):
    blocks = store.root / ".edge_table.0123456789ab.tmp"
    nested = blocks / ".part-00007.parquet.new.tmp"
    nested.mkdir(parents=True)
    (nested / "half").write_bytes(b"x" * 1000)
    replaced = store.root / ".gcn_weights.replaced"
    replaced.mkdir()
    assert freed(prune(instance, settings)) == [str(replaced)]
    assert nested.is_dir()
    make_old(blocks)
    assert freed(prune(instance, settings)) == [str(blocks)]
    assert not blocks.exists()


def test_what_was_replaced_is_the_artifact_where_the_new_one_never_came(settings, store, instance):
    edges = store.path(EDGE_TABLE)
    edges.rename(store.root / ".edge_table.replaced")
    prune(instance, settings, clean=False)
    assert store.stamp(EDGE_TABLE) is not None


def test_nothing_goes_while_anything_is_made(settings, store, instance):
    refused = candidate(store, PYG_GRAPH)
    with lock(store.locks, "degree_report"), pytest.raises(LockedError, match="degree_report is being made by process"):
        prune(instance, settings)
    assert refused.is_dir()
    assert freed(prune(instance, settings, dry_run=True)) == [str(refused)]
    assert not list(store.locks.glob("*.json"))


def test_a_version_that_was_half_deleted_is_not_found_by_its_name(settings, store, instance, monkeypatch):
    """It would be taken for whole when the same is made again."""
    place = candidate(store, PYG_GRAPH)

    def killed(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        discard(place)
    assert not place.exists()
    monkeypatch.undo()
    [left] = place.parent.glob(".refused.*")
    assert freed(prune(instance, settings)) == [str(left)]
    assert not left.exists()


def test_bundles_of_refused_candidates_leave_the_bucket_unless_it_serves_them(settings, store, instance):
    dropped = []

    class Bucket:
        def current(self):
            return {"bundle": "serving_bundle/other"}

        def drop(self, bundle):
            dropped.append(bundle)

    for version in ("refused", "other"):
        candidate(store, SERVING_BUNDLE, version)
    assert len(prune(instance, settings, Bucket())) == 2
    assert dropped == ["serving_bundle/refused"]


@pytest.mark.faults
def test_killed_at_any_moment_the_next_prune_frees_the_rest(settings, store):
    """Killed later each time, until one comes to its end."""
    before = content(store)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALGORHYTHMS_")}
    environment |= {
        "ALGORHYTHMS_STORE": str(store.root),
        "ALGORHYTHMS_PLAYLISTS": str(settings.playlists),
        "ALGORHYTHMS_FEATURES": str(settings.features),
    }
    kills = 0
    for _ in range(40):
        for artifact in (PYG_GRAPH, SERVING_BUNDLE, SEARCH_INDEX):
            if not store.version_path(artifact, "refused").exists():
                candidate(store, artifact)
        process = subprocess.Popen(
            [sys.executable, "-m", "algorhythms_assets.operate.prune"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        # Most of the time is for imports: what matters begins with the locks.
        while process.poll() is None and not list(store.locks.glob("*.json")):
            time.sleep(0.001)
        time.sleep(0.004 * kills)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        load_release(store.root)
        if "freed" in out:
            break
        kills += 1
    assert kills > 3
    done = subprocess.run(
        [sys.executable, "-m", "algorhythms_assets.operate.prune", "--clean"],
        env=environment | {"ALGORHYTHMS_HOLDOUT": "0.2"},  # for which there is something to make: intermediates stay
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "freed" in done.stdout
    after = {path: size for path, size in content(store).items() if ".dagster" not in str(path)}
    assert after == before
    assert not list(store.locks.glob("*.json"))


def test_cleaning_frees_intermediates_once_all_is_made_from_them_and_nothing_is_made_again(settings, store, instance):
    graph = store.path(PYG_GRAPH)
    another = settings.model_copy(update={"holdout": 0.2})
    assert prune(instance, another, clean=True) == []
    assert freed(prune(instance, settings, clean=True)) == [str(store.path(EDGE_TABLE)), str(graph)]
    assert outdated(store, settings) == []
    load_release(store.root)
    # What is to be made from them brings them back, and nothing else.
    (store.root / "degree_report" / "artifact.json").unlink()
    assert outdated(store, settings) == ["edge_table", "degree_report", "release"]
    (store.root / "gcn_weights" / "artifact.json").unlink()
    assert outdated(store, settings)[:3] == ["edge_table", "degree_report", "pyg_graph"]


def test_cleaning_frees_a_sample_that_is_not_in_use_only(settings, store, instance):
    settings.sample.mkdir()
    of_sample = settings.model_copy(update={"playlists": None})
    assert str(settings.sample) not in freed(prune(instance, of_sample, clean=True, dry_run=True))
    assert str(settings.sample) in freed(prune(instance, settings, clean=True))


def test_folders_of_slurm_jobs_go_when_they_are_old_and_their_end_is_known(settings, store, instance, monkeypatch):
    run_dir = store.root / "slurm"
    ended, fresh, unseen, followed = (
        new_folder(run_dir, Work("edge_table", f"{name:0<8}", "root", "digest", "scope"))
        for name in ("ended", "fresh", "unseen", "followed")
    )
    for folder in (ended, fresh, followed):
        folder.end({"state": "COMPLETED"})
    for folder in (ended, unseen, fresh):
        write_json(folder.path / "follower.json", {"run": "r", "host": "elsewhere", "process": 1, "started": "then"})
    make_old(ended.path, unseen.path, followed.path)
    left = ended.path.with_name(".left-x.gone.tmp")
    left.mkdir()
    assert freed(prune(instance, settings)) == [str(left), str(ended.path)]
    assert all(folder.path.is_dir() for folder in (fresh, unseen, followed))


def test_indices_of_refused_candidates_leave_the_cluster_before_their_folders(
    settings, store, instance, elasticsearch_node, monkeypatch
):
    monkeypatch.setenv("ALGORHYTHMS_INDEX", elasticsearch_node.url)
    database = Database(elasticsearch_node.url, timeout=30)
    client, connection = writer(database), Connection(database)
    vector = np.ones(4, np.float32)

    def loaded(version, folder):
        folder.mkdir()
        documents = [(Document(version, "track", None, None, None, 1, vector), [version])]
        build_elastic(client, f"tracks-{version}", documents, len(vector), 9.0, "of p", folder)

    refused, interrupted = store.root / "search_index" / "p1", store.root / "search_index" / ".p2.0123456789ab.tmp"
    loaded("p1", refused)
    write_json(refused / "index.json", {"kind": "elasticsearch", "name": "tracks-p1", "embeddings": "of p"})
    loaded("p2", interrupted)
    loaded("p3", store.root / "search_index" / ".p3.0123456789ab.tmp")
    make_old(interrupted)
    monkeypatch.setenv("ALGORHYTHMS_INDEX", "http://127.0.0.1:9")
    assert prune(instance, settings) == []
    assert refused.is_dir()
    monkeypatch.setenv("ALGORHYTHMS_INDEX", elasticsearch_node.url)
    assert freed(prune(instance, settings)) == [str(refused), str(interrupted)]
    assert list(connection.get("/tracks-p*/_mapping")) == ["tracks-p3"]


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
def sliced(context):
    context.log.info("a line of the log")


def test_old_runs_are_forgotten_but_for_those_that_made_what_is_there(demo, settings, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with dg.DagsterInstance.from_config(str(home), config_filename="none.yaml") as instance:
        runs = [dg.materialize([sliced], instance=instance, partition_key=key).run_id for key in ("a", "b", "a")]
        tomorrow = time.time() + DAY
        assert list(old_runs(instance, time.time() - DAY)) == []
        assert [run.run for run in old_runs(instance, tomorrow)] == runs[:1]
        later = settings.model_copy(update={"keep_days": -1})
        [told] = prune(instance, later)
        assert told.what == "1 runs"
        assert told.bytes > 50_000
        assert {record.dagster_run.run_id for record in instance.get_run_records()} == set(runs[1:])
        assert instance.get_materialized_partitions(dg.AssetKey("sliced")) == {"a", "b"}
        assert sorted(path.stem for path in (home / "history" / "runs").glob("*-*-*.db")) == sorted(runs[1:])
        assert not (home / "storage" / runs[0]).exists()
        assert prune(instance, later) == []
        # A prune that was killed left the database of a run that Dagster has forgotten.
        left = home / "history" / "runs" / "00000000-0000-0000-0000-000000000000.db"
        left.write_bytes(b"left")
        assert [one.bytes for one in prune(instance, later)] == [4]
        assert not left.exists()


def test_the_job_says_what_it_freed_and_what_the_store_takes(settings, store):
    refused = candidate(store, PYG_GRAPH)
    resources = {"compute": LocalCompute(store, "duckdb"), "settings": settings, "s3": None}
    config = {"ops": {"free_what_nobody_needs": {"config": {"dry_run": True}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        for name, run_config in (("would be freed (bytes)", config), ("freed (bytes)", {})):
            assert refused.is_dir()
            done = prune_job.execute_in_process(run_config, instance, resources=resources)
            [output] = [event for event in done.all_events if event.is_successful_output]
            metadata = output.step_output_data.metadata
            assert metadata[name].value > 1000
            assert [record.data["what"] for record in metadata["freed"].records] == [str(refused)]
            parts = {record.data["part"]: record.data for record in metadata["store"].records}
            assert parts["edge_table"]["bytes"] == size_of(store.path(EDGE_TABLE))
        assert not refused.exists()
        candidate(store, PYG_GRAPH)
        with lock(store.locks, "scaler"):
            failed = prune_job.execute_in_process(instance=instance, resources=resources, raise_on_error=False)
        [failure] = [event for event in failed.all_events if event.is_step_failure]
        assert "scaler is being made by" in failure.step_failure_data.user_failure_data.description


def test_sizes_add_up_to_the_store(settings, store):
    refused = candidate(store, SEARCH_INDEX)
    parts = sizes(store)
    assert sum(part.bytes + part.other for part in parts) == pytest.approx(size_of(store.root), abs=100)
    [index] = [part for part in parts if part.part == "search_index"]
    assert index.other == size_of(refused)
    assert index.bytes == pytest.approx(size_of(store.path(SEARCH_INDEX)), abs=100)  # and latest.json
    assert parts == sorted(parts, key=lambda part: -part.bytes - part.other)
    assert list(unneeded_versions(Store(store.root / "none"))) == sizes(Store(store.root / "none")) == []


@pytest.mark.parametrize(
    ("count", "words"),
    [(999, "999 bytes"), (1500, "1.5 kB"), (2_400_000_000, "2.4 GB"), (17_757_400_000_000, "17757.4 GB")],
)
def test_bytes_are_told_in_the_unit_that_fits(count, words):
    assert in_words(count) == words


def test_the_command_says_what_it_does_and_what_is_wrong(settings, store, monkeypatch, capsys):
    monkeypatch.setenv("DAGSTER_HOME", "")

    def run(*arguments, place=store.root):
        monkeypatch.setattr(sys, "argv", ["prune", "--store", str(place), *arguments])
        return command(), capsys.readouterr()

    refused = candidate(store, PYG_GRAPH)
    code, told = run("--dry-run")
    assert (code, f"{refused}: of no release" in told.out, "would be freed; the store takes:" in told.out) == (0, 1, 1)
    assert refused.is_dir()
    with lock(store.locks, "scaler"):
        code, told = run()
    assert (code, told.err.startswith("prune: scaler is being made by process")) == (1, True)
    assert " freed; the store takes now:" in run()[1].out
    assert not refused.exists()
    assert run(place=store.root / "none")[1].out.startswith("There is no store")
    assert not (store.root / "none").exists()
