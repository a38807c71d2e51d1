"""What arrives is parsed once, what is growing waits, what vanished is kept."""

import json
import os
import time
from pathlib import Path

import boto3
import dagster as dg
import pytest

from algorhythms_assets.contracts import GCN_WEIGHTS, TRACK_METADATA
from algorhythms_assets.definitions import defs
from algorhythms_assets.deployments import resources
from algorhythms_assets.ingest import raw_playlists
from algorhythms_assets.ingest.arrivals import MOST_AT_ONCE, MOST_TRIES
from algorhythms_assets.ingest.partitions import SLICES_NAME, ranges
from algorhythms_assets.ingest.sensors import new_slices
from algorhythms_assets.ingest.slices import find_slices
from algorhythms_assets.resources.store import Store
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import playlist, slice_bytes
from algorhythms_assets_tests.services.s3 import bucket

__all__ = ["bucket"]


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def place(tmp_path):
    """A folder for slices and a store."""
    (tmp_path / "in").mkdir()
    return Settings(playlists=str(tmp_path / "in"), store=tmp_path / "store", retrain_after=3)


def drop(settings, key, *playlists, old=True):
    path = Path(settings.slices) / f"{key}.json"
    path.write_bytes(slice_bytes(*playlists))
    if old:
        os.utime(path, (time.time() - 1000, time.time() - 1000))


