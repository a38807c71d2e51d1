import gzip
import json
import logging
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from algorhythms_ask.answer import EDGES_PER_RECOMMENDATION
from algorhythms_ask.fitting import MAX_ANSWER_BYTES
from algorhythms_ask.http import create_app
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.recommend import ARTIST_WEIGHT, Recommender
from algorhythms_ask.release import Release
from algorhythms_ask.requests import MAX_BODY_BYTES, MAX_COUNT, MAX_SONGS
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

BRIDGE = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b"
EPISODE = "spotify:episode:512ojhOuo1ktJprKbVcKyQ"
POPULAR = {"code": "popular_tracks", "detail": "None of the songs is known: these are the most popular tracks."}
LEFT_OUT = {
    "code": "unknown_songs",
    "detail": "Ignored, because they are unknown: 1 of 3 songs.",
    "count": 1,
}

Conforms = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def ask(client: TestClient, conforms: Conforms) -> Callable[..., dict[str, Any]]:
    """Asks for recommendations, and holds the answer against the contract."""

    def post(*songs: dict[str, Any] | str, count: int = 3) -> dict[str, Any]:
        body = {"count": count, "songs": [{"id": song} if isinstance(song, str) else song for song in songs]}
        conforms("RecommendationsIn", body)
        response = client.post("/recommendations", json=body)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        conforms("RecommendationsOut", answer)
        return answer

    return post


Ask = Callable[..., dict[str, Any]]
IsProblem = Callable[[Response, int], dict[str, Any]]


def test_a_whole_answer_by_hand(ask: Ask) -> None:
    same = round(ARTIST_WEIGHT * math.log(2), 8)  # each is by the artist of one seed
    assert ask("rock2", "jazz2", "unknown", count=2) == {
        "model_version": "v1",
        "source_nodes": [
            {"id": "rock2", "track_name": "Fire Escape", "track_artist": "The Sparks", "resolved_by": "track"},
            {"id": "jazz2", "track_name": "Café Noir", "track_artist": "Nina Blue", "resolved_by": "track"},
            {"id": "unknown", "track_name": None, "track_artist": None, "resolved_by": None},
        ],
        "recommendation_nodes": [
            {
                "id": "rock1",
                "score": 0.9375 + same,
                "track_name": "Highway Fire",
                "track_artist": "The Sparks",
                "terms": {"seeds": [0.5 + same, 0.0], "popularity": 0.4375},
            },
            {
                "id": "jazz1",
                "score": 0.828125 + same,
                "track_name": "Blue Rain",
                "track_artist": "Nina Blue",
                "terms": {"seeds": [0.0, 0.5 + same], "popularity": 0.328125},
            },
        ],
        "edges": [
            {"source": "rock2", "target": "rock1", "weight": 0.5 + same},
            {"source": "jazz2", "target": "jazz1", "weight": 0.5 + same},
        ],
        "unresolved": [{"id": "unknown", "reason": "not in the index"}],
        "notices": [LEFT_OUT],
        "coverage": {"track": 2, "name": 0, "album": 0, "artist": 0, "features": 0, "unresolved": 1},
    }


