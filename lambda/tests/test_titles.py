"""Titles, by n-grams whose vectors are those of the tiny catalogue of `conftest`."""

import hashlib
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.http import create_app
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import NotServableError, Release, load_release
from algorhythms_ask.songs import Song
from algorhythms_ask.titles import Titles, hashed, ngrams, share
from algorhythms_ask.wish import Wish
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

# What each says of z: rock, jazz.
SAID = {" rock ": (1, 0, 0, 0), " jazz ": (0, 1, 0, 0), " 🎷 ": (0, 1, 0, 0), " 夜 ": (0.5, 0.5, 0.5, 0.5)}


def known() -> Titles:
    hashes = sorted((hashed(ngram), vector) for ngram, vector in SAID.items())
    vectors = np.array([vector for _, vector in hashes], np.float16)
    return Titles(np.array([one for one, _ in hashes], np.int64), np.ones(len(SAID), np.float32), vectors)


@pytest.fixture(scope="module")
def titled(recommender: Recommender) -> Recommender:
    return Recommender(recommender.network, recommender.index, recommender.fold_in, known())


@pytest.fixture(scope="module")
def titled_client(titled: Recommender) -> TestClient:
    return TestClient(create_app(Release("v1", titled)))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Rock", [" rock ", "<ro", "roc", "ock", "ck>"]),
        ("ÄB äb!", [" ab ", "<ab", "ab>"]),
        ("🎷🎷 a", [" 🎷 ", " a ", "<🎷>", "<a>"]),
        ("夜の歌", [" 夜の歌 ", "<夜の", "夜の歌", "の歌>"]),
        ("हिंदी", [" हिंदी ", "<हि", "हिं", "िंद", "ंदी", "दी>"]),
        ("❤️", [" ❤ ", "<❤>"]),
        ("...", []),
        ("\u200d \ufe0f", []),
    ],
)
def test_ngrams(title: str, expected: list[str]) -> None:
    assert ngrams(title) == expected


@given(st.text())
def test_any_title_has_ngrams_each_once_and_however_it_is_written(title: str) -> None:
    found = ngrams(title)
    assert len(set(found)) == len(found)
    assert found == ngrams(f"  {title}\t")
    for ngram in found:
        assert -(2**63) <= hashed(ngram) < 2**63


def test_a_title_is_the_weighted_sum_of_what_is_known_of_it() -> None:
    titles = known()
    alone, both = titles.place("ROCK!"), titles.place("rock nobody 🎷")
    assert alone is not None
    assert both is not None
    assert alone.tolist() == [1, 0, 0, 0]
    assert both.tolist() == pytest.approx([0.5**0.5, 0.5**0.5, 0, 0])
    assert titles.place("nobody") is None
    assert titles.place("...") is None


def test_songs_count_more_than_a_title_the_more_there_are() -> None:
    assert share(0) == 1
    assert [share(songs) for songs in range(501)] == sorted((share(songs) for songs in range(501)), reverse=True)
    assert 0 < share(500) < 0.01


def test_a_title_alone_by_hand(titled: Recommender) -> None:
    [answer] = titled.recommend([Wish([], 2, "Jazz")])
    scores = [(found.document.id, found.score, found.title, found.popularity) for found in answer.recommendations]
    assert scores == [("jazz1", 1.375, 1.0, 0.375), ("jazz2", 1.0625, 1.0, 0.0625)]
    assert answer.title_known


_SONGS = st.lists(st.sampled_from(["rock1", "jazz2", "rock4", "unknown"]), unique=True)
_TITLES = st.sampled_from(["rock", "Jazz 🎷", "夜 rock", "nobody", "..."])


@given(_SONGS, _TITLES, st.sampled_from([1, 2, "auto"]), st.booleans(), st.floats(-1, 1))
def test_the_score_is_exactly_the_sum_of_its_terms(
    titled_client: TestClient, songs: list[str], title: str, tastes: int | str, negative: bool, popularity: float
) -> None:
    request: dict[str, Any] = {"title": title, "songs": [{"id": song} for song in songs], "count": 5}
    request |= {"tastes": tastes, "popularity": popularity, "negative": [{"id": "jazz5"}] if negative else []}
    response = titled_client.post("/recommendations", json=request)
    assert response.status_code == 200, response.text
    for node in response.json()["recommendation_nodes"]:
        terms = node["terms"]
        said = [*terms["seeds"], *terms.get("negative", []), terms["popularity"], terms["title"]]
        # A score is rounded as its terms are; a double adds nothing to that.
        assert Decimal(str(node["score"])) == sum(map(Decimal, map(str, said)))


