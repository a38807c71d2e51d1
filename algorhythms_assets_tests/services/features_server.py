"""Services on loopback that behave as Spotify and ReccoBeats document `GET /audio-features`, and err when told to.

They answer out of a hash of the track's id, so that a test knows every answer. Of ten tracks about one has no features.
"""

import base64
import hashlib
import json
import random
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, LIMITS

CLIENT_ID, CLIENT_SECRET = "the-client-id", "the-client-secret"
# What ReccoBeats does not know.
UNKNOWN = ("duration_ms", "time_signature")

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


def known_to_reccobeats(track: str) -> dict[str, Any] | None:
    """What ReccoBeats says of a track."""
    features = features_of(track)
    if features is None:
        return None
    names = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, track)), "href": f"https://open.spotify.com/track/{track}"}
    return names | {name: features[name] for name in FEATURES if name not in UNKNOWN}


class FeaturesServer:
    """Spotify's service. It runs while it is entered; `faults` happen to the next requests for features, one each."""

    most_ids = 100
    too_many: object = {"error": {"status": 400, "message": "Too many ids requested"}}
    unknown_path: object = {"error": {"status": 404, "message": "Service not found"}}

    @staticmethod
    def answer(ids: list[str]) -> object:
        """What it knows of the tracks, in their order, null included."""
        return {"audio_features": [features_of(track) for track in ids]}

    def __init__(self, header: tuple[str, str] | None = None) -> None:
        self.header = header
        self.faults: deque[Fault] = deque()
        self.asked: list[list[str]] = []
        self.times: list[float] = []
        self.tokens: list[str] = []
        self.needs_token = False
        self.token_fault: object = None
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


class ReccoBeats(FeaturesServer):
    """ReccoBeats' service, which leaves out what it does not know."""

    most_ids = 40
    too_many: object = {"error": "ids: size must be between 1 and 40, so ask for at most 40 ids at a time"}
    unknown_path: object = {"status": 404, "error": "Not Found", "path": "/v1/features"}

    @staticmethod
    def answer(ids: list[str]) -> object:
        """What it knows of the tracks, in any order."""
        return {"content": [row for track in sorted(ids) if (row := known_to_reccobeats(track))]}


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
            self.answer(self.service.unknown_path, 404)
            return
        ids = parse_qs(url.query).get("ids", [""])[0].split(",")
        self.service.asked.append(ids)
        self.service.times.append(time.monotonic())
        time.sleep(self.service.delay)
        if self.service.faults:
            self.service.faults.popleft()(self, ids)
        elif not self._is_let_in():
            self.answer({"error": {"status": 401, "message": "The access token expired"}}, 401)
        elif len(ids) > self.service.most_ids:
            self.answer(self.service.too_many, 400)
        else:
            self.answer(self.service.answer(ids))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if self.service.token_fault:
            self.answer(self.service.token_fault, 400)
        elif self.headers.get("Authorization") != f"Basic {basic}":
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
        usual = {"Content-Type": "application/json", "Content-Length": str(length or len(body))}
        for name, value in (usual | headers).items():
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


def content(change: Callable[[list[Any]], object]) -> Fault:
    """A changed answer of ReccoBeats: `change` gets the rows that would be right."""

    def fault(handler: Handler, ids: list[str]) -> None:
        handler.answer({"content": change([row for track in ids if (row := known_to_reccobeats(track))])})

    return fault


def body(content: bytes, code: int = 200, content_type: str = "application/json") -> Fault:
    """An answer of these bytes."""
    return lambda handler, _: handler.send(content, code, {"Content-Type": content_type})


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
