import os
import subprocess
import sys
import time
from pathlib import Path

import boto3
import dagster as dg
import pytest

from algorhythms_assets.contracts import RAW_PLAYLISTS
from algorhythms_assets.ingest import raw_playlists, slices
from algorhythms_assets.ingest.slices import content_version, find_slices
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets_tests.conftest import ROOT, playlist, slice_bytes
from algorhythms_assets_tests.services.s3 import bucket

__all__ = ["bucket"]


@pytest.fixture(autouse=True)
def _forget_the_client():
    slices._s3.cache_clear()


def test_keys_are_file_names_without_json_and_what_dagster_does_not_take(tmp_path):
    names = {
        "b.json": "b",
        "a,1.json.gz": "a%2C1",
        "c.M3U8": "c.M3U8",
        "note.txt": "note.txt",
        ".38 mix.json": ".38 mix",
        "...Baby.m3u": "%2E%2E%2EBaby.m3u",
        "Road trip.m3u": "Road trip.m3u",
        "Road trip.m3u8": "Road trip.m3u8",
        "Jazz/one.m3u": "Jazz/one.m3u",
        "Rock/one.m3u": "Rock/one.m3u",
    }
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "folder.json").mkdir()
    found = find_slices(tmp_path).files
    assert {key: file.location for key, file in found.items()} == {
        key: str(tmp_path / name) for name, key in names.items()
    }
    assert found["b"].read_bytes() == b"{}"
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("slices", list(found))


def test_what_is_passed_over_is_named_with_its_reason(tmp_path):
    for name in ("a.json", "a.json.gz", "cover.jpg", "Liked songs", ".DS_Store", "._a.json", ".json"):
        (tmp_path / name).write_text("")
    (tmp_path / "store" / ".dagster").mkdir(parents=True)
    (tmp_path / "store" / "edge_table.parquet").write_text("")
    found = find_slices(tmp_path)
    assert list(found.files) == ["a"]
    assert {name: why.partition(":")[0] for name, why in found.passed_over.items()} == {
        ".json": "its name does not end in a suffix that is read",
        "Liked songs": "its name does not end in a suffix that is read",
        "a.json.gz": "same slice name as a.json",
        "cover.jpg": "its name does not end in a suffix that is read",
        "store/": "artifacts of a store",
    }


def test_a_name_of_any_length_and_encoding_is_a_slice(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / f"{'ü' * 122}.m3u").write_text("#EXTM3U\n#EXTINF:1,a - b\nx.mp3")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.m3u")).write_text("#EXTM3U\n#EXTINF:1,a - b\nx.mp3")
    store = Store(tmp_path / "store")
    for key, file in find_slices(folder).files.items():
        assert raw_playlists.ingest(raw_playlists.SliceTask(key, file, store.slice_path(key))).failed is None
    assert sorted(store.slices()) == sorted(find_slices(folder).files)


def test_a_folder_that_may_not_be_listed_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "lost+found").mkdir()
    scandir, closed = os.scandir, set()

    def refusing(place):
        if str(place) in closed:
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    closed.add(str(tmp_path / "lost+found"))
    found = find_slices(tmp_path)
    assert (list(found.files), found.passed_over) == (["a"], {"lost+found/": "cannot be listed: Permission denied"})
    closed.add(str(tmp_path))
    with pytest.raises(InputError, match="cannot be listed: Permission denied"):
        find_slices(tmp_path)


def test_no_folder_and_no_slice_are_said(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        find_slices(tmp_path / "missing")
    with pytest.raises(InputError, match="no playlists"):
        find_slices(tmp_path)


def test_a_version_follows_size_and_time_and_a_fresh_file_is_not_settled(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{}")
    first = find_slices(tmp_path).files["a"]
    assert not first.settled
    os.utime(path, (time.time() - 3600, time.time() - 3600))
    second = find_slices(tmp_path).files["a"]
    assert second.settled
    assert second.version != first.version


def test_the_data_version_follows_the_content_alone(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    file = find_slices(tmp_path).files["a"]
    assert content_version("a", file.read_bytes()) == content_version("a", b"{}") != content_version("a", b"[]")
    assert content_version("a", b"{}") != content_version("b", b"{}")


def test_slices_of_an_s3_prefix(bucket):
    client = boto3.client("s3")
    for name in ("in/a.json", "in/b.json.gz", "in/deeper/c.json", "other/d.json", "in/readme.pdf"):
        client.put_object(Bucket=bucket, Key=name, Body=name.encode())
    found = find_slices(f"s3://{bucket}/in/").files
    assert list(found) == ["a", "b"]
    assert found["a"].read_bytes() == b"in/a.json"
    assert found["a"].settled
    before = found["a"].version
    client.put_object(Bucket=bucket, Key="in/a.json", Body=b"changed")
    assert find_slices(f"s3://{bucket}/in").files["a"].version != before


def test_more_slices_than_one_page_of_s3(bucket):
    client = boto3.client("s3")
    for number in range(1005):
        client.put_object(Bucket=bucket, Key=f"{number}.json", Body=b"")
    assert len(find_slices(f"s3://{bucket}").files) == 1005


def test_a_missing_bucket_is_told(bucket):
    with pytest.raises(InputError, match="s3://nowhere/x cannot be listed"):
        find_slices("s3://nowhere/x")


def test_an_object_that_went_away_is_an_error_of_its_slice(bucket):
    client = boto3.client("s3")
    client.put_object(Bucket=bucket, Key="a.json", Body=b"")
    file = find_slices(f"s3://{bucket}").files["a"]
    client.delete_object(Bucket=bucket, Key="a.json")
    with pytest.raises(OSError, match="NoSuchKey"):
        file.read_bytes()


def test_the_payload_and_its_workers_read_from_s3(bucket, tmp_path):
    client = boto3.client("s3")
    for number in range(3):
        client.put_object(Bucket=bucket, Key=f"in/s{number}.json", Body=slice_bytes(playlist(number, ["a", "b"])))
    command = [sys.executable, "-m", RAW_PLAYLISTS.module, "--folder", f"s3://{bucket}/in", "--store", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    assert list(Store(tmp_path).slices()) == ["s0", "s1", "s2"]
