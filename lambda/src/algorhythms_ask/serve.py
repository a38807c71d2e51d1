"""The endpoint on this machine, under uvicorn, in one or more processes."""

import asyncio
import contextlib
import logging
import os
import socket
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from algorhythms_ask.http import create_app
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.page import add_page
from algorhythms_ask.release import NotServableError
from algorhythms_ask.releases import Releases, source

# A connection without a complete or running request is closed after this time.
PATIENCE_SECONDS = 20.0

# Passed from the parent process to its workers.
_CHECK_SECONDS = "ALGORHYTHMS_CHECK_SECONDS"
_PAGE = "ALGORHYTHMS_PAGE"


class CannotServeError(Exception):
    """The server cannot be started with these options. The message says why."""


def serve(
    store: Path | None, check_seconds: float, host: str, port: int, workers: int, page: Path | None = None
) -> None:
    """Answers until it is stopped, with a built page at the root if there is one.

    Raises:
        NoPageError: the folder of the page has no page.
        CannotServeError: an option is out of its range, or the port is taken.
        NotServableError: nothing is released.
        IndexUnavailableError: the index does not answer.
    """
    if not 0 < check_seconds < float("inf"):
        raise CannotServeError(f"--check-seconds has to be more than 0, not {check_seconds:g}")
    if workers < 1:
        raise CannotServeError(f"--workers has to be at least 1, not {workers}")
    port = _free(host, port)
    if store is not None:
        os.environ["ALGORHYTHMS_STORE"] = str(store)
        os.environ.pop("MODEL_BUCKET", None)
    os.environ[_CHECK_SECONDS] = str(check_seconds)
    os.environ[_PAGE] = str(page or "")
    app = application()
    release = app.state.releases.current()
    where = f"[{host}]" if ":" in host else host
    print(f"serving release {release.version} at http://{where}:{port}", flush=True)
    if page is None:
        print("  without the page, which `make page` builds", flush=True)
    settings: dict[str, Any] = {"host": host, "port": port, "http": f"{__name__}:patient", "log_level": "warning"}
    if workers == 1:
        app.state.releases.watch()
        uvicorn.run(app, **settings)
    else:
        # Each worker opens the release itself; they share the memory pages of its index.
        uvicorn.run(f"{__name__}:worker", factory=True, workers=workers, **settings)


def application() -> FastAPI:
    """Returns the application for the environment's settings."""
    lines = logging.Formatter("%(asctime)s %(levelname)s %(request_id)s %(message)s", defaults={"request_id": "-"})
    handler = logging.StreamHandler()
    handler.setFormatter(lines)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    releases = Releases(source(), float(os.environ[_CHECK_SECONDS]))
    app = create_app(releases)
    app.state.releases = releases
    if page := os.environ.get(_PAGE):
        add_page(app, Path(page))
    return app


def worker() -> FastAPI:
    """Returns the application of one of several processes."""
    app = application()
    # What cannot be served when a worker is restarted may be servable later.
    with contextlib.suppress(NotServableError, IndexUnavailableError):
        app.state.releases.current()
    app.state.releases.watch()
    return app


def patient(**settings: Any) -> asyncio.Protocol:
    """Returns uvicorn's HTTP protocol for a new connection, which is closed if it stays without a request."""
    protocol = AutoHTTPProtocol(**settings)
    asyncio.get_running_loop().call_later(PATIENCE_SECONDS, _look_at, protocol, None)
    return protocol


def _look_at(protocol: Any, seen: Any) -> None:
    """Closes a connection on which no request has begun or been running since the last check."""
    if protocol.transport is None or protocol.transport.is_closing():
        return
    request = protocol.cycle
    if request is seen and (request is None or request.response_complete):
        protocol.transport.close()
        return
    asyncio.get_running_loop().call_later(PATIENCE_SECONDS, _look_at, protocol, request)


def _free(host: str, port: int) -> int:
    """Returns the port, or a free one for 0."""
    if not 0 <= port <= 65535:
        raise CannotServeError(f"--port has to be 0 to 65535, not {port}")
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
            found: int = listener.getsockname()[1]
    except OSError as error:
        raise CannotServeError(
            f"{host}:{port} cannot be listened at: {error.strerror or error}. Choose another --port or --host"
        ) from None
    return found