@pytest.mark.parametrize("path", ["/", "/recommendations"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain;charset=UTF-8", "image/png", "nonsense", None]
)
def test_the_body_is_json_whatever_its_type_says(client: TestClient, path: str, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.post(path, content=b'{"count": 1, "songs": [{"id": "rock2"}]}', headers=headers)
    assert response.status_code == 200
    assert [node["id"] for node in response.json()["recommendation_nodes"]] == ["rock1"]


@pytest.mark.parametrize(
    "written",
    ["0VjIjW4GlUZAMYd2vXMi3b", BRIDGE, "https://open.spotify.com/intl-de/track/0VjIjW4GlUZAMYd2vXMi3b?si=1"],
)
def test_identifiers_come_back_in_full(ask: Ask, written: str) -> None:
    assert [node["id"] for node in ask(written)["source_nodes"]] == [BRIDGE]


def test_other_fields_are_ignored(client: TestClient) -> None:
    body = {"count": 1, "songs": [{"id": "rock2", "uri": 5, "features": None}], "user": {"a": [None]}}
    assert client.post("/", json=body).status_code == 200


def test_names_may_be_spelt_as_in_an_answer(ask: Ask) -> None:
    for song in (
        {"id": "new", "name": "N", "artist": "Nina Blue", "album": "Greatest Hits"},
        {"id": "new", "track_name": "N", "track_artist": "Nina Blue", "track_album": "Greatest Hits"},
    ):
        assert ask(song)["source_nodes"] == [
            {"id": "new", "track_name": "N", "track_artist": "Nina Blue", "resolved_by": "album"}
        ]


def test_what_songs_were_placed_by_is_counted(ask: Ask, features: dict[str, float]) -> None:
    answer = ask(
        "rock1",
        "rock2",
        {"id": "a", "artist": "Nina Blue"},
        {"id": "b", "album": "spotify:album:ember"},
        {"id": "c", "features": features},
        "unknown",
        EPISODE,
    )
    assert answer["coverage"] == {"track": 2, "album": 1, "artist": 1, "features": 1, "unresolved": 2} | {"name": 0}
    assert [node["resolved_by"] for node in answer["source_nodes"]] == [
        "track",
        "track",
        "artist",
        "album",
        "features",
        None,
    ]
    assert [notice["code"] for notice in answer["notices"]] == ["unknown_songs"]


def test_unknown_songs_are_answered_with_what_is_popular(ask: Ask) -> None:
    answer = ask("unknown", "spotify:track:0000000000000000000000", EPISODE)
    assert [node["id"] for node in answer["recommendation_nodes"]] == ["rock1", "jazz1", BRIDGE]
    assert [node["terms"]["seeds"] for node in answer["recommendation_nodes"]] == [[], [], []]
    assert [song["id"] for song in answer["unresolved"]] == [
        "unknown",
        "spotify:track:0000000000000000000000",
        EPISODE,
    ]
    assert answer["edges"] == []
    assert answer["notices"] == [POPULAR | {"count": 3}]


def test_a_known_playlist_needs_no_notice(ask: Ask) -> None:
    answer = ask("rock1", "jazz1")
    assert (answer["notices"], answer["unresolved"]) == ([], [])


def test_what_is_no_track_is_left_out_with_the_reason(ask: Ask) -> None:
    answer = ask(EPISODE, "rock2", "spotify:album:ember", " ", "https://open.spotify.com/playlist/1", EPISODE)
    assert [(song["id"], song["reason"]) for song in answer["unresolved"]] == [
        (EPISODE, "a Spotify episode, not a track"),
        ("spotify:album:ember", "a Spotify album, not a track"),
        (" ", "an empty identifier"),
        ("https://open.spotify.com/playlist/1", "a Spotify playlist, not a track"),
    ]
    assert answer["recommendation_nodes"] == ask("rock2")["recommendation_nodes"]


def test_songs_given_twice_count_once_in_their_first_place(ask: Ask) -> None:
    answer = ask("rock2", "jazz2", " rock2", "unknown", "rock2", "unknown")
    assert [node["id"] for node in answer["source_nodes"]] == ["rock2", "jazz2", "unknown"]
    assert answer["recommendation_nodes"] == ask("rock2", "jazz2")["recommendation_nodes"]
    assert answer["coverage"]["unresolved"] == 1
    assert answer["notices"] == [LEFT_OUT]


def test_as_many_as_there_are(ask: Ask) -> None:
    assert len(ask("rock2", count=MAX_COUNT)["recommendation_nodes"]) == 11
    assert ask(*(song for song in _EVERYTHING), count=5)["recommendation_nodes"] == []


_EVERYTHING = ["rock1", "rock2", "rock3", "rock4", "rock5", "jazz1", "jazz2", "jazz3", "jazz4", "jazz5", BRIDGE]
_EVERYTHING += ["local:track:5f3c"]


def test_as_many_songs_as_are_allowed(ask: Ask) -> None:
    answer = ask("rock2", *(f"unknown{i}" for i in range(MAX_SONGS - 1)))
    assert answer["coverage"]["unresolved"] == MAX_SONGS - 1


def test_edges_are_the_strongest_positive_terms(ask: Ask) -> None:
    songs = [*(f"new{i}" for i in range(12)), "spoiler"]
    answer = ask(
        *({"id": song, "artist": "Nina Blue" if song == "spoiler" else "The Sparks"} for song in songs), count=12
    )
    for node in answer["recommendation_nodes"]:
        terms = dict(zip(songs, node["terms"]["seeds"], strict=True))
        best = sorted((term for term in terms.values() if term > 0), reverse=True)[:EDGES_PER_RECOMMENDATION]
        edges = [edge for edge in answer["edges"] if edge["target"] == node["id"]]
        assert [edge["weight"] for edge in edges] == best
        assert all(terms[edge["source"]] == edge["weight"] for edge in edges)
    assert len(answer["edges"]) > EDGES_PER_RECOMMENDATION


@given(st.lists(st.sampled_from(_EVERYTHING), min_size=1), st.integers(1, 12))
def test_a_score_is_the_sum_of_what_is_printed(client: TestClient, songs: list[str], count: int) -> None:
    body = {"count": count, "songs": [{"id": song} for song in songs]}
    answer = json.loads(client.post("/", json=body).content, parse_float=Decimal)
    for node in answer["recommendation_nodes"]:
        assert len(node["terms"]["seeds"]) == len({*songs})
        assert node["score"] == node["terms"]["popularity"] + sum(node["terms"]["seeds"])


def _song(**fields: Any) -> bytes:
    return json.dumps({"count": 1, "songs": [{"id": "rock2"}, {"id": "x"} | fields]}).encode()


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", []),
        (b"{", []),
        (b"\xff\xfe", []),
        (b'{"count": 1, "songs": [{"id": "\xff"}]}', []),
        (b'{"count": 1, "songs": [{"id": "\\ud800"}]}', []),
        (b"[" * 100_000, []),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, []),
        (b'{"count": ' + b"9" * 10_000 + b"}", []),
        (b"count=1&songs=x", []),
        (b"[]", [""]),
        (b"null", [""]),
        (b"NaN", [""]),
        (b"{}", ["/songs"]),
        (b'{"count": null, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": 0, "songs": []}', ["/count", "/songs"]),
        (b'{"count": 501, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": -1, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": NaN, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": 1e400, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": ' + b"9" * 400 + b', "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": "3", "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": true, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": 1.5, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": 1, "count": 0, "songs": [{"id": "x"}]}', ["/count"]),
        (b'{"count": 1, "songs": {"id": "x"}}', ["/songs"]),
        (b'{"count": 1, "songs": [%s]}' % b",".join([b'{"id":"x"}'] * (MAX_SONGS + 1)), ["/songs"]),
        (b'{"count": 1, "songs": ["rock1", null]}', ["/songs/0", "/songs/1"]),
        (b'{"count": 1, "songs": [{"name": "x"}]}', ["/songs/0"]),
        (_song(id=5), ["/songs/1/id"]),
        (_song(id=""), ["/songs/1/id"]),
        (_song(id="x" * 501), ["/songs/1/id"]),
        (_song(artist=["Nina Blue"]), ["/songs/1/artist"]),
        (_song(track_artist=1, track_album={}), ["/songs/1/track_artist", "/songs/1/track_album"]),
        (_song(features=[0.1]), ["/songs/1/features"]),
        (_song(features="{}"), ["/songs/1/features"]),
    ],
)
def test_malformed_requests_are_told_where(
    client: TestClient, problem: IsProblem, body: bytes, pointers: list[str]
) -> None:
    answer = problem(client.post("/recommendations", content=body), 400)
    assert [error["pointer"] for error in answer["errors"]] == pointers
    if pointers and pointers[0]:
        assert answer["detail"].startswith(f"{pointers[0]}: ")
    else:
        assert answer["detail"][0].isalpha()


