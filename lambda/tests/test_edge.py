"""What every answer passes on its way out."""

import gzip
import re

import pytest
from algorhythms_ask.docs import _swagger_ui, add_docs
from algorhythms_ask.http import create_app
from algorhythms_ask.release import Release
from fastapi import FastAPI
from fastapi.testclient import TestClient

GETS = ["/tracks?q=fire", "/tracks/rock1", "/quality"]


@pytest.mark.parametrize("path", [*GETS, "/health", "/health/live", "/openapi.json", "/docs"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        # What is packed has no length of its own before it is.
        if "content-encoding" not in whole.headers or name != "content-length":
            assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize("path", GETS)
def test_who_has_the_answer_of_this_release_is_not_sent_it_again(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["etag"]
    assert tag == 'W/"v1"'
    for known in (tag, '"v1"', f'W/"v0", {tag}', "*"):
        response = client.get(path, headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert "content-type" not in response.headers
    for other in ('W/"v0"', "v1", ""):
        assert client.get(path, headers={"If-None-Match": other}).status_code == 200


def test_what_is_not_there_has_no_tag(client: TestClient) -> None:
    for path in ("/tracks/unknown", "/tracks"):
        response = client.get(path, headers={"If-None-Match": '*, W/"v1"'})
        assert response.status_code in (400, 404)
        assert "etag" not in response.headers


def test_a_new_release_has_another_tag(release: Release) -> None:
    other = TestClient(create_app(Release("n\u00e4chste 2", release.recommender)))
    response = other.get("/quality", headers={"If-None-Match": 'W/"v1"'})
    assert (response.status_code, response.headers["etag"]) == (200, 'W/"n%C3%A4chste%202"')


@pytest.mark.parametrize("given", ["mine-1", "Root=1-65f0a1b2-0123456789abcdef01234567", "a" * 128])
def test_a_request_keeps_its_identifier(client: TestClient, given: str) -> None:
    for path in ("/health", "/nowhere"):
        assert client.get(path, headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "a b", "a\tb", "a" * 129, "{}", b"\xff"])
def test_without_a_good_identifier_a_request_gets_one(client: TestClient, given: str | bytes | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    made = [client.get("/health", headers=headers).headers["x-request-id"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", identifier) for identifier in made)
    assert made[0] != made[1]


def test_pages_may_read_the_headers_that_they_need(client: TestClient) -> None:
    exposed = client.get("/health", headers={"Origin": "https://example.org"}).headers["access-control-expose-headers"]
    assert {*exposed.split(", ")} == {"X-Request-Id", "ETag", "Retry-After"}


def test_a_large_answer_is_packed_for_who_can_unpack_it(client: TestClient) -> None:
    body = {"count": 12, "songs": [{"id": f"new{i}", "artist": "The Sparks"} for i in range(50)]}
    plain = client.post("/", json=body, headers={"Accept-Encoding": "identity"})
    with client.stream("POST", "/", json=body, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        content = b"".join(packed.iter_raw())
    assert gzip.decompress(content) == plain.content
    assert len(content) < len(plain.content) / 4
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in client.get("/health").headers


def test_the_page_of_the_document_asks_nobody_else(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "://" not in page.replace("window.location.protocol + '//'", "")
    found = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(found) == 3
    for link in [*found, "openapi.json"]:
        assert client.get(f"/{link}").status_code == 200
    assert client.get("/docs/files/nothing.js").json()["status"] == 404


def test_without_swagger_ui_there_is_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("algorhythms_ask.docs.find_spec", lambda _: None)
    assert _swagger_ui() is None
    app = FastAPI(docs_url=None)
    add_docs(app)
    page = TestClient(app).get("/docs")
    assert 'href="openapi.json"' in page.text
    assert "script" not in page.text
