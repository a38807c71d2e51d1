"""The connection to a cluster: real TLS and passwords before a real node; servers that are slow, cut off or gone."""

import base64
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from algorhythms_ask.connection import Connection, Database, DatabaseError, RefusedError
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.http import create_app
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import Release
from fastapi.testclient import TestClient

from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets_tests.services.elasticsearch import Node, running_node
from algorhythms_assets_tests.services.nginx import PASSWORD, USER, running_nginx

REQUEST = {"count": 2, "songs": [{"id": "rock1"}]}


@pytest.fixture(scope="module")
def guarded(elasticsearch_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings for a cluster behind TLS and a password."""
    with running_nginx(elasticsearch_node.url, tmp_path_factory.mktemp("nginx")) as (url, certificate):
        yield {
            "DATABASE_URL": url,
            "DATABASE_USER": USER,
            "DATABASE_PASS": PASSWORD,
            "DATABASE_CA_FILE": str(certificate),
        }


def _connect(settings: dict[str, str]) -> Connection:
    return Connection(Database.from_environment(settings))


def test_it_asks_through_tls_with_a_password(guarded: dict[str, str]) -> None:
    connection = _connect(guarded)
    assert connection.get("/_cluster/health")["number_of_nodes"] == 1
    # The server hangs up when a connection is idle for a second: that is no failure.
    time.sleep(1.5)
    assert connection.get("/_cluster/health")["number_of_nodes"] == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(guarded: dict[str, str]) -> None:
    settings = {name: value for name, value in guarded.items() if name != "DATABASE_CA_FILE"}
    with pytest.raises(IndexUnavailableError, match="certificate verify failed"):
        _connect(settings).get("/_cluster/health")


def test_a_wrong_password_is_told_and_not_shown(guarded: dict[str, str]) -> None:
    with pytest.raises(RefusedError, match=r"401: see DATABASE_USER and DATABASE_PASS") as refused:
        _connect(guarded | {"DATABASE_PASS": "wrong battery"}).get("/_cluster/health")
    assert refused.value.status == 401
    assert "battery" not in str(refused.value)
    assert PASSWORD not in repr(Database.from_environment(guarded))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "DATABASE_URL must be"),
        ({"DATABASE_URL": "https://user:secret@host"}, "without user and password"),
        ({"DATABASE_URL": "http://h", "DATABASE_USER": "u"}, "must be set together"),
        ({"DATABASE_URL": "http://h", "DATABASE_USER": "u", "DATABASE_API_KEY": "k"}, "not both"),
        ({"DATABASE_URL": "http://h", "DATABASE_CA_FILE": "/nowhere"}, "which is not a file"),
        ({"DATABASE_URL": "http://h", "DATABASE_TIMEOUT": "soon"}, "number of seconds"),
        ({"DATABASE_URL": "http://h", "DATABASE_API_KEY": "secret\nsecret"}, "DATABASE_API_KEY has characters"),
        ({"DATABASE_URL": "http://h", "DATABASE_API_KEY": "secr\u00e9t"}, "DATABASE_API_KEY has characters"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings: dict[str, str], reason: str) -> None:
    with pytest.raises(DatabaseError, match=reason) as refused:
        Database.from_environment(settings)
    assert "secret" not in str(refused.value)


Serve = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def _server(answer: Serve) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _trickle(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    try:
        for _ in range(1000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        pass


def _cut(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"half":')
    handler.close_connection = True


def _page(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "6")
    handler.end_headers()
    handler.wfile.write(b"<html>")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(_trickle, "did not answer within"), (_cut, "cannot be reached"), (_page, "did not answer in JSON")],
)
def test_what_is_no_whole_answer_in_time_is_none(answer: Serve, reason: str) -> None:
    with _server(answer) as url:
        started = time.monotonic()
        with pytest.raises(IndexUnavailableError, match=reason):
            Connection(Database(url, timeout=1)).get("/")
        assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DATABASE_API_KEY": "a2V5"}, "ApiKey a2V5"),
        # From a secret that was made from a file.
        ({"DATABASE_API_KEY": "a2V5\n"}, "ApiKey a2V5"),
        ({"DATABASE_USER": "jürgen", "DATABASE_PASS": "€ 5\r\n"}, "Basic asO8cmdlbjrigqwgNQ=="),
    ],
)
def test_credentials_are_sent_as_they_are(settings: dict[str, str], expected: str) -> None:
    sent: list[Any] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        sent.append(handler.headers["Authorization"])
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    with _server(answer) as url:
        _connect({"DATABASE_URL": url} | settings).get("/")
    assert sent == [expected]


class _Guarded:
    """Lets in who has the password of the moment."""

    def __init__(self, status: int = 401) -> None:
        self.password, self.status, self.asked = "first", status, 0

    def __call__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.asked += 1
        wanted = f"Basic {base64.b64encode(f'u:{self.password}'.encode()).decode()}"
        handler.send_response(200 if handler.headers["Authorization"] == wanted else self.status)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")


@pytest.mark.parametrize("status", [401, 403])
def test_a_password_that_was_changed_is_read_again(status: int, caplog: pytest.LogCaptureFixture) -> None:
    guard = _Guarded(status)
    secret = "first"
    with _server(guard) as url:
        connection = Connection(Database(url, "u", secret), renew=lambda: Database(url, "u", secret))
        assert connection.get("/") == {}
        guard.password = secret = "second"
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(connection.get, ["/"] * 8)) == [{}] * 8
        # Nobody asks again with what was refused.
        before = guard.asked
        assert connection.get("/") == {}
        assert guard.asked == before + 1
    [record] = [record for record in caplog.records if record.name == "algorhythms_ask"]
    assert "has changed" in record.getMessage()
    assert "second" not in caplog.text


def test_a_password_that_stays_wrong_is_read_again_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    looks = []

    def renew() -> Database:
        looks.append(1)
        if len(looks) > 1:
            raise DatabaseError("arn:aws:secretsmanager:… cannot be read: status 500")
        return Database(url, "u", "wrong")

    with _server(_Guarded()) as url:
        connection = Connection(Database(url, "u", "wrong"), renew=renew)
        for _ in range(5):
            with pytest.raises(RefusedError, match="401: see DATABASE_USER"):
                connection.get("/")
        assert len(looks) == 1
        connection._next_renewal = 0
        with pytest.raises(RefusedError, match="401"):
            connection.get("/")
    assert len(looks) == 2
    assert "cannot be read: status 500" in caplog.text


def _endpoint(url: str, documents: Any, folder: Path, timeout: float) -> TestClient:
    build_elastic(writer(Database(url)), "tracks-down", documents(False), 5, 9.0, "e", folder)
    index = ElasticIndex(Connection(Database(url, timeout=timeout)), "tracks-down")
    return TestClient(create_app(Release("v1", Recommender(None, index))), raise_server_exceptions=False)


def test_a_node_that_hangs_is_a_503_in_time_and_then_forgotten(
    elasticsearch_node: Node,
    documents: Any,
    tmp_path: Path,
) -> None:
    client = _endpoint(elasticsearch_node.url, documents, tmp_path, timeout=1)
    assert client.post("/", json=REQUEST).status_code == 200
    with elasticsearch_node.halted():
        for method, path in (("POST", "/"), ("GET", "/health"), ("GET", "/tracks?q=a")):
            started = time.monotonic()
            response = client.request(method, path, json=REQUEST if method == "POST" else None)
            assert (response.status_code, response.headers["retry-after"]) == (503, "5")
            assert time.monotonic() - started < 4
    deadline = time.monotonic() + 30
    while client.post("/", json=REQUEST).status_code != 200:
        assert time.monotonic() < deadline


@pytest.mark.faults
def test_a_node_that_is_killed_and_started_under_load_never_makes_an_answer_wrong(
    documents: Any, tmp_path: Path
) -> None:
    with running_node(tmp_path, heap="512m") as node:
        client = _endpoint(node.url, documents, tmp_path, timeout=3)
        right = client.post("/", json=REQUEST).json()
        answers: list[tuple[int, Any]] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                response = client.post("/", json=REQUEST)
                answers.append((response.status_code, response.json()))

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for thread in askers:
            thread.start()
        try:
            for _ in range(3):
                time.sleep(1)
                node.kill()
                time.sleep(1)
                node.start()
                deadline = time.monotonic() + 60
                while client.post("/", json=REQUEST).status_code != 200:
                    assert time.monotonic() < deadline, "it does not recover"
        finally:
            stop.set()
            for thread in askers:
                thread.join()
        assert {status for status, _ in answers} == {200, 503}
        assert all(answer == right for status, answer in answers if status == 200)