@pytest.mark.parametrize(("count", "wanted"), [(b"", 11), (b'"count": 5.0,', 5), (b'"count": 3e0,', 3)])
def test_a_count_may_be_left_out_or_written_with_a_point(client: TestClient, count: bytes, wanted: int) -> None:
    answer = client.post("/", content=b'{%s "songs": [{"id": "rock2"}]}' % count).json()
    assert len(answer["recommendation_nodes"]) == wanted
    assert len(client.get("/tracks", params={"q": "fire", "limit": "2.0"}).json()["tracks"]) == 2


def test_the_last_of_two_equal_keys_counts(client: TestClient) -> None:
    response = client.post("/", content=b'{"count": 1, "songs": [], "count": 2, "songs": [{"id": "rock2"}]}')
    assert len(response.json()["recommendation_nodes"]) == 2


def test_too_large_a_body_is_refused(client: TestClient, problem: IsProblem) -> None:
    body = b'{"count": 1, "songs": [{"id": "rock2"}]}'
    fits = body.ljust(MAX_BODY_BYTES)
    assert client.post("/", content=fits).status_code == 200
    assert str(MAX_BODY_BYTES) in problem(client.post("/", content=fits + b" "), 413)["detail"]


def test_a_body_may_be_packed_and_have_a_byte_order_mark(client: TestClient) -> None:
    body = b'{"count": 1, "songs": [{"id": "rock2"}]}'
    plain = client.post("/", content=body)
    assert client.post("/", content=b"\xef\xbb\xbf" + body).content == plain.content
    for packing, content in (("gzip", gzip.compress(body)), ("GZIP", gzip.compress(body)), ("identity", body)):
        assert client.post("/", content=content, headers={"Content-Encoding": packing}).content == plain.content


