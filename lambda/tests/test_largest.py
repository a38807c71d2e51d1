"""The largest answers to legal requests, on a catalogue that has as many tracks as can be asked for."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.http import create_app
from algorhythms_ask.index import Document
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import Release
from algorhythms_ask.requests import MAX_COUNT, MAX_SONGS
from fastapi.testclient import TestClient

from algorhythms_assets.resources.index.embedded import build_embedded

LAMBDA_BYTES = 6 << 20
HEADERS_BYTES = 2000
NOTE = "\U0001f3b5"  # 4 bytes here, 12 in ASCII


def _documents() -> Iterator[tuple[Document, list[str]]]:
    numbers = np.random.default_rng(0)
    for i in range(2 * MAX_COUNT):
        key = f"spotify:track:{i:022d}"
        vector = np.append(numbers.normal(size=8), i / 1000).astype(np.float32)
        yield Document(key, "track", f"Some Title {i}", f"Artist {i % 50}", "Album", i, vector), [key]
    vector = np.append(numbers.normal(size=8), 0).astype(np.float32)
    yield Document("spotify:artist:x", "artist", "X", "X", None, 1, vector), ["spotify:artist:x"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("large")
    build_embedded(folder, list(_documents()), dimension=9, embeddings="e")
    return TestClient(create_app(Release("v1", Recommender(None, EmbeddedIndex(folder)))))


def _known() -> list[dict[str, Any]]:
    return [{"id": f"spotify:track:{i:022d}"} for i in range(MAX_SONGS)]


def _long(songs: int, letter: str, placed: bool) -> list[dict[str, Any]]:
    artist = {"artist": "spotify:artist:x"} if placed else {}
    return [{"id": f"{i:04d}{letter * 490}"} | artist for i in range(songs)]


@pytest.mark.parametrize("terms", [True, False])
@pytest.mark.parametrize(
    ("songs", "status"),
    [
        (_known(), 200),
        (_long(10, NOTE, True), 400),
        (_long(500, NOTE, True), 400),
        (_long(500, '"', True), 400),
        (_long(500, NOTE, False), 200),
        ([{"id": f"{i}", "name": NOTE * 490} for i in range(MAX_SONGS)], 200),
    ],
    ids=["known", "ten long", "all long", "all quotes", "none known", "names"],
)
def test_no_answer_is_larger_than_lambda_takes(
    client: TestClient, songs: list[dict[str, Any]], status: int, terms: bool
) -> None:
    body = json.dumps({"count": MAX_COUNT, "songs": songs, "terms": terms}, ensure_ascii=False).encode()
    response = client.post("/", content=body)
    assert response.status_code == (status if terms else 200), response.text[:300]
    assert len(json.dumps(response.text)) + HEADERS_BYTES <= LAMBDA_BYTES
