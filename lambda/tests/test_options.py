"""The options of a request, through HTTP and by the tiny catalogue of `conftest`."""

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from algorhythms_ask.requests import MAX_EXCLUDED_ARTISTS, MAX_EXCLUDED_TRACKS, MAX_NEGATIVE
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

BRIDGE = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b"
TRACKS = {
    **{"rock1": "The Sparks", "rock2": "The Sparks", "rock3": "The Sparks", "rock4": "Gravel", "rock5": "Gravel"},
    **{"jazz1": "Nina Blue", "jazz2": "Nina Blue", "jazz3": "Nina Blue", "jazz4": "Quartet", "jazz5": None},
    **{BRIDGE: "Both Sides", "local:track:5f3c": "Gravel"},
}


@pytest.fixture
def asked(client: TestClient) -> Callable[..., dict[str, Any]]:
    def ask(*songs: str | dict[str, Any], count: int = 12, **options: Any) -> dict[str, Any]:
        given = [{"id": song} if isinstance(song, str) else song for song in songs]
        response = client.post("/recommendations", json={"count": count, "songs": given, **options})
        assert response.status_code == 200, response.text
        return dict(response.json())

    return ask


def _ids(answer: dict[str, Any]) -> list[str]:
    return [node["id"] for node in answer["recommendation_nodes"]]


def _codes(answer: dict[str, Any]) -> list[str]:
    return [notice["code"] for notice in answer["notices"]]


def test_what_is_left_at_its_default_changes_no_byte(client: TestClient) -> None:
    plain = {"count": 5, "songs": [{"id": "rock2"}, {"id": "jazz2"}]}
    defaults = {"negative": [], "exclude": {}, "tastes": 1, "popularity": 0, "diversity": 0, "evidence": False}
    defaults |= {
        "title": None,
        "max_per_artist": None,
        "collapse_versions": False,
        "cursor": None,
        "terms": True,
        "chance": False,
    }
    defaults["chance"] = False
    before = client.post("/recommendations", json=plain)
    assert client.post("/recommendations", json=plain | defaults).content == before.content
    assert {*before.json()["recommendation_nodes"][0]} == {"id", "score", "track_name", "track_artist", "terms"}


def test_a_song_is_known_by_title_and_artist(asked: Callable[..., dict[str, Any]]) -> None:
    for song in ({"name": "cafe noir", "artist": "NINA BLUE"}, {"id": "x", "name": "Café Noir", "artist": "Nina Blue"}):
        answer = asked(song, count=2)
        [source] = answer["source_nodes"]
        assert (source["resolved_by"], source["match"], source["track_name"]) == ("name", "jazz2", "Café Noir")
        assert "jazz2" not in _ids(asked(song))
        assert answer["coverage"]["name"] == 1
        assert answer["recommendation_nodes"] == asked("jazz2", count=2)["recommendation_nodes"]


@pytest.mark.parametrize("artist", ["the sparks", "Sparks", "The Sparks feat. Nobody", "The Sparks, Nobody"])
def test_an_artist_is_known_however_the_name_is_written(asked: Callable[..., dict[str, Any]], artist: str) -> None:
    answer = asked({"id": "x", "name": "Never heard", "artist": artist})
    assert answer["source_nodes"][0]["resolved_by"] == "artist"
    assert _codes(answer)[0] == "low_confidence"


def test_tracks_and_artists_are_excluded(asked: Callable[..., dict[str, Any]]) -> None:
    answer = asked("rock2", count=4, exclude={"tracks": ["rock1", "never seen"], "artists": ["gravel", "Nina  Blue"]})
    assert _ids(answer) == ["rock3", BRIDGE, "jazz4", "jazz5"]
    assert answer["notices"] == []


def test_artists_are_excluded_by_uri_too(asked: Callable[..., dict[str, Any]]) -> None:
    known, unknown = "spotify:artist:nina", "spotify:artist:nobody"
    by_name = asked("rock2", exclude={"artists": ["Nina Blue"]})
    assert not {"jazz1", "jazz2", "jazz3"} & {*_ids(by_name)}
    assert asked("rock2", exclude={"artists": [known, unknown]}) == by_name
    assert _ids(asked("rock2", exclude={"artists": [unknown]})) == _ids(asked("rock2"))


def test_an_exclude_list_of_everything_leaves_nothing(asked: Callable[..., dict[str, Any]]) -> None:
    answer = asked("rock2", count=3, exclude={"tracks": [*{*TRACKS} - {"rock2"}], "artists": ["The Sparks"]})
    assert _ids(answer) == []
    [notice] = answer["notices"]
    assert (notice["code"], notice["count"]) == ("fewer_than_asked", 3)
    assert "exclude" in notice["detail"]