@pytest.mark.parametrize(
    ("packing", "body", "status", "title"),
    [
        ("gzip", gzip.compress(b" " * (1 << 30), 9), 413, "The request is too large"),
        ("gzip", b"{}", 400, "The body is not gzip"),
        ("gzip", gzip.compress(b"{}")[:-3], 400, "The body is not gzip"),
        ("gzip", gzip.compress(b"{}") + b"more", 400, "The body is not gzip"),
        ("br", b"{}", 415, "The body is packed in an unknown way"),
        ("gzip, gzip", b"{}", 415, "The body is packed in an unknown way"),
    ],
)
def test_what_cannot_be_unpacked_is_told(
    client: TestClient, problem: IsProblem, packing: str, body: bytes, status: int, title: str
) -> None:
    response = client.post("/", content=body, headers={"Content-Encoding": packing})
    assert problem(response, status)["title"] == title
    assert (response.headers.get("accept-encoding") == "gzip") == (status == 415)


def test_of_many_errors_the_first_are_named_and_the_others_counted(client: TestClient, problem: IsProblem) -> None:
    answer = problem(client.post("/", json={"songs": [{"id": 5, "name": 5}] * MAX_SONGS}), 400)
    assert [error["pointer"] for error in answer["errors"]][-1] == "/songs/9/name"
    assert (len(answer["errors"]), answer["errors_left_out"]) == (20, 2 * MAX_SONGS - 20)


def test_what_scores_are_made_of_may_be_left_out(client: TestClient, conforms: Conforms) -> None:
    body = {"count": 3, "songs": [{"id": "rock2"}, {"id": "jazz2"}]}
    whole = client.post("/", json=body).json()
    assert client.post("/", json=body | {"terms": True}).json() == whole
    short = client.post("/", json=body | {"terms": False}).json()
    conforms("RecommendationsOut", short)
    for node in whole["recommendation_nodes"]:
        del node["terms"]
    assert short == whole | {"edges": []}


