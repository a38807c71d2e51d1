"""A receiver of webhooks on loopback, which takes messages, refuses them, or is slow, as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What it was sent, and how it answers: with a status, after so many seconds, a byte a tenth of a second."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        self.seconds = 0.0
        self.url = ""


@contextmanager
def receiving(path: str = "/hook") -> Iterator[Receiver]:
    """Runs a receiver; what it is sent while it refuses is not among its messages."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.asked += 1
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            # Kept before the answer is sent: what asked may look at once, or have the next answer be another.
            status = receiver.status
            if status < 300:
                receiver.messages.append(body)
            until = time.monotonic() + receiver.seconds
            try:
                # A header that trickles in: no read of it takes long.
                self.wfile.write(b"HTTP/1.1 ")
                while time.monotonic() < until:
                    self.wfile.write(b" ")
                    time.sleep(0.1)
                self.wfile.write(f"{status} Answer\r\nContent-Length: 0\r\n\r\n".encode())
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
