"""Releases and roll-backs while requests flow."""

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from algorhythms_ask.http import create_app
from algorhythms_ask.release import LocalStore, NotServableError, Release
from algorhythms_ask.releases import Releases
from fastapi.testclient import TestClient

# What is most popular, of v1 and of v2.
FIRST = {"v1": "rock1", "v2": "rock5"}


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_new_release_serves_after_the_time_and_not_before(versions: Path, point: Callable[[str], None]) -> None:
    clock = _Clock()
    releases = Releases(LocalStore(versions), seconds=5, clock=clock)
    assert releases.current().version == "v1"
    point("v2")
    clock.now = 4.9
    assert releases.current().version == "v1"
    clock.now = 5
    assert releases.current().version == "v2"
    assert releases.refused is None


def _drop_weights(root: Path) -> None:
    (root / "serving_bundle" / "v2" / "weights1.npy").unlink()


def _damage_vectors(root: Path) -> None:
    # Of the same length and shape, so that only its checksum tells.
    path = root / "search_index" / "v2" / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def _damage_names(root: Path) -> None:
    path = root / "search_index" / "v2" / "documents.sqlite"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def _lose_index(root: Path) -> None:
    shutil.rmtree(root / "search_index" / "v2")


def _nonsense(root: Path) -> None:
    (root / "releases" / "current.json").write_text('{"version": "v2", "bundle": 5, "index": 7}')


def _unexpected(root: Path) -> None:
    path = root / "serving_bundle" / "v2" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": 7}))


def _half_a_pointer(root: Path) -> None:
    (root / "releases" / "current.json").write_text('{"version": "v2"')


def _no_pointer(root: Path) -> None:
    (root / "releases" / "current.json").unlink()


@pytest.mark.parametrize(
    ("damage", "code", "reason"),
    [
        (_drop_weights, "release_unusable", "weights1.npy is missing"),
        (_damage_vectors, "release_unusable", "vectors.npy is missing or not the file"),
        (_damage_names, "release_unusable", "documents.sqlite is missing or not the file"),
        (_lose_index, "index_unavailable", "cannot be read"),
        (_nonsense, "release_unusable", "names no index"),
        (_unexpected, "check_failed", "no attribute"),
        (_half_a_pointer, "release_unusable", "cannot be read"),
        (_no_pointer, "release_unusable", "nothing is released"),
    ],
)
def test_a_broken_release_is_refused_and_the_old_one_goes_on(
    versions: Path,
    point: Callable[[str], None],
    damage: Callable[[Path], None],
    code: str,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = _Clock()
    releases = Releases(LocalStore(versions), seconds=1, clock=clock)
    client = TestClient(create_app(releases))
    assert client.get("/health").json()["refused"] is None
    before = (versions / "releases" / "current.json").read_bytes()
    point("v2")
    damage(versions)
    with caplog.at_level(logging.ERROR, "algorhythms_ask"):
        for clock.now in (1, 2, 3):
            response = client.get("/health")
            assert (response.json()["model_version"], response.json()["refused"]) == ("v1", code)
            assert str(versions) not in response.text
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert reason in record.getMessage()
    (versions / "releases" / "current.json").write_bytes(before)
    clock.now = 4
    assert client.get("/health").json()["refused"] is None


def test_a_release_that_could_not_be_read_for_a_while_is_tried_again(
    versions: Path, point: Callable[[str], None]
) -> None:
    clock = _Clock()
    releases = Releases(LocalStore(versions), seconds=1, clock=clock)
    releases.current()
    (versions / "search_index" / "v2").rename(versions / "away")
    point("v2")
    clock.now = 1
    assert releases.current().version == "v1"
    (versions / "away").rename(versions / "search_index" / "v2")
    clock.now = 2
    assert releases.current().version == "v2"


def test_with_nothing_released_every_request_is_told_to_come_back(tmp_path: Path) -> None:
    releases = Releases(LocalStore(tmp_path), seconds=0)
    with pytest.raises(NotServableError, match="nothing is released"):
        releases.current()
    client = TestClient(create_app(releases), raise_server_exceptions=False)
    response = client.get("/health")
    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert str(tmp_path) not in response.text


class _Slow(LocalStore):
    """Loads slowly, and says how many do so at a time."""

    loading = most = 0

    def load(self, pointer: bytes) -> Release:
        self.loading += 1
        self.most = max(self.most, self.loading)
        try:
            time.sleep(0.05)
            return super().load(pointer)
        finally:
            self.loading -= 1


@pytest.mark.parametrize("watched", [True, False])
def test_requests_flow_while_releases_are_made_broken_and_taken_back(
    versions: Path, point: Callable[[str], None], watched: bool
) -> None:
    source = _Slow(versions)
    releases = Releases(source, seconds=0.02)
    releases.current()
    if watched:
        releases.watch()
    client = TestClient(create_app(releases))
    answers: list[tuple[int, Any]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            response = client.post("/", json={"count": 3, "songs": [{"id": "unknown"}]})
            answers.append((response.status_code, response.json()))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for thread in askers:
        thread.start()
    try:
        for number in range(12):
            version = ("v2", "v1", "broken")[number % 3]
            point(version)
            deadline = time.monotonic() + 20
            wanted = "v1" if version == "broken" else version
            while releases.current().version != wanted or (version == "broken") != bool(releases.refused):
                assert time.monotonic() < deadline, f"{version} was not noticed"
                time.sleep(0.01)
            seen = len(answers)
            while len(answers) < seen + 8:
                assert any(thread.is_alive() for thread in askers)
                time.sleep(0.01)
    finally:
        stop.set()
        for thread in askers:
            thread.join()
    assert {status for status, _ in answers} == {200}
    assert {answer["model_version"] for _, answer in answers} == {"v1", "v2"}
    for _, answer in answers:
        nodes = answer["recommendation_nodes"]
        assert nodes[0]["id"] == FIRST[answer["model_version"]]
        sign = {"v1": 1, "v2": -1}[answer["model_version"]]
        assert all(sign * node["terms"]["popularity"] >= 0 for node in nodes)
    assert source.most == 1


def test_the_pointer_alone_decides(versions: Path) -> None:
    current = json.loads((versions / "releases" / "current.json").read_text())
    releases = Releases(LocalStore(versions), seconds=0)
    first = releases.current()
    # Written anew with the same content it is no new release: nothing is loaded again.
    (versions / "releases" / "current.json").write_text(json.dumps(current))
    assert releases.current() is first


def test_an_index_that_is_damaged_while_it_serves_is_503_and_the_next_release_serves(
    versions: Path, point: Callable[[str], None]
) -> None:
    clock = _Clock()
    client = TestClient(create_app(Releases(LocalStore(versions), seconds=5, clock=clock)))
    request = {"count": 1, "songs": [{"id": "rock3"}]}
    assert client.post("/recommendations", json=request).status_code == 200
    path = versions / "search_index" / "v1" / "documents.sqlite"
    path.write_bytes(b"?" * path.stat().st_size)
    damaged = client.post("/recommendations", json=request)
    assert (damaged.status_code, damaged.headers["retry-after"]) == (503, "5")
    assert "sqlite" not in damaged.text
    point("v2")
    clock.now = 5
    assert client.post("/recommendations", json=request).status_code == 200
