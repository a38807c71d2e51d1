"""Serves the built page with the endpoint, including its security and cache headers."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Where `make page` puts it.
BUILT = Path("web/dist")

# For listeners who log in, and for the player, which is loaded on demand.
_SPOTIFY = "https://api.spotify.com https://accounts.spotify.com"
_PLAYER = "https://open.spotify.com"

# The names of these files change with their content; the others are revalidated each time.
_ASSETS = "assets"
_FOREVER = "public, max-age=31536000, immutable"


class NoPageError(Exception):
    """The folder does not contain a built page. The message says what to do."""


def policy(endpoint: str = "") -> str:
    """Returns the Content-Security-Policy of a page that uses an endpoint, by default that of its own origin."""
    asked = " ".join(["'self'", *filter(None, [endpoint]), _SPOTIFY])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "manifest-src 'self'",
            f"connect-src {asked}",
            f"frame-src {_PLAYER}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def add_page(app: FastAPI, folder: Path) -> None:
    """Makes the application serve the page at its root, alongside the endpoint's own paths.

    Raises:
        NoPageError: the page does not exist, or its `config.json` cannot be read.
    """
    try:
        config = json.loads((folder / "config.json").read_bytes())
        endpoint = _origin(config.get("endpoint", ""))
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except (OSError, ValueError, AttributeError) as error:
        raise NoPageError(f"no page in {folder}: run `make page` ({error})") from error
    headers = {
        "Content-Security-Policy": policy(endpoint),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    for file in files:
        _add_file(app, f"/{file.name}", file, headers)
    _add_file(app, "/", folder / "index.html", headers)
    app.mount(f"/{_ASSETS}", _Assets(headers, directory=folder / _ASSETS, check_dir=False))


class _Assets(StaticFiles):
    def __init__(self, headers: Mapping[str, str], directory: Path, check_dir: bool) -> None:
        super().__init__(directory=directory, check_dir=check_dir)
        self._headers = {**headers, "Cache-Control": _FOREVER}

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(self._headers)
        return response


def _add_file(app: FastAPI, path: str, file: Path, headers: Mapping[str, str]) -> None:
    # Read again for each request, because the page may have been rebuilt.
    def answer() -> Response:
        return FileResponse(file, headers={**headers, "Cache-Control": "no-cache"})

    app.add_api_route(path, answer, methods=["GET"], include_in_schema=False)


def _origin(endpoint: str) -> str:
    """Returns the origin of a URL; empty for a path on the page's own origin."""
    parts = urlsplit(endpoint)
    if not endpoint or not parts.netloc:
        return ""
    if parts.scheme not in ("http", "https") or set(parts.netloc) & set(" ;,'\""):
        raise ValueError(f"its endpoint {endpoint!r} is not a URL")
    return f"{parts.scheme}://{parts.netloc}"
