"""The page of the released evaluation."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from algorhythms_ask.http import create_app
from algorhythms_ask.release import Release
from fastapi.testclient import TestClient

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
MEANS = {"r_precision": 0.25, "r_precision_artists": 0.3, "ndcg": 0.5, "clicks": 1.5}
REPORT = {
    "test_playlists": 1234,
    "methods": {
        "served": {"mean": MEANS, "K1": MEANS | {"playlists": 9}},
        "popularity": {"mean": MEANS | {"ndcg": 0.125}, "K1": dict.fromkeys(MEANS)},
        "<b>": {"mean": dict.fromkeys(MEANS), "K1": dict.fromkeys(MEANS)},
    },
    "intervals": {"served": {"ndcg": (0.45, 0.55)}, "popularity": {"ndcg": None}, "<b>": {}},
    "served_minus": {"popularity": {"ndcg": (0.3, 0.4), "r_precision": None}},
    "beyond": {"served": {"catalogue coverage": 0.5}, "popularity": {"catalogue coverage": None}, "<b>": {}},
    "by_popularity": {"served": {"1": 0.1, ">100": 0.9}, "popularity": {"1": 0.0, ">100": 1.0}},
}


@pytest.fixture
def evaluated(release: Release) -> TestClient:
    metrics = {name: of_method["mean"] for name, of_method in REPORT["methods"].items()}  # type: ignore[attr-defined]
    return TestClient(create_app(replace(release, metrics=metrics, report=REPORT)))


def test_the_evaluation_comes_in_full(evaluated: TestClient, conforms: Callable[[str, Any], None]) -> None:
    answer = evaluated.get("/quality").json()
    conforms("Quality", answer)
    assert answer["evaluation"]["methods"]["served"]["K1"]["clicks"] == 1.5
    assert answer["evaluation"]["served_minus"]["popularity"] == {"ndcg": [0.3, 0.4], "r_precision": None}


def test_a_browser_gets_a_page_of_this_release(evaluated: TestClient) -> None:
    page = evaluated.get("/quality", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<code>v1</code>" in page.text
    assert "1,234 playlists" in page.text
    assert "themselves, 25 are among as many suggestions. The most popular songs would hit 25." in page.text
    assert "+0.3000 to +0.4000 compared with the most popular" in page.text
    cells = re.findall(r'<tr class="served"><th scope="row">this model</th>(.*?)</tr>', page.text)
    assert "<td>0.5000</td><td>0.5000</td>" in cells


def test_bars_are_as_long_as_what_they_show(evaluated: TestClient) -> None:
    page = evaluated.get("/quality", headers=BROWSER).text
    [_, ndcg] = re.findall("<svg.*?</svg>", page)
    bars = [float(bar.attrib["width"]) for bar in ElementTree.fromstring(ndcg).iter("rect")]
    assert len(bars) == 2
    assert bars[1] == pytest.approx(bars[0] / 4, abs=0.1)


def test_chances_stand_beside_what_came_true(
    release: Release, evaluated: TestClient, conforms: Callable[[str, Any], None]
) -> None:
    chance = {
        "weights": [-3.0, 2.0, 0.0, 0.0],
        "reliability": [{"recommendations": 900, "chance": 0.0512, "share": 0.0498}],
    }
    client = TestClient(create_app(replace(release, report=REPORT | {"chance": chance})))
    answer = client.get("/quality").json()
    conforms("Quality", answer)
    assert answer["evaluation"]["chance"] == chance
    page = client.get("/quality", headers=BROWSER).text
    assert '<th scope="row">0.0512</th><td>0.0498</td>' in page
    assert "chance" not in evaluated.get("/quality", headers=BROWSER).text


def test_names_are_text_and_nothing_but_the_style_may_load(evaluated: TestClient) -> None:
    page = evaluated.get("/quality", headers=BROWSER)
    assert "<b>" not in page.text
    assert "&lt;b&gt;" in page.text
    [style] = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert page.headers["content-security-policy"] == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert "style=" not in page.text


def test_a_release_without_a_report_has_its_means(client: TestClient) -> None:
    page = client.get("/quality", headers=BROWSER).text
    assert "<td>0.2500</td>" in page


def test_who_wants_json_too_or_anything_gets_json_under_another_tag(evaluated: TestClient) -> None:
    tags = set()
    for accept in ("application/json", "*/*", "text/html, application/json"):
        answer = evaluated.get("/quality", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"
        tags.add(answer.headers["etag"])
    page = evaluated.get("/quality", headers=BROWSER)
    assert page.headers["vary"].startswith("Accept")
    assert tags == {'W/"v1"'}
    assert page.headers["etag"] not in tags
    known = evaluated.get("/quality", headers=BROWSER | {"If-None-Match": page.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
