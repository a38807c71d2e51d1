from collections.abc import Callable
from typing import Any

import pytest
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.requests import MAX_BATCH_COUNT, MAX_REQUESTS
from fastapi.testclient import TestClient

Problem = Callable[..., dict[str, Any]]


def test_each_is_answered_as_it_would_be_alone(client: TestClient) -> None:
    requests: list[dict[str, Any]] = [
        {"count": 3, "songs": [{"id": "rock2"}]},
        {"count": 2, "songs": [{"id": "jazz2"}, {"id": "rock2"}], "tastes": 2, "negative": [{"id": "rock1"}]},
        {"count": 0, "songs": [{"id": "rock2"}]},
        {"songs": [{"id": "unknown"}], "terms": False, "evidence": True},
        {"count": 1, "songs": [{"id": "new", "features": {"energy": 5}}]},
        {"count": 1, "songs": [{"id": "rock2"}], "cursor": "x"},
    ]
    response = client.post("/recommendations:batch", json={"requests": requests})
    assert response.status_code == 200
    for request, one in zip(requests, response.json()["responses"], strict=True):
        alone = client.post("/recommendations", json=request)
        assert one["status"] == alone.status_code
        assert one.get("answer" if alone.status_code == 200 else "problem") == alone.json()
        assert len(one) == 2


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch, recommender: Recommender) -> list[list[int]]:
    """How many tracks each search wants, for each time that the index is asked."""
    kind, asked = type(recommender.index), list[list[int]]()
    nearest = kind.nearest

    def noted(self: Any, some: Any, documents: bool = False) -> Any:
        asked.append([search.count for search in some])
        return nearest(self, some, documents)

    monkeypatch.setattr(kind, "nearest", noted)
    return asked


def test_the_index_is_asked_once_for_all(client: TestClient, searches: list[list[int]]) -> None:
    client.post("/recommendations:batch", json={"requests": [{"count": 1, "songs": [{"id": "rock2"}]}] * 50})
    assert searches == [[1] * 50]


def test_what_is_found_at_once_is_bounded(client: TestClient, searches: list[list[int]]) -> None:
    paged = {"count": 50, "cursor": "", "tastes": 2, "songs": [{"id": "rock2"}, {"id": "jazz2"}]}
    response = client.post("/recommendations:batch", json={"requests": [paged] * 100})
    of_batch = list(searches)
    alone = client.post("/recommendations", json=paged)
    assert [one["answer"] for one in response.json()["responses"]] == [alone.json()] * 100
    assert len(of_batch) > 1
    assert max(map(sum, of_batch)) <= 20_000


def test_a_batch_has_bounds(client: TestClient, problem: Problem) -> None:
    def ask(requests: Any) -> Any:
        return client.post("/recommendations:batch", json={"requests": requests})

    one = {"count": 500, "songs": [{"id": "rock2"}]}
    assert ask([one] * (MAX_BATCH_COUNT // 500)).status_code == 200
    assert "5000" in problem(ask([one] * (MAX_BATCH_COUNT // 500 + 1)), 400)["detail"]
    for bad in ([], [one] * (MAX_REQUESTS + 1), [3], "x", None):
        assert problem(ask(bad), 400)["errors"][0]["pointer"].startswith("/requests")
