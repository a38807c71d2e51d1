"""The built page beside the endpoint: its files, what browsers may do with them, and what they may keep."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from algorhythms_ask.http import create_app
from algorhythms_ask.page import NoPageError, add_page
from algorhythms_ask.release import Release
from fastapi.testclient import TestClient

IsProblem = Callable[..., dict[str, object]]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A page as a build leaves it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "config.json").write_text('{"endpoint": "", "spotify_client_id": ""}')
    (folder / "assets" / "index-1a2b.js").write_text("export {};")
    return folder


@pytest.fixture
def paged(release: Release, built: Path) -> TestClient:
    app = create_app(release)
    add_page(app, built)
    return TestClient(app)


def test_the_page_is_at_the_root_and_the_endpoint_where_it_was(paged: TestClient, problem: IsProblem) -> None:
    page = paged.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert paged.get("/health").json()["status"] == "ok"
    assert paged.post("/", json={"count": 1, "songs": [{"id": "rock1"}]}).json()["recommendation_nodes"]
    problem(paged.get("/nowhere"), 404)
    problem(paged.post("/nowhere"), 404)
    problem(paged.get("/assets/nowhere.js"), 404)


def test_what_is_named_by_its_content_is_kept_and_all_else_asked_for_again(paged: TestClient, built: Path) -> None:
    assert paged.get("/assets/index-1a2b.js").headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/index.html", "/config.json"):
        assert paged.get(path).headers["cache-control"] == "no-cache"
    tag = paged.get("/").headers["etag"]
    assert paged.get("/", headers={"If-None-Match": tag}).status_code == 304
    (built / "index.html").write_text("<!doctype html><title>built again</title>")
    assert "built again" in paged.get("/", headers={"If-None-Match": tag}).text


@pytest.mark.parametrize("path", ["/", "/config.json", "/assets/index-1a2b.js"])
def test_a_browser_runs_nothing_but_the_page_and_asks_nobody_but_the_endpoint(paged: TestClient, path: str) -> None:
    headers = paged.get(path).headers
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' https://api.spotify.com https://accounts.spotify.com"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_of_another_origin_may_ask_its_endpoint(release: Release, built: Path) -> None:
    (built / "config.json").write_text(json.dumps({"endpoint": "https://api.example.org/v1/"}))
    app = create_app(release)
    add_page(app, built)
    allowed = TestClient(app).get("/").headers["content-security-policy"]
    assert "connect-src 'self' https://api.example.org https://api.spotify.com" in allowed


@pytest.mark.parametrize("content", ["", "[]", '{"endpoint": "ftp://x"}', '{"endpoint": "https://a;script-src *"}'])
def test_a_page_that_is_not_whole_is_refused(release: Release, built: Path, content: str) -> None:
    (built / "config.json").write_text(content)
    with pytest.raises(NoPageError, match="make page"):
        add_page(create_app(release), built)


def test_nothing_outside_of_the_page_is_served(paged: TestClient, built: Path) -> None:
    (built.parent / "secret").write_text("secret")
    for path in ("/assets/../../secret", "/assets/%2e%2e/%2e%2e/secret", "/../secret", "/%2e%2e/secret"):
        assert paged.get(path).status_code == 404
