"""Releases through S3 and Elasticsearch, both real on loopback."""

import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from algorhythms_ask.aws import Aws, AwsError
from algorhythms_ask.bucket import KEYS
from algorhythms_ask.connection import Database, DatabaseError
from algorhythms_ask.http import create_app
from algorhythms_ask.release import NotServableError
from algorhythms_ask.releases import Releases, source
from fastapi.testclient import TestClient

from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import history, prune, switch
from algorhythms_assets.release.roll_back import roll_back
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets_tests.services.nginx import PASSWORD, USER, running_nginx, set_password

RELEASE_KEY = "live/releases/current.json"  # as the fixture publish has it


def _first(client: TestClient) -> tuple[str, str]:
    answer = client.post("/", json={"count": 1, "songs": [{"id": "unknown"}]}).json()
    return answer["model_version"], answer["recommendation_nodes"][0]["id"]


def test_a_release_and_a_roll_back_are_taken_up(publish: Callable[[str], Any], versions: Path) -> None:
    releases = Releases(source(), seconds=0)
    client = TestClient(create_app(releases))
    assert _first(client) == ("v1", "rock1")
    health = client.get("/health").json()
    assert (health["bundle"], health["index"]) == ("serving_bundle/v1", "tracks-bucket-v1")
    publish("v2")
    assert _first(client) == ("v2", "rock5")
    roll_back(Store(versions), bucket=Bucket(boto3.client("s3")))
    assert _first(client) == ("v1", "rock1")
    assert [content["version"] for content in history(Store(versions))][-3:] == ["v1", "v2", "v1"]


def test_the_manifest_comes_after_the_files_and_the_pointer_last(publish: Callable[[str], Any], versions: Path) -> None:
    client = boto3.client("s3")
    put: list[str] = []
    client.meta.events.register("before-sign.s3.PutObject", lambda request, **_: put.append(request.url))
    holder = Bucket(client)
    content = {
        "version": "v2",
        "bundle": "serving_bundle/v2",
        "index": {"kind": "elasticsearch", "name": "tracks-bucket-v2"},
    }
    switch(Store(versions), content, holder)
    names = [url.partition("/live/")[2] for url in put]
    assert len(names) == 9
    # What is blocked is known before anything can be served.
    assert names[0] == "releases/blocked.json"
    assert names[-2:] == ["serving_bundle/v2/manifest.json", "releases/current.json"]
    # What is there already is not written again.
    switch(Store(versions), content, holder)
    assert {url.partition("/live/")[2] for url in put[9:]} <= {"releases/blocked.json", "releases/current.json"}


