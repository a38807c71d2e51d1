"""Files that a disk, a copy or a tool has damaged: what is wrong is said in a line, and what follows mends it."""

import logging
import re
import shutil
import sqlite3
import sys
from types import SimpleNamespace

import dagster as dg
import pytest
from algorhythms_ask.blocking import BlockList
from algorhythms_ask.release import CURRENT, load_release

from algorhythms_assets.contracts import (
    ARTIFACTS,
    AUDIO_FEATURES,
    EDGE_TABLE,
    EMBEDDINGS,
    GCN_WEIGHTS,
    PYG_GRAPH,
    RAW_PLAYLISTS,
    SEARCH_INDEX,
    SERVING_BUNDLE,
    TRACK_METADATA,
    NoConfig,
)
from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets.evaluation import evaluation_report
from algorhythms_assets.payload import run
from algorhythms_assets.plan import outdated
from algorhythms_assets.release.publish import publish
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.resources.checksums import SUMS_FILE, damage
from algorhythms_assets.resources.store import LATEST_FILE, STAMP_FILE, InputError, Store
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import run_demo
from algorhythms_assets_tests.test_payload_faults import make


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def emptied(path):
    path.write_bytes(b"")


def lost(path):
    path.unlink()


@pytest.fixture
def store(demo, tmp_path):
    ignored = shutil.ignore_patterns("sample", "storage")
    return Store(shutil.copytree(demo.store.root, tmp_path / "store", ignore=ignored))


@pytest.fixture
def settings(demo, store):
    """Those that the store was made with: nothing in it is outdated."""
    settings = Settings(store=store.root, features=demo.features)
    assert outdated(store, settings) == []
    return settings


def never(work):
    pytest.fail(f"{work.artifact.name} is made of damaged files")


@pytest.fixture
def refused(monkeypatch, capsys):
    """Runs the payload of an artifact as a program; returns its last line."""

    def refuse(store, name):
        monkeypatch.setattr(sys, "argv", [name, "--store", str(store.root)])
        with pytest.raises(SystemExit) as ended:
            run(never, ARTIFACTS[name], NoConfig)
        assert ended.value.code == 1
        [line] = capsys.readouterr().err.splitlines()
        return line

    return refuse


# Of each format one, and who reads it first.
FILES = [
    ("Parquet", TRACK_METADATA, "playlists.parquet", "edge_table"),
    ("Parquet in parts", EDGE_TABLE, "part-00001.parquet", "pyg_graph"),
    ("Parquet alone", EMBEDDINGS, None, "title_weights"),
    ("Parquet alone, small", AUDIO_FEATURES, None, "scaler"),
    ("safetensors", GCN_WEIGHTS, "model.safetensors", "embeddings"),
    ("safetensors of a version", PYG_GRAPH, "graph.safetensors", "gcn_weights"),
    ("npy", GCN_WEIGHTS, "fold_in.npy", "serving_bundle"),
    ("JSON", TRACK_METADATA, "snapshot.json", "edge_table"),
    ("manifest", SERVING_BUNDLE, "manifest.json", "evaluation_report"),
    ("SQLite", SEARCH_INDEX, "documents.sqlite", "evaluation_report"),
    ("mapped vectors", SEARCH_INDEX, "vectors.npy", "evaluation_report"),
]


