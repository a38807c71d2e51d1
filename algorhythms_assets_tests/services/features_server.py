"""A service on loopback that behaves as Spotify documents `GET /audio-features` and its tokens, and errs when told to.

It answers out of a hash of the track's id, so that a test knows every answer. Of ten tracks about one has no features.
"""

import base64
import hashlib
import json
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, LIMITS

CLIENT_ID, CLIENT_SECRET = "the-client-id", "the-client-secret"
MOST_IDS = 100

Fault = Callable[["Handler", list[str]], None]


def features_of(track: str) -> dict[str, Any] | None:
    """What the service knows of a track."""
    seed = int.from_bytes(hashlib.sha256(track.encode()).digest()[:8])
    if seed % 10 == 0:
        return None
    draw = random.Random(seed)
    values: dict[str, Any] = {name: round(draw.uniform(*LIMITS[name]), 3) for name in FEATURES}
    whole = {name: draw.randint(*map(int, LIMITS[name])) for name in ("duration_ms", *CATEGORICAL_FEATURES)}
    return values | whole | {"id": track, "uri": f"spotify:track:{track}", "type": "audio_features"}


class FeaturesServer:
    """Runs while it is entered; `faults` happen to the next requests for features, one each."""

    def __init__(self, header: tuple[str, str] | None = None) -> None:
        self.header = header
        self.faults: deque[Fault] = deque()
        self.asked: list[list[str]] = []
        self.times: list[float] = []
        self.tokens: list[str] = []
        self.needs_token = False
        self.delay = 0.0

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    @property
    def token_url(self) -> str:
        return self.url.replace("/v1", "/api/token")

    def expire_tokens(self) -> None:
        self.tokens = [f"expired {token}" for token in self.tokens]

    def __enter__(self) -> "FeaturesServer":
        handler = type("BoundHandler", (Handler,), {"service": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that were killed amid an answer."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Else a small answer waits for the acknowledgement of its headers.
    wbufsize = -1
    service: FeaturesServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path != "/v1/audio-features":
            self.answer({"error": {"status": 404, "message": "Service not found"}}, 404)
            return
        ids = parse_qs(url.query).get("ids", [""])[0].split(",")
        self.service.asked.append(ids)
        self.service.times.append(time.monotonic())
        time.sleep(self.service.delay)
        if self.service.faults:
            self.service.faults.popleft()(self, ids)
        elif not self._is_let_in():
            self.answer({"error": {"status": 401, "message": "The access token expired"}}, 401)
        elif len(ids) > MOST_IDS:
            self.answer({"error": {"status": 400, "message": "Too many ids requested"}}, 400)
        else:
            self.answer({"audio_features": [features_of(track) for track in ids]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {basic}":
            self.answer({"error": "invalid_client"}, 400)
        elif parse_qs(body.decode()) != {"grant_type": ["client_credentials"]}:
            self.answer({"error": "unsupported_grant_type"}, 400)
        else:
            self.service.tokens.append(f"secret-token-{len(self.service.tokens)}")
            self.answer({"access_token": self.service.tokens[-1], "token_type": "Bearer", "expires_in": 3600})

    def _is_let_in(self) -> bool:
        if self.service.needs_token:
            return self.headers.get("Authorization") in [f"Bearer {token}" for token in self.service.tokens]
        return self.service.header is None or self.headers.get(self.service.header[0]) == self.service.header[1]

    def answer(self, content: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send(json.dumps(content).encode(), status, headers or {})

    def send(self, body: bytes, status: int, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length or len(body))}.items():
            self.send_header(name, value)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def status(code: int, **headers: str) -> Fault:
    """An error, with headers named in Python's way."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.answer({"error": {"status": code, "message": "as told"}}, code, named)


def answers(change: Callable[[list[Any]], object]) -> Fault:
    """A changed answer: `change` gets the rows that would be right."""

    def fault(handler: Handler, ids: list[str]) -> None:
        handler.answer({"audio_features": change([features_of(track) for track in ids])})

    return fault


def body(content: bytes) -> Fault:
    """An answer of these bytes."""
    return lambda handler, _: handler.send(content, 200, {})


def dropped(handler: Handler, _: list[str]) -> None:
    """The connection ends without an answer."""
    handler.close_connection = True


def cut(handler: Handler, ids: list[str]) -> None:
    """The connection ends amid the answer."""
    handler.send(b'{"audio_features": [{"id": "', 200, {}, length=5000)
    handler.close_connection = True


def truncated(handler: Handler, ids: list[str]) -> None:
    """A whole answer of half a JSON document."""
    whole = json.dumps({"audio_features": [features_of(track) for track in ids]}).encode()
    handler.send(whole[: len(whole) // 2], 200, {})


def trickle(handler: Handler, _: list[str]) -> None:
    """An answer that comes byte by byte and never ends."""
    handler.send(b"[", 200, {}, length=5000)
    try:
        for _second in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass
    handler.close_connection = True