def test_old_releases_leave_the_bucket_too(publish: Callable[[str], Any], bucket: str, versions: Path) -> None:
    publish("v2")
    (versions / "search_index" / "latest.json").write_text('{"version": "v2"}')
    (versions / "serving_bundle" / "latest.json").write_text('{"version": "v2"}')
    prune(Store(versions), 1, Bucket(boto3.client("s3")))
    keys = {item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert {key.split("/")[2] for key in keys if "serving_bundle" in key} == {"v2"}


def test_the_six_keys_of_one_bundle_and_an_index_will_do(
    publish: Callable[[str], Any],
    bucket: str,
    cluster: str,
) -> None:
    files = ("one_hot.json", "scaler.json", "weights1.npy", "bias1.npy", "weights2.npy", "bias2.npy")
    settings = {name: f"live/serving_bundle/v1/{file}" for name, file in zip(KEYS, files, strict=True)}
    settings |= {"MODEL_BUCKET": bucket, "DATABASE_INDEX": "tracks-bucket-v1"}
    assert _first(TestClient(create_app(Releases(source(settings))))) == ("v1", "rock1")
    blocked = json.dumps({"tracks": ["rock1"], "artists": []})
    place = {"Bucket": bucket, "Key": "live/releases/blocked.json"}
    boto3.client("s3").put_object(**place, Body=blocked)
    assert _first(TestClient(create_app(Releases(source(settings)))))[1] != "rock1"
    boto3.client("s3").delete_object(**place)
    refused = TestClient(create_app(Releases(source(settings)))).post("/", json={"count": 1, "songs": [{"id": "a"}]})
    assert refused.status_code == 503
    with pytest.raises(NotServableError, match="DATABASE_INDEX is not set; or set RELEASE_KEY"):
        source(settings | {"DATABASE_INDEX": ""})
    with pytest.raises(NotServableError, match="side by side"):
        source(settings | {"BIAS1_KEY": "elsewhere/bias1.npy"})


def _lose_weights(client: Any, bucket: str) -> None:
    client.delete_object(Bucket=bucket, Key="live/serving_bundle/v2/weights1.npy")


def _change_weights(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="live/serving_bundle/v2/weights1.npy", Body=b"other")


def _climb_out(client: Any, bucket: str) -> None:
    manifest = {"embeddings": "e1", "features": False, "factors": 0, "files": {"../../climbed": "0"}}
    client.put_object(Bucket=bucket, Key="live/serving_bundle/v2/manifest.json", Body=json.dumps(manifest))


def _embedded(client: Any, bucket: str) -> None:
    content = {"version": "v2", "bundle": "serving_bundle/v2", "index": {"kind": "embedded", "name": "search_index/v2"}}
    client.put_object(Bucket=bucket, Key=RELEASE_KEY, Body=json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_lose_weights, r"s3://playlists/live/serving_bundle/v2/weights1.npy cannot be read: status 404 (NoSuchKey)"),
        (_change_weights, r"s3://playlists/live/serving_bundle/v2/weights1.npy is missing or not the file"),
        (_climb_out, "which is not a file beside it"),
        (_embedded, "ALGORHYTHMS_INDEX"),
    ],
)
def test_a_broken_release_is_refused_and_the_old_one_goes_on(
    publish: Callable[[str], Any],
    bucket: str,
    damage: Callable[[Any, str], None],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    releases = Releases(source(), seconds=3600)
    client = TestClient(create_app(releases))
    assert _first(client) == ("v1", "rock1")
    publish("v2")
    damage(boto3.client("s3"), bucket)
    releases._next = 0
    assert _first(client) == ("v1", "rock1")
    assert reason in caplog.text
    assert client.get("/health").json()["refused"] == "release_unusable"


class _Failing(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(500)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _failing() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def _silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(301)
        self.end_headers()
        self.wfile.write(b"<Error><Code>PermanentRedirect</Code></Error>")


def test_a_bucket_in_another_region_says_which_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(name, value)
    with http.server.HTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(
            AwsError, match=r"301 \(PermanentRedirect\): the bucket is not in us-east-1, set AWS_REGION"
        ):
            Aws().get("playlists", "releases/current.json")


@pytest.mark.parametrize("end", [_failing, _silent])
def test_with_s3_down_the_old_release_goes_on_and_the_new_one_comes_when_it_is_back(
    publish: Callable[[str], Any], end: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    releases = Releases(source(), seconds=0)
    client = TestClient(create_app(releases))
    assert _first(client) == ("v1", "rock1")
    publish("v2")
    with end() as url, monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL", url)
        started = time.monotonic()
        assert _first(client) == ("v1", "rock1")
        assert time.monotonic() - started < 10
        assert "cannot be read" in caplog.text
        assert releases.refused == "release_unusable"
    assert _first(client) == ("v2", "rock5")


def test_what_the_bucket_refuses_is_no_release(publish: Callable[[str], Any], versions: Path) -> None:
    before = (versions / "releases" / "current.json").read_bytes()
    nowhere = Bucket(boto3.client("s3"), {"MODEL_BUCKET": "nowhere"})
    with pytest.raises(InputError, match="s3://nowhere does not take the release"):
        switch(Store(versions), json.loads(before), nowhere)
    assert (versions / "releases" / "current.json").read_bytes() == before
    with pytest.raises(InputError, match="MODEL_BUCKET has to name"):
        Bucket(None, {})
    with pytest.raises(InputError, match="RELEASE_KEY has to be"):
        Bucket(None, {"MODEL_BUCKET": "b", "RELEASE_KEY": "current.json"})


def test_a_secret_that_cannot_be_read_is_named_to_the_log_alone(
    publish: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    releases = Releases(source(), seconds=0)
    client = TestClient(create_app(releases))
    assert _first(client) == ("v1", "rock1")
    arn = "arn:aws:secretsmanager:us-east-1:1:secret:gone"
    publish("v2")
    monkeypatch.setenv("DATABASE_USER", "u")
    monkeypatch.setenv("DATABASE_PASS", arn)
    response = client.get("/health")
    assert (response.status_code, response.json()["refused"]) == (200, "release_unusable")
    assert "arn:" not in response.text
    assert f"{arn} cannot be read" in caplog.text


@pytest.mark.parametrize("text", ["hush", json.dumps({"username": "u", "password": "hush"})])
def test_a_password_may_be_the_arn_of_a_secret(bucket: str, text: str) -> None:
    arn = boto3.client("secretsmanager").create_secret(Name=f"db-{len(text)}", SecretString=text)["ARN"]
    settings = {"DATABASE_URL": "http://127.0.0.1:9", "DATABASE_USER": "u", "DATABASE_PASS": arn}
    database = Database.from_environment(settings)
    assert database.password == "hush"
    assert "hush" not in repr(database)
    with pytest.raises(DatabaseError, match="secret:gone cannot be read: status 4"):
        Database.from_environment(settings | {"DATABASE_PASS": "arn:aws:secretsmanager:us-east-1:1:secret:gone"})


def test_a_secret_that_was_rotated_costs_no_answer(
    publish: Callable[[str], Any],
    cluster: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("nginx")
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="rotated", SecretString=PASSWORD)["ARN"]
    with running_nginx(cluster, folder) as (url, certificate):
        settings = {"URL": url, "USER": USER, "PASS": arn, "CA_FILE": str(certificate)}
        for name, value in settings.items():
            monkeypatch.setenv(f"DATABASE_{name}", value)
        client = TestClient(create_app(Releases(source(), seconds=3600)))
        assert _first(client) == ("v1", "rock1")
        set_password(folder, "another")
        secrets.put_secret_value(SecretId=arn, SecretString="another")
        assert _first(client) == ("v1", "rock1")