@pytest.mark.parametrize("harm", [truncated, flipped, emptied, lost], ids=lambda harm: harm.__name__)
@pytest.mark.parametrize(("artifact", "file", "reader"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_nothing_is_made_of_a_damaged_file_and_the_line_says_what_to_make_again(
    store, settings, refused, artifact, file, reader, harm
):
    place = store.path(artifact)
    path = place / file if file else place
    assert damage(place) is None
    harm(path)
    line = refused(store, reader)
    if harm is lost and not file:
        assert line.endswith(f"is not in {store.root}: materialize it first.")
    elif line.endswith("materialize it again."):
        # A single file whose end is damaged no longer says what it was made of.
        assert not file
        assert f"{artifact.name}, which {reader} is made from, cannot be read in {place}" in line
    else:
        assert line.startswith(f"{reader}: {path} ")
        assert line.endswith(f": materialize {artifact.name} again.")
    made_again = outdated(store, settings)
    assert {artifact.name, reader} <= set(made_again)


@pytest.mark.parametrize("file", [STAMP_FILE, SUMS_FILE])
@pytest.mark.parametrize("harm", [truncated, emptied], ids=lambda harm: harm.__name__)
def test_what_tells_of_an_artifact_may_be_damaged_too(store, settings, refused, file, harm):
    harm(store.path(EDGE_TABLE) / file)
    if file == SUMS_FILE and harm is emptied:
        return  # as if an earlier version had written the folder
    assert re.search("materialize (it|edge_table) again", refused(store, "pyg_graph"))
    assert "edge_table" in outdated(store, settings)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": 7.5e300}', '{"version": "../../elsewhere"}'])
def test_a_latest_version_that_is_none_is_said_and_leads_nowhere_else(store, settings, refused, content):
    pointer = store.root / PYG_GRAPH.name / LATEST_FILE
    pointer.write_text(content)
    with pytest.raises(InputError, match=r"latest\.json names no version: materialize pyg_graph again"):
        store.path(PYG_GRAPH)
    assert "materialize it again" in refused(store, "gcn_weights")
    assert "pyg_graph" in outdated(store, settings)


def test_a_damaged_version_is_written_anew_and_a_sound_one_is_not(store):
    place = store.path(SERVING_BUNDLE)
    written = (place / "fold_in.npy").stat().st_ino
    assert make(store, "serving_bundle").returncode == 0
    assert (place / "fold_in.npy").stat().st_ino == written
    released = load_release(store.root).version
    flipped(place / "fold_in.npy")
    done = make(store, "serving_bundle")
    assert done.returncode == 0, done.stderr
    assert damage(place) is None
    assert load_release(store.root).version == released


def test_an_index_that_is_lost_is_built_again_from_the_store(store, settings):
    before, place = store.stamp(SEARCH_INDEX), store.path(SEARCH_INDEX)
    shutil.rmtree(store.root / SEARCH_INDEX.name)
    assert SEARCH_INDEX.name in outdated(store, settings)
    done = make(store, "search_index")
    assert done.returncode == 0, done.stderr
    assert (store.stamp(SEARCH_INDEX), store.path(SEARCH_INDEX)) == (before, place)
    assert load_release(store.root).index == f"search_index/{place.name}"


@pytest.mark.parametrize("harm", [truncated, flipped, emptied], ids=lambda harm: harm.__name__)
def test_a_damaged_slice_is_named_and_no_snapshot_is_made_without_it(store, refused, harm):
    key, *others = store.slices()
    path = store.slice_path(key)
    harm(path)
    # Where it cannot even be read whose rows they are, it is as good as new to sensors and `make demo`.
    assert list(store.slices()) == (others if harm is not flipped else [key, *others])
    line = refused(store, "track_metadata")
    assert line.startswith(f"track_metadata: {path} cannot be read (")
    assert line.endswith(f"delete it, and materialize its slice of {RAW_PLAYLISTS.name} again.")


@pytest.mark.faults
def test_blocks_and_checkpoints_of_an_earlier_try_that_are_damaged_are_not_taken_up(store):
    for name, file in (("edge_table", "part-00001.parquet"), ("gcn_weights", "checkpoint.safetensors")):
        artifact = ARTIFACTS[name]
        stamp, place = store.stamp(artifact), store.path(artifact)
        unfinished = place.with_name(f".{place.name}.{stamp.data_version[:12]}.tmp")
        unfinished.mkdir()
        (unfinished / file).write_bytes(b"PAR1 or whatever was left")
        done = make(store, name)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert damage(place) is None
        assert not unfinished.exists()


@pytest.mark.parametrize("content", [b"", b'{"version": "', b"[]", b"\xff\xfe"])
def test_a_damaged_pointer_is_written_again_from_the_history(store, settings, content, caplog):
    pointer = store.root / CURRENT
    whole = pointer.read_bytes()
    pointer.write_bytes(content)
    assert outdated(store, settings) == []
    assert publish(store, force=False)["version"]
    assert pointer.read_bytes() == whole
    assert "the last release of the history is taken as current" in caplog.text


def test_an_evaluation_says_that_it_compares_with_nothing_where_the_pointer_is_damaged(store, caplog):
    work = SimpleNamespace(store=store, log=logging.getLogger("evaluation_report"))
    (store.root / CURRENT).write_bytes(b"{")
    bundle, index = store.path(SERVING_BUNDLE), store.path(SEARCH_INDEX)
    assert evaluation_report._released(work, bundle, index, [0, 1], BlockList()) is None
    assert "not compared with what is released" in caplog.text


def test_a_damaged_history_says_which_line_and_what_serves_stays(store):
    history = (store.root / CURRENT).with_name("history.jsonl")
    history.write_text(history.read_text() + '{"version": "cut of')
    whole = (store.root / CURRENT).read_bytes()
    with pytest.raises(InputError, match=r"line 2 of .*history\.jsonl cannot be read.*Delete that line"):
        roll_back(store)
    assert (store.root / CURRENT).read_bytes() == whole
    (store.root / CURRENT).write_bytes(b"")
    with pytest.raises(InputError, match=r"line 2 of .*history\.jsonl"):
        publish(store, force=False)


def test_a_damaged_report_is_not_released(store):
    (store.root / CURRENT).unlink()
    truncated(store.root / "evaluation_report" / "report.json")
    with pytest.raises(InputError, match=r"report\.json cannot be read.*materialize evaluation_report again"):
        publish(store, force=False)
    assert not (store.root / CURRENT).exists()


def scrambled(path):
    content = bytearray(path.read_bytes())
    for place in range(4096, len(content), 97):
        content[place] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [truncated, scrambled], ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
def test_damaged_databases_of_dagster_are_named_and_it_starts_without_them(store, monkeypatch, name, harm):
    home = dagster_home(store.root)
    path = home / name
    if not path.exists():
        monkeypatch.setenv("DAGSTER_HOME", str(home))
        with dg.DagsterInstance.get():
            pass
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as connection:
            connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (randomblob(20000))")
    harm(path)
    with pytest.raises(InputError, match=rf"{name}, of Dagster's history, is damaged .*artifacts and releases stay"):
        dagster_home(store.root)
    path.parent.rename(path.parent.with_name("aside"))
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(store.root)))
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() >= 0
    assert load_release(store.root).version


@pytest.mark.faults
def test_the_main_job_makes_again_what_is_damaged_and_releases_the_same(demo, store):
    released = load_release(store.root).version
    flipped(store.path(EDGE_TABLE) / "part-00001.parquet")
    flipped(store.path(EMBEDDINGS))
    truncated(store.path(SEARCH_INDEX) / "documents.sqlite")
    done = run_demo(store.root, demo.playlists, demo.features)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert load_release(store.root).version == released
    assert [name for name in ARTIFACTS if name != "raw_playlists" and damage(store.path(ARTIFACTS[name]))] == []
