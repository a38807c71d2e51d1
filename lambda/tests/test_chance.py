import math
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.chance import chances
from algorhythms_ask.http import create_app
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import Release
from fastapi.testclient import TestClient

WEIGHTS = [-1.0, 2.0, 0.5, -0.25]
SONGS = [{"id": "rock2"}, {"id": "jazz2"}]


@pytest.fixture
def calibrated(recommender: Recommender) -> TestClient:
    report = {"chance": {"weights": WEIGHTS, "reliability": []}}
    return TestClient(create_app(Release("v1", recommender, report=report)))


def _asked(client: TestClient, **request: Any) -> dict[str, Any]:
    response = client.post("/recommendations", json={"count": 12, "songs": SONGS, "chance": True} | request)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_chances_by_hand() -> None:
    odds = -1 + 2 * 0.75 + 0.5 * math.log(4) - 0.25 * 0.75 * math.log(4)
    np.testing.assert_allclose(chances(WEIGHTS, [0.75, 0.5], 4)[0], 1 / (1 + math.exp(-odds)))
    np.testing.assert_allclose(chances(WEIGHTS, [0.5], 1), 0.5)
    assert len(chances(WEIGHTS, [], 1)) == 0


def test_each_track_has_the_chance_of_its_score(calibrated: TestClient) -> None:
    answer = _asked(calibrated)
    nodes = answer["recommendation_nodes"]
    expected = chances(WEIGHTS, [node["score"] for node in nodes], 2)
    assert [node["chance"] for node in nodes] == pytest.approx(expected, abs=5e-5)
    assert [node["chance"] for node in nodes] == sorted((node["chance"] for node in nodes), reverse=True)
    assert answer["chance"] == pytest.approx(expected[:10].mean(), abs=1e-4)


def test_the_rest_of_the_answer_stays_the_same(calibrated: TestClient) -> None:
    answer, plain = _asked(calibrated), _asked(calibrated, chance=False)
    assert answer.pop("chance") is not None
    for node in answer["recommendation_nodes"]:
        node.pop("chance")
    assert answer == plain


@pytest.mark.parametrize(
    "option",
    [
        {"title": "Rock"},
        {"negative": [{"id": "jazz1"}]},
        {"tastes": 2},
        {"tastes": "auto"},
        {"popularity": 0.5},
        {"songs": [{"id": "unknown"}]},
    ],
)
def test_where_it_is_not_known_it_is_null(calibrated: TestClient, option: dict[str, Any]) -> None:
    answer = _asked(calibrated, **option)
    assert answer["chance"] is None
    assert {node["chance"] for node in answer["recommendation_nodes"]} == {None}


def test_songs_of_one_taste_have_their_chance(calibrated: TestClient) -> None:
    songs = [{"id": "rock2"}, {"id": "rock3"}]
    answer = _asked(calibrated, songs=songs, tastes="auto")
    assert {node["taste"] for node in answer["source_nodes"]} == {0}
    assert answer["chance"] == _asked(calibrated, songs=songs)["chance"] is not None


def test_what_only_leaves_tracks_out_keeps_it(calibrated: TestClient) -> None:
    plain = {node["id"]: node["chance"] for node in _asked(calibrated)["recommendation_nodes"]}
    less = _asked(calibrated, exclude={"artists": ["Gravel"]}, max_per_artist=1, diversity=0.5)["recommendation_nodes"]
    assert all(node["chance"] == plain[node["id"]] for node in less)


def test_an_earlier_release_knows_none(client: TestClient) -> None:
    assert _asked(client)["chance"] is None


def test_in_a_batch_each_has_its_own(calibrated: TestClient) -> None:
    one = {"count": 3, "songs": SONGS, "chance": True}
    response = calibrated.post("/recommendations:batch", json={"requests": [one, one | {"chance": False}]})
    first, second = (item["answer"] for item in response.json()["responses"])
    assert first["chance"] == _asked(calibrated, count=3)["chance"]
    assert "chance" not in second