@given(_SONGS, _TITLES)
def test_what_is_evaluated_is_what_is_served(titled: Recommender, songs: list[str], title: str) -> None:
    requests = [[Song(song) for song in songs], [Song("rock1")]]
    evaluated, _ = titled.rank(requests, titled.resolve(requests), 5, [title, None])
    [answer] = titled.recommend([Wish(requests[0], 5, title)])
    assert [hit.score for hit in evaluated] == pytest.approx([r.score for r in answer.recommendations], abs=1e-6)


def test_a_known_title_is_enough_where_features_are_wrong(titled_client: TestClient) -> None:
    songs = [{"id": "new", "features": {"energy": 7}}]
    assert titled_client.post("/", json={"songs": songs, "title": "rock"}).status_code == 200
    assert titled_client.post("/", json={"songs": songs, "title": "nobody"}).status_code == 400


def test_known_titles_change_no_byte_of_an_answer_without_one(client: TestClient, titled_client: TestClient) -> None:
    request = {"songs": [{"id": "rock2"}, {"id": "x"}], "count": 9}
    assert titled_client.post("/", json=request).content == client.post("/", json=request).content


def test_a_title_of_which_nothing_is_known_is_left_out(client: TestClient, titled_client: TestClient) -> None:
    for asked, title in ((client, "rock"), (titled_client, "nobody"), (titled_client, "...")):
        alone = asked.post("/", json={"title": title, "count": 2}).json()
        assert [notice["code"] for notice in alone["notices"]] == ["popular_tracks", "unknown_title"]
        assert alone["notices"][0]["detail"] == "The title is unknown: these are the most popular tracks."
        beside = asked.post("/", json={"title": title, "songs": [{"id": "rock2"}], "count": 2}).json()
        assert [notice["code"] for notice in beside["notices"]] == ["unknown_title"]
        assert beside["recommendation_nodes"][0]["terms"]["title"] == 0


def test_a_known_title_stands_in_for_unknown_songs(titled_client: TestClient) -> None:
    answer = titled_client.post("/", json={"title": "Rock", "songs": [{"id": "x"}], "count": 2}).json()
    assert [notice["code"] for notice in answer["notices"]] == ["unknown_songs"]
    assert answer["recommendation_nodes"][0]["id"] == "rock1"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/songs"),
        ({"songs": [], "title": None}, "/songs"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"title": 5}, "/title"),
    ],
)
def test_a_request_has_a_song_or_a_title(client: TestClient, body: dict[str, Any], pointer: str) -> None:
    response = client.post("/recommendations", json=body)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.fixture
def titled_store(store: Path, tmp_path: Path) -> Path:
    """A store whose bundle knows titles."""
    root = Path(shutil.copytree(store, tmp_path / "titled"))
    bundle, titles = root / "serving_bundle" / "v1", known()
    for name, array in (("hashes", titles.hashes), ("weights", titles.weights), ("vectors", titles.vectors)):
        np.save(bundle / f"title_{name}.npy", array)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["titles"] = True
    manifest["files"] |= {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in bundle.glob("title_*.npy")
    }
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return root


def test_a_bundle_brings_its_titles(titled_store: Path, titled: Recommender) -> None:
    loaded = load_release(titled_store).recommender
    wish = Wish([Song("rock1")], 5, "jazz")
    ours, theirs = (some.recommend([wish])[0].recommendations for some in (loaded, titled))
    assert [(r.document.id, r.score) for r in ours] == [(r.document.id, r.score) for r in theirs]


def test_titles_of_other_vectors_are_not_served(titled_store: Path) -> None:
    bundle = titled_store / "serving_bundle" / "v1"
    np.save(bundle / "title_vectors.npy", np.zeros((len(SAID), 9), np.float16))
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"]["title_vectors.npy"] = hashlib.sha256((bundle / "title_vectors.npy").read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(NotServableError, match="does not fit"):
        load_release(titled_store)
