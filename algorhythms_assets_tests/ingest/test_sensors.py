"""What arrives is parsed once, what is growing waits, what vanished is kept; only enough makes a new snapshot."""

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
from algorhythms_assets.ingest.partitions import SLICES_NAME, ranges
from algorhythms_assets.ingest.sensors import enough_new_playlists, new_slices
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
    for number in range(1000):
        drop(place, f"s{number:04}", playlist(number, ["a"]))
    result = tick(instance, place)
    assert len(instance.get_dynamic_partitions(SLICES_NAME)) == 1000
    [request] = result.run_requests
    assert request.tags["dagster/asset_partition_range_start"] == "s0000"
    assert request.tags["dagster/asset_partition_range_end"] == "s0999"


def test_what_was_asked_for_is_not_asked_for_again_even_if_it_failed(instance, place):
    drop(place, "bad", playlist(1, []))
    first = tick(instance, place)
    assert len(first.run_requests) == 1
    second = tick(instance, place, first.cursor)
    assert not second.run_requests
    assert "0 of them new or changed" in second.skip_reason.skip_message


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
    assert "no folder" in tick(instance, missing).skip_reason.skip_message


def test_slices_of_an_s3_prefix_arrive_the_same_way(instance, place, bucket):
    boto3.client("s3").put_object(Bucket=bucket, Key="in/a.json", Body=slice_bytes(playlist(1, ["x"])))
    result = tick(instance, place.model_copy(update={"playlists": f"s3://{bucket}/in"}))
    assert len(result.run_requests) == 1
    assert instance.get_dynamic_partitions(SLICES_NAME) == ["a"]


def test_ranges_hold_the_wanted_and_no_other():
    assert [keys for keys, _ in ranges(["a", "b", "c", "d", "e"], {"a", "b", "e"})] == [["a", "b"], ["e"]]
    assert list(ranges(["a"], set())) == []


def ask(settings):
    return enough_new_playlists(dg.build_sensor_context(resources=resources(settings)))


def test_enough_new_playlists_ask_for_one_snapshot_and_all_that_follows(place):
    drop(place, "a", playlist(1, ["x"]), playlist(2, ["x"]))
    parse(place)
    assert "2 new playlists" in ask(place).skip_message
    drop(place, "b", playlist(3, ["x"]))
    parse(place)
    request = ask(place)
    assert request.run_key == ask(place).run_key
    job = defs.resolve_job_def(enough_new_playlists.job_name)
    assert {"track_metadata", "gcn_weights", "release"} <= set(job.graph.node_dict)
    assert "raw_playlists" not in job.graph.node_dict


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


def test_slices_are_removed_on_purpose(instance, place):
    drop(place, "a", playlist(1, ["x", "y"]))
    tick(instance, place)
    parse(place)
    job = defs.resolve_job_def("remove_slices")

    def remove(key):
        config = {"ops": {"remove_slices_from_store": {"config": {"keys": [key]}}}}
        return job.execute_in_process(
            run_config=config, instance=instance, resources=resources(place), raise_on_error=False
        )

    assert not remove("unknown").success
    assert remove("a").success
    assert Store(place.store).slices() == {}
    assert instance.get_dynamic_partitions(SLICES_NAME) == []
