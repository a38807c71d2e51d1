"""When a new snapshot is asked for: by what is newer than what serves, and again after a failure, but not for ever."""

import time

import dagster as dg
import pytest
from algorhythms_ask.release import CURRENT
from dagster._core.events import StepFailureData

from algorhythms_assets.contracts import RAW_PLAYLISTS, RAW_PLAYLISTS_SCHEMA
from algorhythms_assets.definitions import defs
from algorhythms_assets.deployments import resources
from algorhythms_assets.release.history import keep_slices
from algorhythms_assets.release.sensors import PAUSES, enough_new_playlists
from algorhythms_assets.resources.store import Stamp, Store, write_json, write_table
from algorhythms_assets.settings import Settings


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def place(tmp_path):
    return Settings(store=tmp_path / "store", retrain_after=3)


def arrives(settings, key, playlists):
    store = Store(settings.store)
    stamp = Stamp(RAW_PLAYLISTS.name, f"version of {key}", "1", config={"slice": key, "playlists": playlists})
    store.slice_path(key).parent.mkdir(parents=True, exist_ok=True)
    write_table(RAW_PLAYLISTS_SCHEMA.empty_table(), store.slice_path(key), RAW_PLAYLISTS_SCHEMA, stamp)


def is_released(settings):
    store = Store(settings.store)
    (store.root / CURRENT).parent.mkdir(exist_ok=True)
    index = {"kind": "embedded", "name": "search_index/r"}
    write_json(store.root / CURRENT, {"version": "r", "snapshot": "s", "bundle": "serving_bundle/r", "index": index})
    keep_slices(store, "s", {key: stamp.data_version for key, stamp in store.slices().items()})


def ask(instance, settings):
    return enough_new_playlists(dg.build_sensor_context(instance=instance, resources=resources(settings)))


def launched(instance, request, status=dg.DagsterRunStatus.STARTED, failed_step=None):
    """A run of the request, which is under way or has ended."""
    run = dg.DagsterRun(job_name="retrain", tags=request.tags, status=status)
    instance.add_run(run)
    if failed_step:
        event = dg.DagsterEvent(
            dg.DagsterEventType.STEP_FAILURE.value,
            run.job_name,
            step_key=failed_step,
            event_specific_data=StepFailureData(None, None),
        )
        instance.report_dagster_event(event, run.run_id)
    return run


def test_enough_new_playlists_ask_for_one_snapshot_and_all_that_follows(instance, place):
    arrives(place, "a", 2)
    assert "2 playlists are newer than what serves" in ask(instance, place).skip_message
    arrives(place, "b", 1)
    request = ask(instance, place)
    assert request.run_key == ask(instance, place).run_key
    job = defs.resolve_job_def(enough_new_playlists.job_name)
    assert {"track_metadata", "gcn_weights", "release"} <= set(job.graph.node_dict)
    assert "raw_playlists" not in job.graph.node_dict
    is_released(place)
    assert "0 playlists are newer" in ask(instance, place).skip_message


def test_a_training_that_failed_is_tried_again_with_growing_pauses_and_not_for_ever(instance, place, monkeypatch):
    arrives(place, "a", 5)
    keys = []
    for number, pause in enumerate(PAUSES, start=1):
        request = ask(instance, place)
        keys.append(request.run_key)
        run = launched(instance, request)
        assert f"run {run.run_id} is training on them" in ask(instance, place).skip_message
        instance.report_run_failed(run, "out of memory")
        said = ask(instance, place).skip_message
        assert f"the training failed {number} times, last in run {run.run_id}; it is retried at " in said
        later = time.time() + pause + 1
        monkeypatch.setattr("algorhythms_assets.release.sensors.time.time", lambda later=later: later)
    request = ask(instance, place)
    assert len({*keys, request.run_key}) == len(PAUSES) + 1
    instance.report_run_failed(launched(instance, request), "out of memory")
    assert "launch retrain when that is fixed" in ask(instance, place).skip_message
    arrives(place, "b", 1)
    assert isinstance(ask(instance, place), dg.RunRequest), "with other slices it may go well"


def test_what_the_gate_refused_or_a_person_canceled_is_not_tried_again(instance, place):
    arrives(place, "a", 5)
    launched(instance, ask(instance, place), dg.DagsterRunStatus.FAILURE, failed_step="release")
    assert "the result was not released: see its step release" in ask(instance, place).skip_message
    arrives(place, "b", 1)
    launched(instance, ask(instance, place), dg.DagsterRunStatus.CANCELED)
    assert "canceled by a person" in ask(instance, place).skip_message


def test_what_was_rolled_back_from_is_not_trained_again(instance, place):
    arrives(place, "a", 1)
    is_released(place)
    arrives(place, "b", 5)
    launched(instance, ask(instance, place), dg.DagsterRunStatus.SUCCESS)
    assert "something else serves since" in ask(instance, place).skip_message


def test_a_removed_slice_asks_for_a_training_however_few_playlists_it_held(instance, place):
    arrives(place, "a", 1)
    arrives(place, "b", 9)
    is_released(place)
    Store(place.store).slice_path("a").unlink()
    launched(instance, ask(instance, place), dg.DagsterRunStatus.CANCELED)
    assert "1 slices removed (a)" in ask(instance, place).skip_message
