import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from algorhythms_ask.__main__ import main
from algorhythms_ask.requests import MAX_BODY_BYTES


@contextmanager
def _serving(
    store: Path, log: Path, *options: str, program: tuple[str, ...] = ("-m", "algorhythms_ask")
) -> Iterator[str]:
    """The real server, on a free port; what it has to complain of is in the log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *program, "serve", "--port", str(port), *options]
    environment = os.environ | {"ALGORHYTHMS_STORE": str(store)}
    with log.open("w") as stderr:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True)
    with server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == f"serving release v1 at http://127.0.0.1:{port}\n"
            with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=30) as client:
                assert client.get(f"http://127.0.0.1:{port}/health").status_code == 200
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def url(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _serving(store, tmp_path_factory.mktemp("server") / "log") as url:
        yield url


def test_the_server_answers(url: str) -> None:
    response = httpx.post(f"{url}/", json={"count": 1, "songs": [{"id": "rock2"}]})
    assert [node["id"] for node in response.json()["recommendation_nodes"]] == ["rock1"]
    head = httpx.head(f"{url}/health")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(httpx.get(f"{url}/health").content))


def test_the_server_refuses_too_large_a_body_before_it_has_it(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        connection.sendall(b" " * (MAX_BODY_BYTES + 1))
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_who_hangs_up_is_no_failure(store: Path, tmp_path: Path) -> None:
    with _serving(store, tmp_path / "log") as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert httpx.get(f"{url}/health").status_code == 200
    assert (tmp_path / "log").read_text() == ""


def _workers(url: str) -> list[psutil.Process]:
    port = url.rpartition(":")[2]
    [server] = [child for child in psutil.Process().children() if port in child.cmdline()]
    found = []
    for child in server.children():
        # One that was killed is still there until it has been waited for.
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_several_processes_answer_are_replaced_and_end_together(store: Path, tmp_path: Path) -> None:
    def first(url: str) -> str:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=30) as client:
            answer = client.post(f"{url}/", json={"songs": [{"id": "rock2"}]}).json()
        return str(answer["recommendation_nodes"][0]["id"])

    with _serving(store, tmp_path / "log", "--workers", "2") as url:
        first_two = _workers(url)
        assert len(first_two) == 2
        assert {first(url) for _ in range(20)} == {"rock1"}
        first_two[0].kill()
        deadline = time.monotonic() + 30
        while len(now := _workers(url)) < 2 or first_two[0] in now:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert {first(url) for _ in range(20)} == {"rock1"}
    assert psutil.wait_procs([*first_two, *now], timeout=10)[1] == []


def _kept_open(url: str, sent: bytes) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(sent)
    return connection


_IMPATIENT = """
import sys
from algorhythms_ask import __main__, bodies, serve
bodies.SECONDS = serve.PATIENCE_SECONDS = 1.0
sys.exit(__main__.main())
"""


def test_who_stalls_is_hung_up_on_and_told_why(store: Path, tmp_path: Path) -> None:
    (tmp_path / "impatient.py").write_text(_IMPATIENT)
    with _serving(store, tmp_path / "log", program=(str(tmp_path / "impatient.py"),)) as url:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
        again = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /hea"
        stalled = [_kept_open(url, sent) for sent in (b"", b"POST / HT", head, again) for _ in range(25)]
        said = []
        for connection in stalled:
            with connection:
                answer = b""
                while piece := connection.recv(10_000):
                    answer += piece
                said.append(answer)
        assert said[:50] == [b""] * 50
        assert all(answer.startswith(b"HTTP/1.1 408") and b"within 1 seconds" in answer for answer in said[50:75])
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in said[75:])
        assert httpx.get(f"{url}/health").status_code == 200
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--port", "99999"], "--port has to be 0 to 65535, not 99999"),
        (["--port", "-1"], "--port has to be 0 to 65535, not -1"),
        (["--workers", "0"], "--workers has to be at least 1, not 0"),
        (["--check-seconds", "-1"], "--check-seconds has to be more than 0, not -1"),
        (["--host", "203.0.113.1"], "203.0.113.1:8000 cannot be listened at"),
        (["--host", "nowhere.invalid"], "nowhere.invalid:8000 cannot be listened at"),
    ],
)
def test_options_out_of_range_are_one_line(
    store: Path, capsys: pytest.CaptureFixture[str], options: list[str], reason: str
) -> None:
    assert main(["serve", "--store", str(store), *options]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"algorhythms_ask: {reason}")
    assert told.err.count("\n") == 1


def test_a_port_that_is_taken_is_told_before_anything_is_served(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--store", str(store), "--port", str(port)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert f"127.0.0.1:{port} cannot be listened at: Address already in use" in told.err


@pytest.mark.faults
def test_memory_stays_flat_over_twenty_thousand_requests(store: Path, tmp_path: Path) -> None:
    with _serving(store, tmp_path / "log") as url, httpx.Client(base_url=url) as client:
        port = url.rpartition(":")[2]
        [server] = [child for child in psutil.Process().children() if port in child.cmdline()]
        for number in range(22_000):
            songs = [{"id": f"unknown{number}"}, {"id": "rock1"}]
            assert client.post("/", json={"count": 5, "songs": songs}).status_code == 200
            if number == 2000:
                before = server.memory_info().rss
        assert server.memory_info().rss - before < 20e6


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "x:99999", ""])
def test_a_strange_host_header_does_no_harm(url: str, host: str) -> None:
    address, port = url.removeprefix("http://").split(":")
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall(f"GET /nowhere HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(100).startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))


def test_without_a_release_the_server_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--store", str(tmp_path)]) == 1
    assert "make demo" in capsys.readouterr().err


def test_a_damaged_index_is_no_traceback(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("releases", "serving_bundle"):
        (tmp_path / name).symlink_to(store / name)
    assert main(["serve", "--store", str(tmp_path)]) == 1
    assert "search_index" in capsys.readouterr().err


def test_the_document_needs_no_release(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "algorhythms_ask", "openapi"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["openapi"] == "3.1.0"
    assert done.stderr == ""


def test_songs_are_continued_on_the_terminal(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["ask", "--store", str(store), "--count", "2", "the sparks - fire esc", "rock1", "nobody - nothing"]) == 0
    )
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "  the sparks - fire esc: The Sparks - Fire Escape",
        "  The Sparks - Highway Fire",
        "continues with",
        "   1. The Sparks - Fire Again  1.241",
        "   2. Both Sides - Crossing  0.719",
    ]
    assert told.err == "not found: nobody - nothing\n"
    assert main(["ask", "--store", str(store), "nobody - nothing"]) == 1
    with pytest.raises(SystemExit):
        main(["ask", "--store", str(store), "--count", "0", "rock1"])


def test_what_cannot_be_asked_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--store", str(tmp_path), "rock1"]) == 1
    assert "make demo" in capsys.readouterr().err


def test_a_reader_that_has_read_enough_is_no_traceback(store: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "algorhythms_ask", "ask", "--store", str(store), "rock1"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
