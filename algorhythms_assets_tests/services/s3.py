"""A real S3 protocol end on loopback: moto's server."""

import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an empty bucket, with the environment pointing at its server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        # All of moto's servers in a process share their buckets.
        httpx.post(f"http://{host}:{port}/moto-api/reset").raise_for_status()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3").create_bucket(Bucket="playlists")
        yield "playlists"
    finally:
        server.stop()


class Refusing:
    """A proxy before a server of S3 that refuses every PUT behind the first `accepted`, and counts them."""

    def __init__(self, url: str) -> None:
        self.accepted = sys.maxsize
        self.puts = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.puts += self.command == "PUT"
                if self.command == "PUT" and proxy.puts > proxy.accepted:
                    return self._answer(
                        403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
                    )
                told = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
                answer = httpx.request(self.command, f"{url}{self.path}", content=body, headers=told)
                return self._answer(answer.status_code, answer.content)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_DELETE = _pass_on  # noqa: N815 (names that http.server looks for)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True


@pytest.fixture
def refusing(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Refusing]:
    """The bucket's server behind a proxy that can refuse; boto3 asks through it."""
    proxy = Refusing(os.environ["AWS_ENDPOINT_URL"])
    thread = threading.Thread(target=proxy.server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server.server_port}")
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
