"""Names that would lead out of where they belong: each is refused, or is a name and nothing else."""

import json
import shutil

import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.http import create_app
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import CURRENT, NotServableError, check_files, load_release
from algorhythms_ask.releases import Releases, source
from fastapi.testclient import TestClient

from algorhythms_assets.contracts import PYG_GRAPH
from algorhythms_assets.ingest.slices import find_slices
from algorhythms_assets.release.history import prune
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.resources.checksums import SUMS_FILE, damage
from algorhythms_assets.resources.store import InputError, Store, write_json
from algorhythms_assets_tests.conftest import playlist, slice_bytes
from algorhythms_assets_tests.services.s3 import bucket  # noqa: F401 (fixture)

OUTSIDE = ["../elsewhere", "/etc", "serving_bundle/../../elsewhere", "..", ".", "", "a//b"]


@pytest.mark.parametrize("key", [*OUTSIDE, "a/..", "../../x\0"])
def test_a_slice_lies_in_the_folder_of_slices(tmp_path, key):
    with pytest.raises(InputError, match="is no slice: its name leads elsewhere"):
        Store(tmp_path).slice_path(key)


@pytest.mark.parametrize(
    "name", ["...json", "..", "a..b.json", "%2e%2e%2fx.json", "..\\..\\x.json", "~.json", "-rf.json"]
)
def test_a_file_s_name_never_leads_its_slice_out_of_the_store(tmp_path, name):
    (tmp_path / "playlists" / "sub").mkdir(parents=True)
    if name != "..":
        (tmp_path / "playlists" / "sub" / name).write_bytes(slice_bytes(playlist(1, ["a", "b"])))
    (tmp_path / "playlists" / "plain.json").write_bytes(slice_bytes(playlist(2, ["a", "b"])))
    store = Store(tmp_path / "store")
    for key in find_slices(tmp_path / "playlists").files:
        assert store.slice_path(key).resolve().is_relative_to((store.root / "raw_playlists").resolve())


def test_keys_of_a_bucket_never_lead_out_of_the_store(tmp_path, bucket):  # noqa: F811
    import boto3

    for key in ("lists/../../climbed.json", "lists/..json", "lists//etc/passwd.json", "lists/good.json", "../up.json"):
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=slice_bytes(playlist(1, ["a"])))
    found = find_slices(f"s3://{bucket}/lists").files
    store = Store(tmp_path)
    assert "good" in found
    assert "climbed" not in str(list(found))
    for key in found:
        assert store.slice_path(key).resolve().is_relative_to((tmp_path / "raw_playlists").resolve())


@pytest.fixture
def store(demo, tmp_path):
    for name in ("serving_bundle", "search_index", "releases"):
        shutil.copytree(demo.store.root / name, tmp_path / "store" / name)
    return Store(tmp_path / "store")


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("what", ["bundle", "index"])
def test_a_pointer_that_leads_out_of_the_store_is_not_followed(store, what, name):
    current = json.loads((store.root / CURRENT).read_text())
    changed = {"bundle": name} if what == "bundle" else {"index": {"kind": "embedded", "name": name}}
    write_json(store.root / CURRENT, current | changed)
    with pytest.raises(NotServableError, match="is not a path in a store: release again"):
        load_release(store.root)
    answer = TestClient(create_app(Releases(source({"ALGORHYTHMS_STORE": str(store.root)})))).get("/health")
    assert answer.status_code == 503
    assert "place" not in answer.text


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_the_store_is_pruned_or_rolled_back_to(store, name, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    history = (store.root / CURRENT).with_name("history.jsonl")
    [line] = history.read_text().splitlines()
    history.write_text(json.dumps(json.loads(line) | {"bundle": name, "version": "older"}) + "\n" + line + "\n")
    for act in (lambda: prune(store, 2), lambda: roll_back(store, "older")):
        with pytest.raises(InputError, match=r"line 1 of .*history\.jsonl names .*Delete that line"):
            act()
    assert (tmp_path / "elsewhere").is_dir()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/../../secret", "..", ""])
def test_a_manifest_names_files_beside_it_alone(tmp_path, name):
    with pytest.raises(NotServableError, match="not a file beside it"):
        check_files(tmp_path, {name: "0"})


@pytest.mark.parametrize("name", ["../secret", "/dev/zero", "sub/../../secret"])
def test_checksums_open_nothing_outside_their_folder(tmp_path, name):
    (tmp_path / "artifact").mkdir()
    (tmp_path / "secret").write_text("")
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "artifact" / SUMS_FILE).write_text(f"{nothing}  {name}\n")
    assert str(damage(tmp_path / "artifact")).endswith("is not the file that was written")


@pytest.mark.parametrize("version", ["../elsewhere", "/etc", "..", ".hidden", "a/b", ""])
def test_a_version_is_a_name(tmp_path, version):
    write_json(tmp_path / PYG_GRAPH.name / "latest.json", {"version": version})
    with pytest.raises(InputError, match="names no version"):
        Store(tmp_path).path(PYG_GRAPH)


TRACKS = ["..%2f..%2fetc%2fpasswd", "%2e%2e/_search", "../_all", "spotify:track:..", "/etc/passwd", "*", "_all", "%00"]


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_in_an_address_is_a_name_and_nothing_else(store, track):
    client = TestClient(create_app(Releases(source({"ALGORHYTHMS_STORE": str(store.root)}))))
    answer = client.get(f"/tracks/{track}")
    assert answer.status_code in (400, 404, 422)
    assert "root:" not in answer.text
    asked = {"count": 1, "songs": [{"id": track}, {"id": "x" * 22}]}
    assert client.post("/recommendations", json=asked).status_code == 200


def test_on_a_cluster_too(elasticsearch_node):
    connection = Connection(Database(elasticsearch_node.url, timeout=20))
    connection.ask("PUT", "/another", b'{"mappings": {"_meta": {"embeddings": "e"}}}')
    try:
        for name in ("../another", "another/_doc", "_all,another", "%2e%2e/another"):
            with pytest.raises(IndexUnavailableError):
                ElasticIndex(connection, name)
    finally:
        connection.ask("DELETE", "/another")
