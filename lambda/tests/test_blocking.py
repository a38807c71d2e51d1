"""What is blocked is in no answer, on either index, and the list that says so is never silently without effect."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from algorhythms_ask.blocking import BLOCKED, BlockList, BlockListError, without
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.http import create_app
from algorhythms_ask.index import Index
from algorhythms_ask.matching import as_written
from algorhythms_ask.names import artist_keys
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import LocalStore, Release
from algorhythms_ask.releases import Releases
from fastapi.testclient import TestClient

LIST = BlockList(frozenset({"rock2", "never seen"}), frozenset({"NINA BLUE"}))
GONE = ("rock2", "Fire Escape", "jazz1", "Blue Rain", "jazz2", "Café Noir", "jazz3", "Blue Hour", "Nina Blue")
SONG = {"id": "rock3"}


@pytest.fixture(params=["embedded", "elasticsearch"])
def index(request: pytest.FixtureRequest, store: Path) -> Index:
    if request.param == "embedded":
        return EmbeddedIndex(store / "search_index" / "v1")
    return ElasticIndex(Connection(Database(request.getfixturevalue("cluster"), timeout=30)), "tracks-bucket-v1")


@pytest.fixture
def release(index: Index) -> Release:
    return Release("v1", Recommender(None, index))


def test_no_answer_names_what_is_blocked(release: Release) -> None:
    everything, permitted = (TestClient(create_app(served)) for served in (release, release.without(LIST)))
    ask = {"count": 20, "songs": [SONG], "evidence": True}
    asked: list[Callable[[TestClient], Any]] = [
        lambda client: client.post("/", json=ask),
        lambda client: client.post("/", json=ask | {"tastes": "auto", "collapse_versions": True, "diversity": 0.5}),
        lambda client: client.post("/", json={"count": 20, "songs": [{"id": "unknown"}]}),
        lambda client: client.post("/recommendations:batch", json={"requests": [ask, ask]}),
        lambda client: client.get("/tracks", params={"q": "blue"}),
        lambda client: client.get("/tracks", params={"q": "fire", "limit": 2}),
        lambda client: client.get("/tracks/rock1"),
        lambda client: client.post("/resolve", json={"lines": ["Fire Escape - The Sparks", "Blue Ran - Nina Blu"]}),
    ]
    for call in asked:
        assert any(name in _answered(call(everything)) for name in GONE)
        answer = _answered(call(permitted))
        assert not [name for name in GONE if name in answer]
    for track in ("rock2", "jazz1"):
        assert everything.get(f"/tracks/{track}").status_code == 200
        assert permitted.get(f"/tracks/{track}").status_code == 404


def _answered(response: Any) -> str:
    assert response.status_code == 200, response.text
    answer = response.json()
    # The lines are the asker's own words.
    for line in answer.get("lines", ()):
        del line["line"]
    return json.dumps(answer, ensure_ascii=False)


def test_pages_hold_everything_else_once(release: Release) -> None:
    client = TestClient(create_app(release.without(LIST)))
    found, cursor = [], ""
    while cursor is not None:
        page = client.post("/", json={"count": 2, "songs": [SONG], "cursor": cursor}).json()
        found += [node["id"] for node in page["recommendation_nodes"]]
        cursor = page["cursor"]
    whole = TestClient(create_app(release)).post("/", json={"count": 20, "songs": [SONG]}).json()
    assert found == [node["id"] for node in whole["recommendation_nodes"] if node["id"] not in GONE]


def test_it_is_left_out_as_if_each_request_excluded_it(release: Release) -> None:
    exclude = {"tracks": sorted(LIST.tracks), "artists": sorted(LIST.artists)}
    ask = {"count": 5, "songs": [SONG, {"id": "jazz4"}], "popularity": 0.5}
    excluding = TestClient(create_app(release)).post("/", json=ask | {"exclude": exclude}).json()
    assert TestClient(create_app(release.without(LIST))).post("/", json=ask).json() == excluding
    ask["exclude"] = {"tracks": ["rock1"]}
    both = TestClient(create_app(release.without(LIST))).post("/", json=ask).json()
    assert both["recommendation_nodes"][0]["id"] != "rock1"


def test_a_blocked_song_is_an_unknown_one_and_the_answer_names_it(release: Release) -> None:
    client = TestClient(create_app(release.without(LIST)))
    songs = [SONG, {"id": "rock2"}, {"id": "jazz1", "artist": "Nina Blue", "album": "Greatest Hits"}]
    answer = client.post("/", json={"songs": songs}).json()
    assert [song["id"] for song in answer["unresolved"]] == ["rock2", "jazz1"]
    assert ("unknown_songs", 2) in {(notice["code"], notice["count"]) for notice in answer["notices"]}
    # As for any unknown song its artist may stand for it, if that is not blocked.
    answer = client.post("/", json={"songs": [{"id": "rock2", "artist": "The Sparks"}]}).json()
    assert answer["coverage"]["artist"] == 1


def test_an_artist_is_blocked_by_uri_too(index: Index) -> None:
    permitted = without(index, BlockList(artists=frozenset({"spotify:artist:nina", "spotify:artist:nobody"})))
    assert permitted.fetch(["jazz1", "spotify:artist:nina", "spotify:album:nina"]) == {}
    assert [document.id for document in permitted.search("blue", 5)] == []
    assert len(permitted.search("fire", 5)) == 3


def test_what_the_index_does_not_hold_costs_no_search_anything(index: Index) -> None:
    assert without(index, BlockList(frozenset({"never seen"}))) is index


def test_what_stands_behind_what_is_blocked_is_found(index: Index) -> None:
    # By popularity rock1, rock2 and rock3 are called Fire.
    permitted = without(index, BlockList(frozenset({"rock1", "rock2"})))
    assert [document.id for document in permitted.search("fire", 1)] == ["rock3"]
    [*_, look] = as_written("fire")
    assert [[document.id for document in found] for found in permitted.find([look], 2)] == [["rock3"]]


def test_more_than_one_round_trip_takes_is_split(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    recommender = Recommender(None, without(index, LIST))
    requests = [{"songs": [SONG], "count": 3}, {"songs": [{"id": "jazz4"}]}, {"songs": [SONG], "count": 4}]
    client = TestClient(create_app(Release("v1", recommender)))
    whole = client.post("/recommendations:batch", json={"requests": requests}).json()
    monkeypatch.setattr("algorhythms_ask.blocking._SENT_AT_ONCE", 1)
    assert client.post("/recommendations:batch", json={"requests": requests}).json() == whole


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"tracks": []}', b'{"tracks": [5], "artists": []}', b'{"tracks": ["x']
)
def test_a_damaged_list_is_told_with_what_mends_it(content: bytes) -> None:
    with pytest.raises(BlockListError, match=r"blocked.json cannot be read .*algorhythms_assets.release.block_list"):
        BlockList.parsed(content, BLOCKED)


def test_the_version_is_of_what_is_blocked_alone() -> None:
    one = BlockList.parsed(b'{"tracks": {"a": {"reason": "x"}, "b": {}}, "artists": {}}', BLOCKED)
    assert one == BlockList.parsed(b'{"artists": [], "tracks": ["b", "a"]}', BLOCKED)
    assert one.version == BlockList(frozenset("ba")).version
    assert len({one.version, BlockList().version, BlockList(artists=frozenset("ba")).version}) == 3


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class _Endpoint:
    """The endpoint on a store, five seconds later at each request."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = _Clock()
        releases = Releases(LocalStore(root), seconds=5, clock=self.clock)
        self.client = TestClient(create_app(releases), raise_server_exceptions=False)

    def block(self, *tracks: str) -> None:
        (self.root / BLOCKED).write_text(json.dumps({"tracks": tracks, "artists": []}))

    def health(self) -> Any:
        self.clock.now += 5
        return self.client.get("/health")

    def told(self) -> tuple[str, int, str | None]:
        found = self.health().json()
        return found["model_version"], found["blocked"], found["refused"]

    def serves(self, track: str) -> bool:
        return bool(self.client.get(f"/tracks/{track}").status_code == 200)