@pytest.mark.parametrize("letter", ["\U0001f3b5", '"', "x"])
def test_an_answer_that_lambda_could_not_send_is_refused_with_what_helps(
    client: TestClient, problem: IsProblem, monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    songs = [{"id": f"{i:04d}{letter * 490}", "artist": "The Sparks"} for i in range(MAX_SONGS)]
    request = {"count": 12, "songs": songs}

    def sent() -> int:
        answer = client.post("/", content=json.dumps(request, ensure_ascii=False).encode())
        assert answer.status_code == 200
        return len(json.dumps(answer.text))

    # Not with the true bound: a catalogue of twelve gives no answer as large.
    assert sent() <= MAX_ANSWER_BYTES
    monkeypatch.setattr("algorhythms_ask.fitting.MAX_ANSWER_BYTES", sent())
    assert sent()
    monkeypatch.setattr("algorhythms_ask.fitting.MAX_ANSWER_BYTES", sent() - 1)
    answer = problem(client.post("/", content=json.dumps(request, ensure_ascii=False).encode()), 400)
    assert answer["title"] == "The answer would be too large"
    assert answer["detail"].endswith('Ask with "terms": false.')
    request["terms"] = False
    assert sent()
    monkeypatch.setattr("algorhythms_ask.fitting.MAX_ANSWER_BYTES", sent() - 1)
    answer = problem(client.post("/", content=json.dumps(request, ensure_ascii=False).encode()), 400)
    assert answer["detail"].endswith("Ask for fewer tracks, or with shorter names and identifiers.")


_BAD_FEATURES: list[tuple[dict[str, Any], str]] = [
    ({"energy": None}, "is missing"),
    ({"energy": "0.5"}, "must be a number"),
    ({"energy": [1]}, "must be a number"),
    ({"energy": False}, "must be a number"),
    ({"energy": 1.5}, "must be 0 to 1"),
    ({"energy": math.nan}, "must be 0 to 1"),
    ({"energy": math.inf}, "must be 0 to 1"),
    ({"energy": 10**400}, "must be 0 to 1"),
]


def test_a_key_between_two_is_none(client: TestClient, problem: IsProblem, features: dict[str, float]) -> None:
    songs = [{"id": "new", "features": features | {"key": 1.5}}]
    answer = problem(client.post("/", json={"songs": songs}), 400)
    assert answer["errors"] == [{"pointer": "/songs/0/features/key", "detail": "must be a whole number"}]
    songs[0]["features"] = features | {"key": 1.0}
    assert client.post("/", json={"songs": songs}).status_code == 200


@pytest.mark.parametrize(("change", "reason"), _BAD_FEATURES)
def test_features_that_were_needed_are_named(
    client: TestClient, problem: IsProblem, features: dict[str, float], change: dict[str, Any], reason: str
) -> None:
    songs = [{"id": EPISODE}, {"id": "unknown"}, {"id": "new", "features": features | change}]
    answer = problem(client.post("/", content=json.dumps({"count": 1, "songs": songs})), 400)
    assert answer["errors"] == [{"pointer": "/songs/2/features/energy", "detail": reason}]
    assert answer["detail"] == f"/songs/2/features/energy: {reason}"


@pytest.mark.parametrize(("change", "reason"), _BAD_FEATURES)
def test_one_songs_bad_features_never_fail_the_others(
    client: TestClient, features: dict[str, float], change: dict[str, Any], reason: str
) -> None:
    songs = [{"id": "new", "features": features | change}, {"id": "rock2"}]
    answer = client.post("/", content=json.dumps({"count": 1, "songs": songs})).json()
    assert [node["id"] for node in answer["recommendation_nodes"]] == ["rock1"]
    assert answer["unresolved"] == [
        {"id": "new", "reason": f"not in the index, and its features cannot be used: energy {reason}"}
    ]


def test_all_missing_features_are_named(client: TestClient, problem: IsProblem) -> None:
    answer = problem(client.post("/", json={"count": 1, "songs": [{"id": "new", "features": {}}]}), 400)
    assert len(answer["errors"]) == 13


def test_features_of_known_songs_do_not_matter(client: TestClient, ask: Ask) -> None:
    # Not even those that the document has as forbidden: it tells what can be used.
    body = {"count": 3, "songs": [{"id": "rock2", "features": {"energy": "high"}}]}
    assert client.post("/", json=body).json() == ask("rock2")


def test_without_a_feature_network_bad_features_do_no_harm(plain_client: TestClient) -> None:
    response = plain_client.post("/", json={"count": 1, "songs": [{"id": "new", "features": {"energy": 7}}]})
    assert response.status_code == 200
    assert response.json()["notices"] == [POPULAR | {"count": 1}]
    assert "trained without audio features" in response.json()["unresolved"][0]["reason"]


_ANY_TEXT = st.text(st.characters())  # lone surrogates included, which JSON can escape
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
_ANY_SONG = _ANY_JSON | st.fixed_dictionaries(
    {"id": st.sampled_from(["rock1", "new", EPISODE]) | _ANY_TEXT},
    optional={
        "artist": st.sampled_from(["Nina Blue", "spotify:artist:nina"]) | _ANY_TEXT | st.none(),
        "album": _ANY_TEXT,
        "features": _ANY_JSON
        | st.dictionaries(st.sampled_from(["energy", "tempo", "key"]), st.integers() | st.floats() | _ANY_JSON),
    },
)
_ANY_REQUEST = _ANY_JSON | st.fixed_dictionaries(
    {"count": st.integers(1, 500) | _ANY_JSON, "songs": st.lists(_ANY_SONG, max_size=4) | _ANY_JSON}
)


@settings(max_examples=300, deadline=None)
@given(_ANY_REQUEST.map(lambda request: json.dumps(request).encode()) | st.binary())
def test_no_request_is_answered_with_a_failure(
    client: TestClient, conforms: Conforms, problem: IsProblem, body: bytes
) -> None:
    response = client.post("/", content=body)
    if response.status_code == 200:
        conforms("RecommendationsOut", json.loads(response.content, parse_constant=pytest.fail))
    else:
        problem(response, 400)


def test_search(client: TestClient, conforms: Conforms) -> None:
    answer = client.get("/tracks", params={"q": "fire", "limit": 2}).json()
    conforms("TracksOut", answer)
    assert answer["tracks"] == [
        {
            "id": "rock1",
            "track_name": "Highway Fire",
            "track_artist": "The Sparks",
            "album": "Ember",
            "playlists": 32,
        },
        {
            "id": "rock2",
            "track_name": "Fire Escape",
            "track_artist": "The Sparks",
            "album": "Ember",
            "playlists": 8,
        },
    ]


@pytest.mark.parametrize("q", ['"', "fire\0", "🔥", "'; DROP TABLE documents --", "%ff", "NEAR(", "a" * 200])
def test_any_text_can_be_searched(client: TestClient, q: str) -> None:
    assert client.get("/tracks", params={"q": q}).status_code == 200
    assert client.get("/tracks?q=%ff%00").json() == {"tracks": []}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("", "/q"), ("?q=", "/q"), (f"?q={'a' * 201}", "/q"), ("?q=a&limit=0", "/limit"), ("?q=a&limit=x", "/limit")],
)
def test_a_bad_search_is_told_where(client: TestClient, problem: IsProblem, query: str, pointer: str) -> None:
    answer = problem(client.get(f"/tracks{query}"), 400)
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


