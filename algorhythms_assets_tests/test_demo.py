"""The main job, as a user runs it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import dagster as dg
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import ARTIFACTS, EVALUATION_REPORT, NEW_TRACKS, RAW_PLAYLISTS, RELEASE
from algorhythms_assets.demo import _narrator, serving
from algorhythms_assets.plan import outdated
from algorhythms_assets.resources.store import Store, write_json
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import ROOT, environment_of, playlist, run_demo, slice_bytes

# The table in an artifact's folder, where it is not in parts.
TABLES = {"track_metadata": "tracks", "graph_sample": "sample"}


def test_it_releases_and_shows_a_recommendation_with_names(demo):
    assert "POST /recommendations" in demo.output
    assert "popularity" in demo.output
    assert "Released " in demo.output
    current = json.loads((demo.store.root / "releases" / "current.json").read_text())
    assert current["metrics"]["served"]["r_precision"] > current["metrics"]["popularity"]["r_precision"]


@pytest.mark.parametrize("name", [name for name, artifact in ARTIFACTS.items() if artifact.schema])
def test_tables_are_as_the_contract_says(demo, name):
    artifact = ARTIFACTS[name]
    path = demo.store.slice_path("mpd.slice.0-79") if artifact is RAW_PLAYLISTS else demo.store.path(artifact)
    file = path if path.is_file() else min(path.glob("part-*.parquet"), default=path / f"{TABLES.get(name)}.parquet")
    schema = pq.read_schema(file)
    assert schema.names == artifact.schema.names
    for field in artifact.schema:
        if field.name != "embedding":
            assert schema.field(field.name).type == field.type
    # Right after a training there are none.
    assert (pq.read_metadata(file).num_rows > 0) == (artifact is not NEW_TRACKS)


def test_every_artifact_carries_the_snapshot(demo):
    snapshots = {
        demo.store.stamp(artifact).snapshot
        for artifact in ARTIFACTS.values()
        if artifact not in (RAW_PLAYLISTS, RELEASE)
    }
    assert len(snapshots) == 1
    assert None not in snapshots


def test_dagster_knows_every_asset_as_materialized(demo):
    with dg.DagsterInstance.from_config(str(demo.store.root / ".dagster")) as instance:
        for name in ARTIFACTS:
            event = instance.get_latest_materialization_event(dg.AssetKey(name))
            assert event is not None, name
            assert event.asset_materialization.tags["dagster/data_version"]
        slices = instance.get_materialized_partitions(dg.AssetKey("raw_playlists"))
    assert slices == set(demo.store.slices())


def test_the_ends_of_the_lineage_say_what_was_read_and_what_serves(demo):
    current = json.loads((demo.store.root / "releases" / "current.json").read_text())
    with dg.DagsterInstance.from_config(str(demo.store.root / ".dagster")) as instance:

        def told(name):
            [record] = instance.fetch_observations(dg.AssetKey(name), limit=9).records
            return {key: entry.value for key, entry in record.asset_observation.metadata.items()}

        def made(name):
            event = instance.get_latest_materialization_event(dg.AssetKey(name))
            return {key: entry.value for key, entry in event.asset_materialization.metadata.items()}

        assert told("playlist_files") == {"place": str(demo.playlists), "files read": len(demo.store.slices())}
        in_use = {
            "deployment": "local",
            "store": str(demo.store.root),
            "playlists": str(demo.playlists),
            "engine": "duckdb",
            "index": "embedded",
            "releases": "store",
        }
        assert told("endpoint") == {"serves": current["version"], **in_use}
        for name in ("search_index", "release"):
            assert made(name).items() >= in_use.items()


def events(demo):
    """How often Dagster heard that each asset was materialized."""
    with dg.DagsterInstance.from_config(str(demo.store.root / ".dagster")) as instance:
        return {name: len(instance.fetch_materializations(dg.AssetKey(name), limit=100).records) for name in ARTIFACTS}


@pytest.mark.slow
def test_what_another_training_changes_is_made_again_and_nothing_else(demo, tmp_path):
    store = Store(shutil.copytree(demo.store.root, tmp_path / "store"))
    settings = Settings(store=store.root, playlists=str(demo.playlists), features=demo.features)
    assert outdated(store, settings) == []
    assert outdated(store, settings.model_copy(update={"index": "http://127.0.0.1:9"})) == [
        "search_index",
        "evaluation_report",
        "release",
    ]
    path = store.root / "gcn_weights" / "artifact.json"
    path.write_text(path.read_text().replace('"epochs": 12', '"epochs": 13'))
    stamp = json.loads(path.read_text())
    write_json(path, stamp | {"data_version": "of another training"})
    assert set(outdated(store, settings)) == {
        *("gcn_weights", "embeddings", "mlp_weights", "title_weights"),
        *("serving_bundle", "new_tracks", "search_index", "evaluation_report", "release"),
    }


def test_a_second_time_only_what_changed_is_done(demo, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in demo.store.root.rglob("*") if "/.dagster" not in str(path)}
    known = events(demo)
    again = demo.again()
    assert again.returncode == 0
    assert "0 of them new or changed" in again.stdout
    [unchanged] = re.findall("^Unchanged: (.*)$", again.stdout, re.MULTILINE)
    assert unchanged.split(", ") == [name for name in ARTIFACTS if name != "raw_playlists"]
    assert events(demo) == known
    after = {path: path.stat().st_mtime_ns for path in demo.store.root.rglob("*") if "/.dagster" not in str(path)}
    assert after == before


@pytest.mark.slow
def test_bad_slices_and_playlists_are_set_aside_and_the_rest_is_released(demo, tmp_path):
    source = tmp_path / "playlists"
    source.mkdir()
    good = next(iter(sorted(demo.playlists.glob("*.json"))))
    shutil.copy(good, source)
    cut = good.read_bytes()[:50_000]
    (source / "mpd.slice.1000-1001.json").write_bytes(cut)
    (source / "mpd.slice.2000-2001.json").write_bytes(slice_bytes(playlist(2000, []), playlist(2001, ["a", "b"])))
    done = run_demo(tmp_path / "store", source)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 file set aside: the JSON ends early, at byte 50000 (mpd.slice.1000-1001)" in done.stdout
    assert "mpd.slice.2000-2001.rejected.jsonl" in done.stdout
    report = json.loads((tmp_path / "store" / EVALUATION_REPORT.path / "report.json").read_text())
    assert report["gate"]["warnings"]
    manifest = next((tmp_path / "store" / "serving_bundle").glob("*/manifest.json"))
    assert json.loads(manifest.read_text())["features"] is False
    with dg.DagsterInstance.from_config(str(tmp_path / "store" / ".dagster")) as instance:
        slices = instance.get_materialized_partitions(dg.AssetKey("raw_playlists"))
    assert slices == {good.stem, "mpd.slice.2000-2001"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"PLAYLISTS": "missing"}, "missing is not a folder"),
        ({"HOLDOUT": "much"}, "ALGORHYTHMS_HOLDOUT"),
        ({"ENGINE": "sparkle"}, "ALGORHYTHMS_ENGINE"),
        ({"DEPLOYMENT": "moon"}, "ALGORHYTHMS_DEPLOYMENT"),
        ({"STORE": "/proc/store"}, "cannot be written"),
    ],
)
def test_a_wrong_setting_is_told_in_a_line(tmp_path, settings, told):
    done = run_demo(tmp_path / "store", tmp_path, **settings)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def ends_whole(group: int) -> None:
    deadline = time.monotonic() + 30
    try:
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.1)
    except ProcessLookupError:
        return
    pytest.fail(f"processes of the group {group} go on")


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_with_all_it_started_and_the_next_run_resumes(demo, tmp_path, ends):
    store = tmp_path / "store"
    shutil.copytree(demo.store.root, store)
    shutil.rmtree(store / "gcn_weights")
    settings = {"STORE": str(store), "PLAYLISTS": str(demo.playlists), "FEATURES": demo.features}
    # In a group of its own, which Ctrl-C on a terminal is sent to as a whole.
    running = subprocess.Popen(
        [sys.executable, "-m", "algorhythms_assets.demo"],
        env=environment_of(settings),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert any("epoch 1:" in line for line in running.stdout)
    if ends == signal.SIGINT:
        os.killpg(running.pid, ends)
    else:
        running.send_signal(ends)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.endswith("Interrupted. The same command resumes.\n")
    assert "Released" not in output
    ends_whole(running.pid)
    again = run_demo(store, demo.playlists, demo.features)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "resuming an interrupted attempt" in again.stdout
    assert "Released" in again.stdout


@pytest.mark.parametrize("error", [dg.Failure("the disk is full"), OSError("the disk is full")])
def test_a_step_that_fails_again_and_again_says_why_each_time(capsys, error):
    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=1))
    def made():
        raise error

    definitions = dg.Definitions([made], loggers={"narrator": _narrator}, jobs=[dg.define_asset_job("job")])
    job = definitions.resolve_job_def("job")
    assert not job.execute_in_process({"loggers": {"narrator": {}}}, raise_on_error=False).success
    told = capsys.readouterr().out
    assert "failed, and is retried in 0 s: the disk is full" in told
    assert "failed: the disk is full" in told
    assert "max_retries" not in told


def test_the_endpoint_is_asked_without_the_proxy_of_the_environment(demo, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(demo.store.root) as url:
        assert url.startswith("http://127.0.0.1:")


def test_no_usable_slice_is_no_release(tmp_path):
    (tmp_path / "mpd.slice.0-0.json").write_bytes(slice_bytes(playlist(0, [])))
    done = run_demo(tmp_path / "store", tmp_path)
    assert done.returncode != 0
    assert "nothing to release" in done.stderr
    assert "`tracks`: no track" in done.stderr
    assert "Traceback" not in done.stderr


def test_playlists_of_another_folder_are_not_mixed_in(demo, tmp_path):
    (tmp_path / "mpd.slice.5-5.json").write_bytes(slice_bytes(playlist(5, ["a", "b"])))
    done = run_demo(demo.store.root, tmp_path)
    assert done.returncode != 0
    assert "its own store" in done.stderr


@pytest.mark.parametrize("name", sorted(set(ARTIFACTS) - {RAW_PLAYLISTS.name, RELEASE.name}))
def test_a_payload_needs_nothing_but_what_its_lineage_says(demo, tmp_path, name):
    """Else it fails, or mixes versions, when Dagster runs it beside what it secretly waits for."""
    for source in {ARTIFACTS[wanted].path.split("/")[0] for wanted in ARTIFACTS[name].inputs}:
        (tmp_path / source).symlink_to(demo.store.root / source)
    knobs = ["--epochs", "1"] if name == "gcn_weights" else []
    command = [sys.executable, "-m", ARTIFACTS[name].module, "--store", str(tmp_path), *knobs]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert Store(tmp_path).stamp(ARTIFACTS[name]) is not None