@pytest.fixture
def endpoint(versions: Path) -> _Endpoint:
    return _Endpoint(versions)


def test_it_holds_within_one_look_whatever_is_released_or_rolled_back(
    endpoint: _Endpoint, point: Callable[[str], None]
) -> None:
    assert endpoint.told() == ("v1", 0, None)
    endpoint.block("rock1")
    assert endpoint.told() == ("v1", 1, None)
    assert not endpoint.serves("rock1")
    for version in ("v2", "v1"):
        point(version)
        assert endpoint.told() == (version, 1, None)
        assert not endpoint.serves("rock1")
    endpoint.block()
    assert endpoint.told() == ("v1", 0, None)
    assert endpoint.serves("rock1")


def test_a_cached_answer_is_stale_once_something_is_blocked(endpoint: _Endpoint) -> None:
    tag = endpoint.client.get("/tracks/rock1").headers["etag"]
    assert endpoint.client.get("/tracks/rock1", headers={"If-None-Match": tag}).status_code == 304
    endpoint.block("rock1")
    endpoint.health()
    assert endpoint.client.get("/tracks/rock1", headers={"If-None-Match": tag}).status_code == 404


@pytest.mark.parametrize("damage", [lambda path: path.write_text('{"tracks": ['), lambda path: path.unlink()])
def test_of_a_damaged_or_lost_list_the_last_good_one_stays_in_force_and_health_says_so(
    endpoint: _Endpoint, point: Callable[[str], None], damage: Callable[[Path], None]
) -> None:
    endpoint.block("rock1")
    assert endpoint.told() == ("v1", 1, None)
    damage(endpoint.root / BLOCKED)
    assert endpoint.told() == ("v1", 1, "block_list_unusable")
    # For a new release, too.
    point("v2")
    assert endpoint.told() == ("v2", 1, "block_list_unusable")
    assert not endpoint.serves("rock1")
    endpoint.block("rock1", "rock2")
    assert endpoint.told() == ("v2", 2, None)


def test_a_release_that_cannot_serve_keeps_nothing_from_being_blocked(
    endpoint: _Endpoint, point: Callable[[str], None]
) -> None:
    assert endpoint.told() == ("v1", 0, None)
    point("broken")
    endpoint.block("rock1")
    assert endpoint.told() == ("v1", 1, "index_unavailable")
    assert not endpoint.serves("rock1")


def test_an_endpoint_that_never_saw_a_good_list_does_not_serve(endpoint: _Endpoint) -> None:
    (endpoint.root / BLOCKED).write_text("{")
    assert endpoint.health().status_code == 503
    endpoint.block("rock1")
    assert endpoint.told() == ("v1", 1, None)


def test_a_list_that_the_release_had_beside_it_is_missed(endpoint: _Endpoint) -> None:
    pointer = endpoint.root / "releases" / "current.json"
    pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"has_block_list": True}))
    assert endpoint.health().status_code == 503
    endpoint.block()
    assert endpoint.told() == ("v1", 0, None)


def test_names_are_compared_as_everywhere() -> None:
    assert BlockList(artists=frozenset({"Beyoncé", "spotify:artist:1"})).artist_keys == artist_keys("BEYONCE")