def test_a_track_with_its_neighbours(client: TestClient, conforms: Conforms) -> None:
    answer = client.get("/tracks/rock1").json()
    conforms("TrackDetail", answer)
    told = [(one["id"], one["track_name"], one["track_artist"], one["playlists"]) for one in answer["neighbours"]]
    # Those with most playlists come first, whatever was the strongest in the edges.
    assert told == [("rock2", "Fire Escape", "The Sparks", 5), ("rock3", "Fire Again", "The Sparks", 3)]


@pytest.mark.parametrize(
    "written",
    [BRIDGE, "0VjIjW4GlUZAMYd2vXMi3b", "https://open.spotify.com/track/0VjIjW4GlUZAMYd2vXMi3b?si=1"],
)
def test_a_track_in_any_form(client: TestClient, written: str) -> None:
    assert client.get(f"/tracks/{written}").json()["track_name"] == "Crossing"


def test_a_track_without_a_name(client: TestClient, conforms: Conforms) -> None:
    conforms("TrackDetail", client.get("/tracks/jazz5").json())


@pytest.mark.parametrize("identifier", ["unknown", "a%00b", "%ff", "artist:ninablue", "%2e%2e/%2e%2e/x"])
def test_unknown_tracks_are_not_found(client: TestClient, problem: IsProblem, identifier: str) -> None:
    problem(client.get(f"/tracks/{identifier}"), 404)


def test_what_is_no_track_is_no_good_identifier(client: TestClient, problem: IsProblem) -> None:
    answer = problem(client.get("/tracks/spotify:artist:nina"), 400)
    assert answer["errors"] == [{"pointer": "/id", "detail": "a Spotify artist, not a track"}]
    problem(client.get("/tracks/%20"), 400)