def test_popularity_weights_its_term(asked: Callable[..., dict[str, Any]]) -> None:
    plain, more, against = (asked("rock2", popularity=p)["recommendation_nodes"] for p in (0, 1, -1))
    term = {node["id"]: node["terms"]["popularity"] for node in plain}
    assert {node["id"]: node["terms"]["popularity"] for node in more} == {key: 3 * p for key, p in term.items()}
    assert {node["id"]: node["terms"]["popularity"] for node in against} == {key: -p for key, p in term.items()}
    assert [node["id"] for node in asked("unknown", count=1, popularity=-1)["recommendation_nodes"]] == ["rock5"]


def test_negative_songs_move_away(asked: Callable[..., dict[str, Any]]) -> None:
    # Both sides share what rock and jazz have: without rock, jazz is left.
    answer = asked(BRIDGE, count=3, negative=[{"id": "rock1"}, {"id": "nobody knows"}])
    assert _ids(answer)[0] == "jazz1"
    for node in answer["recommendation_nodes"]:
        assert len(node["terms"]["negative"]) == 1
    assert "rock1" not in _ids(asked(BRIDGE, negative=[{"id": "rock1"}]))
    [notice] = answer["notices"]
    assert (notice["code"], notice["count"]) == ("unknown_negative", 1)
    [notice] = asked(BRIDGE, count=3, negative=[{"id": "spotify:episode:0VjIjW4GlUZAMYd2vXMi3b"}])["notices"]
    assert (notice["code"], notice["count"]) == ("unknown_negative", 1)


@pytest.mark.parametrize("options", [{"popularity": -1}, {"negative": [{"id": "rock1"}]}])
def test_what_is_not_popular_is_not_called_so(asked: Callable[..., dict[str, Any]], options: dict[str, Any]) -> None:
    [notice] = asked("unknown", count=3, **options)["notices"]
    assert (notice["code"], notice["detail"]) == (
        "popular_tracks",
        "None of the songs is known: only the options count.",
    )


def test_each_taste_has_its_share(asked: Callable[..., dict[str, Any]]) -> None:
    seeds = ("rock2", "jazz2", "rock3")
    answer = asked(*seeds, count=6, tastes=2)
    assert [node["taste"] for node in answer["source_nodes"]] == [0, 1, 0]
    nodes = answer["recommendation_nodes"]
    assert sorted(node["taste"] for node in nodes) == [0, 0, 0, 0, 1, 1]
    for node in nodes:
        terms = node["terms"]["seeds"]
        assert [bool(term) for place, term in enumerate(terms) if (place == 1) != (node["taste"] == 1)] in (
            [False],
            [False, False],
        )
    assert asked(*seeds, count=6, tastes="auto")["recommendation_nodes"] == nodes


def test_an_artist_has_no_more_than_the_cap(asked: Callable[..., dict[str, Any]]) -> None:
    answer = asked("rock2", max_per_artist=1)
    artists = [node["track_artist"] for node in answer["recommendation_nodes"]]
    assert sorted(map(str, artists)) == ["Both Sides", "Gravel", "Nina Blue", "None", "Quartet", "The Sparks"]
    assert _codes(answer) == ["fewer_than_asked"]


def test_diversity_puts_another_kind_before_more_of_the_same(asked: Callable[..., dict[str, Any]]) -> None:
    assert _ids(asked("rock2", count=2)) == ["rock1", "rock3"]
    assert _ids(asked("rock2", count=2, diversity=0.9))[1] != "rock3"


def test_evidence_tells_of_playlists_that_share_both(asked: Callable[..., dict[str, Any]]) -> None:
    answer = asked("rock1", "jazz1", evidence=True)
    shown = {node["id"]: node["evidence"] for node in answer["recommendation_nodes"]}
    assert shown["rock2"] == [{"source": "rock1", "playlists": 5}]
    assert shown["jazz2"] == []


@pytest.mark.parametrize("tastes", [1, 2])
def test_pages_are_one_list(asked: Callable[..., dict[str, Any]], tastes: int) -> None:
    whole = _ids(asked("rock2", "jazz2", tastes=tastes, diversity=0.3, cursor=""))
    cursor: str | None = ""
    pages: list[str] = []
    while cursor is not None:
        answer = asked("rock2", "jazz2", tastes=tastes, diversity=0.3, count=3, cursor=cursor)
        pages += _ids(answer)
        cursor = answer["cursor"]
    assert pages == whole
    assert len(pages) == 10


def test_a_cursor_is_good_for_its_request_and_release(
    client: TestClient, asked: Callable[..., dict[str, Any]], problem: Callable[..., dict[str, Any]]
) -> None:
    cursor = asked("rock2", count=1, cursor="")["cursor"]

    def ask(cursor: str, song: str = "rock2") -> Any:
        return client.post("/recommendations", json={"count": 1, "songs": [{"id": song}], "cursor": cursor})

    assert ask(cursor).status_code == 200
    forged = [b'["v1", "x", -1, 300]', b'["v1", "x", 1, 10000]', b'["v1", "x", 4000, 300]', b'["v1", "x", 1]']
    for bad in (cursor[:-5], "x", "é", "W10=", *(base64.urlsafe_b64encode(one).decode() for one in forged), "A" * 500):
        assert problem(ask(bad), 400)["errors"][0]["pointer"] == "/cursor"
    assert "another request" in problem(ask(cursor, "rock3"), 400)["title"]
    other = base64.urlsafe_b64decode(cursor).replace(b'"v1"', b'"v0"')
    assert "another-release" in problem(ask(base64.urlsafe_b64encode(other).decode()), 400)["type"]
    half = base64.urlsafe_b64decode(cursor).replace(b'"v1"', rb'"\ud800"')
    assert problem(ask(base64.urlsafe_b64encode(half).decode()), 400)["errors"][0]["pointer"] == "/cursor"


