"""`/docs`: Swagger UI from local files, so that it works without a network; without these files, only a link."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

# Relative to `/docs`, because a proxy or a stage may put a prefix before it.
_FILES = "docs/files"

_LINK = """<!doctype html>
<html lang="en"><title>algorhythms</title>
<p>This endpoint is described by its <a href="openapi.json">OpenAPI document</a>, which most tools for APIs can read.
"""


def add_docs(app: FastAPI) -> None:
    """Adds the page to an application."""
    folder = _swagger_ui()
    page = HTMLResponse(_LINK)
    if folder is not None:
        page = get_swagger_ui_html(
            title=app.title,
            openapi_url="openapi.json",
            swagger_js_url=f"{_FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{_FILES}/swagger-ui.css",
            swagger_favicon_url=f"{_FILES}/favicon.png",
            # It would send the document's address to a service that validates it.
            swagger_ui_parameters={"validatorUrl": None},
        )
        app.mount(f"/{_FILES}", StaticFiles(directory=folder))
    app.add_api_route("/docs", lambda: page, include_in_schema=False)


def _swagger_ui() -> Path | None:
    """Returns the folder of Swagger UI's files, which the extra `serve` installs; None without it, as on Lambda."""
    package = find_spec("fastapi_offline")
    return Path(package.origin).parent / "static" if package and package.origin else None