def tick(instance, settings, cursor=None):
    """One tick of the sensor, with its partitions added as the daemon does."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources(settings))
    result = new_slices(context)
    for request in result.dynamic_partitions_requests or ():
        instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
    return result


def parse(settings):
    """What the requested run does."""
    store = Store(settings.store)
    for key, file in find_slices(settings.slices).files.items():
        raw_playlists.ingest((key, file, store.slice_path(key)))


def test_new_files_become_partitions_and_one_run_in_one_tick(instance, place):
    for number in range(MOST_AT_ONCE + 1):
        drop(place, f"s{number:04}", playlist(number, ["a"]))
    result = tick(instance, place)
    assert len(instance.get_dynamic_partitions(SLICES_NAME)) == MOST_AT_ONCE
    [request] = result.run_requests
    assert request.tags["dagster/asset_partition_range_start"] == "s0000"
    assert request.tags["dagster/asset_partition_range_end"] == f"s{MOST_AT_ONCE - 1:04}"
    instance.add_run(dg.DagsterRun(job_name="ingest_slices", status=dg.DagsterRunStatus.STARTED))
    [rest] = tick(instance, place, result.cursor).run_requests
    assert rest.tags["dagster/asset_partition_range_start"] == f"s{MOST_AT_ONCE:04}"


@pytest.mark.faults
def test_four_thousand_new_files_take_short_ticks_and_are_all_asked_for(instance, place):
    files = 4_000
    for number in range(files):
        drop(place, f"s{number:04}", playlist(number, ["a"]))
    instance.add_run(dg.DagsterRun(job_name="ingest_slices", status=dg.DagsterRunStatus.STARTED))
    cursor = None
    for done in range(0, files, MOST_AT_ONCE):
        started = time.process_time()
        result = tick(instance, place, cursor)
        # Dagster gives a tick 60 s; of a processor, since others may use it too.
        assert time.process_time() - started < 30
        [request] = result.run_requests
        assert request.tags["dagster/asset_partition_range_start"] == f"s{done:04}"
        assert len(instance.get_dynamic_partitions(SLICES_NAME)) == done + MOST_AT_ONCE
        cursor = result.cursor
    assert not tick(instance, place, cursor).run_requests


def test_what_was_asked_for_is_not_asked_for_again_while_its_run_is_there(instance, place):
    drop(place, "a", playlist(1, ["x"]))
    first = tick(instance, place)
    run = dg.DagsterRun(job_name="ingest_slices", status=dg.DagsterRunStatus.STARTED)
    instance.add_run(run)
    assert not tick(instance, place, first.cursor).run_requests
    instance.report_run_failed(run, "killed")
    again = tick(instance, place, first.cursor)
    assert [request.run_key for request in again.run_requests] != [request.run_key for request in first.run_requests]


def test_what_could_not_be_read_is_not_asked_for_again_until_it_changes(instance, place):
    drop(place, "bad", playlist(1, []))
    first = tick(instance, place)
    assert len(first.run_requests) == 1
    parse(place)
    second = tick(instance, place, first.cursor)
    assert not second.run_requests
    assert "could not be read, see raw_playlists/report.jsonl: bad" in second.skip_reason.skip_message
    drop(place, "bad", playlist(1, ["x"]))
    assert tick(instance, place, second.cursor).run_requests
    parse(place)
    assert Store(place.store).failed_slices() == {}


def test_what_kills_its_run_each_time_is_given_up_and_said(instance, place):
    drop(place, "deadly", playlist(1, ["x"]))
    cursor = None
    for _ in range(MOST_TRIES):
        result = tick(instance, place, cursor)
        assert len(result.run_requests) == 1
        cursor = result.cursor
    told = tick(instance, place, cursor).skip_reason.skip_message
    assert "requested 3 times without success, so materialize by hand: deadly" in told


def test_a_slice_that_was_removed_and_comes_back_is_asked_for_by_another_run_key(instance, place):
    drop(place, "a", playlist(1, ["x"]))
    drop(place, "b", playlist(2, ["x"]))
    path = Path(place.slices) / "a.json"
    content, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    first = tick(instance, place)
    parse(place)
    path.unlink()
    assert remove(instance, place, "a").success
    path.write_bytes(content)
    os.utime(path, ns=times)
    second = tick(instance, place, first.cursor)
    assert [request.run_key for request in second.run_requests] != [request.run_key for request in first.run_requests]
    assert len(second.run_requests) == 1


def remove(instance, settings, *keys, reason="asked for by its owner"):
    config = {"ops": {"remove_slices_from_store": {"config": {"keys": list(keys), "reason": reason}}}}
    return defs.resolve_job_def("remove_slices").execute_in_process(
        run_config=config, instance=instance, resources=resources(settings), raise_on_error=False
    )


def test_what_the_store_holds_already_is_not_asked_for(instance, place):
    drop(place, "a", playlist(1, ["x", "y"]))
    parse(place)
    assert not tick(instance, place).run_requests


def test_a_changed_file_is_asked_for_anew_with_another_run_key(instance, place):
    drop(place, "a", playlist(1, ["x"]))
    first = tick(instance, place)
    drop(place, "a", playlist(1, ["x", "y", "z"]))
    second = tick(instance, place, first.cursor)
    assert [request.run_key for request in second.run_requests] != [request.run_key for request in first.run_requests]
    assert not second.dynamic_partitions_requests


def test_a_growing_file_waits_until_it_stays_the_same(instance, place):
    drop(place, "a", playlist(1, ["x"]), old=False)
    first = tick(instance, place)
    assert not first.run_requests
    assert "still growing: a" in first.skip_reason.skip_message
    drop(place, "a", playlist(1, ["x", "y"]), old=False)
    second = tick(instance, place, first.cursor)
    assert not second.run_requests
    third = tick(instance, place, second.cursor)
    assert len(third.run_requests) == 1


def test_a_vanished_file_is_said_and_kept(instance, place):
    for key in ("a", "b"):
        drop(place, key, playlist(ord(key), ["x", "y"]))
    parse(place)
    (Path(place.slices) / "b.json").unlink()
    assert "no longer there, but kept" in tick(instance, place).skip_reason.skip_message
    assert set(Store(place.store).slices()) == {"a", "b"}


def test_a_missing_folder_is_a_reason_to_skip(instance, place):
    missing = place.model_copy(update={"playlists": "/nowhere"})
    assert "not a folder" in tick(instance, missing).skip_reason.skip_message


def test_slices_of_an_s3_prefix_arrive_the_same_way(instance, place, bucket):
    boto3.client("s3").put_object(Bucket=bucket, Key="in/a.json", Body=slice_bytes(playlist(1, ["x"])))
    result = tick(instance, place.model_copy(update={"playlists": f"s3://{bucket}/in"}))
    assert len(result.run_requests) == 1
    assert instance.get_dynamic_partitions(SLICES_NAME) == ["a"]


def test_ranges_hold_the_wanted_and_no_other():
    assert [keys for keys, _ in ranges(["a", "b", "c", "d", "e"], {"a", "b", "e"})] == [["a", "b"], ["e"]]
    assert list(ranges(["a"], set())) == []


def test_slices_that_arrive_while_the_model_trains_change_nothing_for_it(demo, tmp_path):
    store = demo.store
    before = store.stamp(TRACK_METADATA), store.inputs(GCN_WEIGHTS)
    late = tmp_path / "late.json"
    late.write_bytes(slice_bytes(playlist(10**6, ["x", "y"])))
    target = store.slice_path("late")
    try:
        assert raw_playlists.ingest(("late", find_slices(tmp_path).files["late"], target)).failed is None
        assert "late" in store.slices()
        assert (store.stamp(TRACK_METADATA), store.inputs(GCN_WEIGHTS)) == before
    finally:
        target.unlink()
        target.with_suffix(".rejected.jsonl").unlink()


def test_slices_are_removed_on_purpose_once_their_files_are_gone(instance, place):
    drop(place, "a", playlist(1, ["x", "y"]))
    tick(instance, place)
    parse(place)
    assert not remove(instance, place, "unknown").success
    there = remove(instance, place, "a")
    assert "would be read again at the next tick" in str(there.all_events)
    assert list(Store(place.store).slices()) == ["a"]
    (Path(place.slices) / "a.json").unlink()
    assert remove(instance, place, "a", reason="asked for by its owner").success
    assert Store(place.store).slices() == {}
    assert instance.get_dynamic_partitions(SLICES_NAME) == []
    [event] = instance.fetch_observations(dg.AssetKey("raw_playlists"), limit=5).records
    assert event.asset_observation.description == "removed: asked for by its owner"
    assert "until the next release" in event.asset_observation.metadata["what is released speaks of them"].value
    [line] = (Store(place.store).slice_path("a").parent / "removed.jsonl").read_text().splitlines()
    assert json.loads(line)["reason"] == "asked for by its owner"


def test_a_file_from_the_future_is_read_at_the_second_look(instance, place):
    drop(place, "a", playlist(1, ["x"]))
    path = Path(place.slices) / "a.json"
    os.utime(path, (time.time() + 10_000, time.time() + 10_000))
    first = tick(instance, place)
    assert not first.run_requests
    assert len(tick(instance, place, first.cursor).run_requests) == 1