def test_health_and_quality(client: TestClient, conforms: Conforms) -> None:
    health, quality = client.get("/health").json(), client.get("/quality").json()
    conforms("Health", health)
    conforms("Quality", quality)
    assert health == {
        "status": "ok",
        "model_version": "v1",
        "tracks": 12,
        "bundle": "serving_bundle/v1",
        "index": "search_index/v1",
        "blocked": 0,
        "refused": None,
    }
    assert quality == {"model_version": "v1", "metrics": {"served": {"r_precision": 0.25}}}


def test_no_nan_reaches_an_answer(recommender: Recommender) -> None:
    client = TestClient(create_app(Release("v1", recommender, {"served": {"clicks": math.nan, "ndcg": math.inf}})))
    answer = json.loads(client.get("/quality").content, parse_constant=pytest.fail)
    assert answer["metrics"] == {"served": {"clicks": None, "ndcg": None}}


@pytest.mark.parametrize("path", ["/nowhere", "/recommendations/", "/health/", "/trackS", "/nowhere?x=/"])
def test_unknown_routes_are_problems(client: TestClient, problem: IsProblem, path: str) -> None:
    assert problem(client.post(path), 404)["detail"].startswith("POST /")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/recommendations", "POST"),
        ("PUT", "/recommendations", "POST"),
        ("HEAD", "/recommendations", "POST"),
        ("DELETE", "/tracks", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("OPTIONS", "/tracks", "GET, HEAD"),
        ("BREW", "/quality", "GET, HEAD"),
    ],
)
def test_wrong_methods_are_problems(
    client: TestClient, problem: IsProblem, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    assert response.headers["allow"] == allowed
    if method != "HEAD":
        problem(response, 405)
    assert response.status_code == 405


def test_any_page_may_ask(client: TestClient) -> None:
    preflight = client.options(
        "/recommendations",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    for response in (
        client.get("/health", headers={"Origin": "https://example.org"}),
        client.get("/nowhere", headers={"Origin": "https://example.org"}),
    ):
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers


class _Broken:
    tracks, dimension = 12, 5

    def __init__(self, error: Exception) -> None:
        self._error = error

    def _fail(self, *_: Any, **__: Any) -> Any:
        raise self._error

    fetch = nearest = search = _fail


def _broken(error: Exception) -> TestClient:
    return TestClient(create_app(Release("v1", Recommender(None, _Broken(error)))), raise_server_exceptions=False)


_QUESTIONS: list[tuple[str, str, Any]] = [
    ("POST", "/", {"count": 1, "songs": [{"id": "x"}]}),
    ("GET", "/tracks?q=a", None),
    ("GET", "/tracks/x", None),
    ("GET", "/health", None),
]


@pytest.mark.parametrize(("method", "path", "body"), _QUESTIONS)
def test_an_index_that_is_away_is_a_503(problem: IsProblem, method: str, path: str, body: Any) -> None:
    response = _broken(IndexUnavailableError("http://user:secret@host")).request(method, path, json=body)
    problem(response, 503)
    assert int(response.headers["retry-after"]) > 0
    assert "secret" not in response.text


def test_the_process_is_up_even_if_it_cannot_answer(client: TestClient) -> None:
    broken = _broken(IndexUnavailableError("away"))
    assert broken.get("/health").status_code == 503
    for asked in (client, broken):
        response = asked.get("/health/live")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(("method", "path", "body"), _QUESTIONS)
def test_a_bug_is_a_500_that_tells_only_the_log(
    problem: IsProblem, caplog: pytest.LogCaptureFixture, method: str, path: str, body: Any
) -> None:
    with caplog.at_level(logging.ERROR, logger="algorhythms_ask"):
        headers = {"Origin": "https://example.org", "X-Request-Id": "mine-1"}
        response = _broken(RuntimeError("secret")).request(method, path, json=body, headers=headers)
    problem(response, 500)
    assert "secret" not in response.text
    assert "RuntimeError: secret" in caplog.text
    assert {record.request_id for record in caplog.records} == {"mine-1"}  # type: ignore[attr-defined]
    assert response.headers["x-request-id"] == "mine-1"
    # Without it, a page would be told of a network error.
    assert response.headers["access-control-allow-origin"] == "*"