def test_fields_that_nobody_knows_are_named(asked: Callable[..., dict[str, Any]]) -> None:
    [notice] = asked("rock2", count=1, max_per_artists=1, tilte="x")["notices"]
    assert (notice["code"], notice["count"]) == ("unknown_fields", 2)
    assert "max_per_artists, tilte" in notice["detail"]


@pytest.mark.parametrize(
    ("options", "pointers"),
    [
        ({"negative": [{"id": "jazz1"}, {"id": "rock2"}]}, ["/negative/1", "/songs/0"]),
        ({"exclude": {"tracks": ["rock2"]}}, ["/exclude/tracks/0", "/songs/0"]),
        ({"exclude": {"tracks": ["spotify:episode:512ojhOuo1ktJprKbVcKyQ"]}}, ["/exclude/tracks/0"]),
        ({"exclude": {"tracks": ["x"] * (MAX_EXCLUDED_TRACKS + 1)}}, ["/exclude/tracks"]),
        ({"exclude": {"artists": ["x"] * (MAX_EXCLUDED_ARTISTS + 1)}}, ["/exclude/artists"]),
        ({"negative": [{"id": "x"}] * (MAX_NEGATIVE + 1)}, ["/negative"]),
        ({"tastes": 5}, ["/tastes"]),
        ({"popularity": 1.01}, ["/popularity"]),
        ({"popularity": "high"}, ["/popularity"]),
        ({"diversity": -0.1}, ["/diversity"]),
        ({"max_per_artist": 0}, ["/max_per_artist"]),
        ({"collapse_versions": "yes"}, ["/collapse_versions"]),
        ({"cursor": 3}, ["/cursor"]),
        ({"songs": []}, ["/songs"]),
    ],
)
def test_what_is_out_of_bounds_is_told_where(
    client: TestClient, problem: Callable[..., dict[str, Any]], options: dict[str, Any], pointers: list[str]
) -> None:
    response = client.post("/recommendations", json={"songs": [{"id": "rock2"}], **options})
    assert [error["pointer"] for error in problem(response, 400)["errors"]] == pointers


_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "negative": st.lists(st.sampled_from([*TRACKS, "unknown"]).map(lambda name: {"id": name}), max_size=3),
        "exclude": st.fixed_dictionaries(
            {}, optional={"tracks": st.lists(st.sampled_from([*TRACKS])), "artists": st.lists(st.just("Gravel"))}
        ),
        "tastes": st.sampled_from([1, 2, 3, 4, "auto"]),
        "popularity": st.floats(-1, 1),
        "diversity": st.floats(0, 1),
        "max_per_artist": st.integers(1, 4),
        "collapse_versions": st.booleans(),
        "evidence": st.booleans(),
        "cursor": st.just(""),
    },
)


@given(st.lists(st.sampled_from([*TRACKS, "unknown"]), min_size=1, max_size=6), st.integers(1, 12), _OPTIONS)
def test_options_hold_together(client: TestClient, songs: list[str], count: int, options: dict[str, Any]) -> None:
    request = {"count": count, "songs": [{"id": song} for song in songs], **options}
    response = client.post("/recommendations", json=request)
    negative = {song["id"] for song in options.get("negative", [])}
    excluded = {*options.get("exclude", {}).get("tracks", [])}
    if {*songs} & (negative | excluded):
        assert response.status_code == 400
        return
    assert response.status_code == 200, response.text
    answer = response.json()
    ids = _ids(answer)
    assert len(set(ids)) == len(ids) <= count
    assert not {*ids} & ({*songs} | negative | excluded)
    assert len(ids) == count or "fewer_than_asked" in _codes(answer)
    artists = [TRACKS[identifier] for identifier in ids if TRACKS[identifier]]
    if options.get("exclude", {}).get("artists"):
        assert "Gravel" not in artists
    cap = options.get("max_per_artist", 12)
    assert all(artists.count(artist) <= cap for artist in artists)
    if cap == 12:
        artists_left = {"Gravel"} if options.get("exclude", {}).get("artists") else set()
        left = [
            track
            for track, artist in TRACKS.items()
            if track not in {*songs} | negative | excluded and artist not in artists_left
        ]
        assert len(ids) == min(count, len(left))
    for node in answer["recommendation_nodes"]:
        terms = [*node["terms"]["seeds"], *node["terms"].get("negative", []), node["terms"]["popularity"]]
        assert sum(Decimal(repr(term)) for term in terms) == Decimal(repr(node["score"]))
