import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.index import Document
from algorhythms_ask.requests import MAX_LINE, MAX_LINES
from algorhythms_ask.resolving import ENOUGH, judged, read_line
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

BRIDGE = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b"

Resolve = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def resolve(client: TestClient, conforms: Callable[[str, Any], None]) -> Resolve:
    """Asks what lines are, and holds the answer against the contract."""

    def post(*lines: str) -> list[dict[str, Any]]:
        response = client.post("/resolve", json={"lines": lines})
        assert response.status_code == 200, response.text
        answer = response.json()
        conforms("ResolveOut", answer)
        assert answer["model_version"] == "v1"
        assert [line["line"] for line in answer["lines"]] == list(lines)
        for line in answer["lines"]:
            assert (line["match"] is None) == (line["confidence"] < ENOUGH) == (line["reason"] is not None)
            assert len(line["candidates"]) <= 5
            sure = [candidate["confidence"] for candidate in line["candidates"]]
            assert sure == sorted(sure, reverse=True)
            assert line["confidence"] == max(sure, default=0)
            assert all(0 < one <= 1 for one in sure)
        return list(answer["lines"])

    return post


@pytest.mark.parametrize(
    ("line", "track"),
    [
        ("The Sparks - Highway Fire", "rock1"),
        ("Highway Fire - The Sparks", "rock1"),
        ("Highway Fire by The Sparks", "rock1"),
        ("the sparks – HIGHWAY FIRE", "rock1"),
        ("The Sparks — Highway Fire", "rock1"),
        ("The Sparks—Highway Fire", "rock1"),
        ("Sparks | Highway Fire", "rock1"),
        ("The Sparks: Highway Fire", "rock1"),
        ("The Sparks\tHighway Fire", "rock1"),
        ("Highway Fire\tThe Sparks\tEmber\t3:45", "rock1"),
        ("The Sparks-Highway Fire", "rock1"),
        ("12. The Sparks - Highway Fire", "rock1"),
        ("3) The Sparks - Highway Fire (3:45)", "rock1"),
        ("• The Sparks - Highway Fire", "rock1"),
        ("The Sparks - Highway Fire - 2011 Remaster", "rock1"),
        ("The Sparks - Highway Fire (Live)", "rock1"),
        ("The Sparks feat. Nina Blue - Highway Fire", "rock1"),
        ("The Sparks - Highway Fire ft. Nina Blue", "rock1"),
        ("The Sparks & Nina Blue - Highway Fire", "rock1"),
        ("The Spraks - Highway Fire", "rock1"),
        ("The Sparks - Higway Fire", "rock1"),
        ("Highwai Fire - The Sparks", "rock1"),
        ("The Sparks Highway Fire", "rock1"),
        ("Nina Blue - Cafe Noir", "jazz2"),
        ("gravel - rock n roll acdc live", "rock4"),
        ("Gravel - Rosin", "rock5"),
        ("Both Sides - Crossing", BRIDGE),
        (BRIDGE, BRIDGE),
        ("0VjIjW4GlUZAMYd2vXMi3b", BRIDGE),
        ("https://open.spotify.com/intl-de/track/0VjIjW4GlUZAMYd2vXMi3b?si=1", BRIDGE),
        ("4. https://open.spotify.com/track/0VjIjW4GlUZAMYd2vXMi3b", BRIDGE),
        ("spotify:local:The+Sparks:Ember:Highway+Fire:225", "rock1"),
        ("rock1", "rock1"),
        ("jazz5", "jazz5"),  # a track without names
    ],
)
def test_a_line_is_the_track_that_it_names(resolve: Resolve, line: str, track: str) -> None:
    [answer] = resolve(line)
    assert answer["match"]["id"] == track == answer["candidates"][0]["id"]


@pytest.mark.parametrize(
    ("line", "reason", "candidates"),
    [
        ("Crossing", "A title alone does not identify the artist.", [BRIDGE]),
        ("Quartet - Crossing", "The title is known, but not by this artist.", [BRIDGE]),
        ("Gravel - Something Else Entirely", "The artist is known, but has no title like this.", []),
        ("Nobody - Nothing of the Kind", "Nothing like it is in the index.", []),
        (
            "The Sparks - Highway Fire (Somebody Remix)",
            "Something similar is known, but it is not close enough.",
            ["rock1"],
        ),
        ("spotify:track:0000000000000000000000", "Its identifier is not in the index.", []),
        ("spotify:album:0VjIjW4GlUZAMYd2vXMi3b", "It is a Spotify album, not a track.", []),
        ("spotify:artist:sparks", "It is a Spotify artist, not a track.", []),
        ("OPEN.SPOTIFY.COM/PLAYLIST/1", "It is a Spotify playlist, not a track.", []),
        ("Spotify:Local:A:B:", "It is a local file without a title.", []),
        (" \t ", "It contains no name.", []),
        ("", "It contains no name.", []),
    ],
)
def test_what_is_no_match_says_why(resolve: Resolve, line: str, reason: str, candidates: list[str]) -> None:
    [answer] = resolve(line)
    assert answer["reason"] == reason
    assert [candidate["id"] for candidate in answer["candidates"]] == candidates


def test_lines_keep_their_order_and_may_come_twice(resolve: Resolve) -> None:
    lines = resolve("Nobody - Nothing", "The Sparks - Fire Again", "Nobody - Nothing", BRIDGE)
    assert [line["match"] and line["match"]["id"] for line in lines] == [None, "rock3", None, BRIDGE]


def test_a_match_is_a_track_as_a_search_gives_it(resolve: Resolve, client: TestClient) -> None:
    [answer] = resolve("Nina Blue - Blue Rain")
    [track] = client.get("/tracks", params={"q": "blue rain"}).json()["tracks"]
    assert answer["match"] == track
    assert answer["candidates"] == [{**track, "confidence": answer["confidence"]}]


def _track(identifier: str, name: str, artist: str, playlists: int = 1) -> Document:
    return Document(identifier, "track", name, artist, None, playlists, np.zeros(2, np.float32))


@pytest.mark.parametrize(
    ("line", "tracks", "match"),
    [
        # The version that was asked for, then the most popular one.
        ("Beyoncé - Halo (Live)", ["Halo by Beyoncé", "Halo - Live by Beyoncé"], 1),
        ("Beyoncé - Halo - Mono", ["Halo by Beyoncé", "Halo - Live by Beyoncé"], 0),
        # Another number, and another song.
        ("Band - Part Nine 2", ["Part Nine 1 by Band"], None),
        ("Band - Song (Karaoke)", ["Song by Band"], None),
        ("Band - Song", ["Song (Someone Remix) by Band"], None),
        # What stands in brackets may be left out.
        ("Matt Redman - 10000 Reasons", ["10,000 Reasons (Bless the Lord) by Matt Redman"], 0),
        ("Кино – Группа крови", ["Группа крови by Кино"], 0),
        ("東京事変 - 夜のドライブ", ["夜のドライブ by 東京事変"], 0),
        # Either way round it would be a song.
        ("Heart - Home", ["Home by Heart", "Heart by Home"], None),
        ("Home", ["Home by Heart", "Home by Others"], None),
    ],
)
def test_what_was_found_is_judged(line: str, tracks: list[str], match: int | None) -> None:
    documents = [_track(track, *track.split(" by "), playlists=9 - i) for i, track in enumerate(tracks)]
    found = judged(read_line(line), documents).match
    assert (None if found is None else found.id) == (None if match is None else tracks[match])


def test_a_title_of_several_artists_says_so() -> None:
    found = judged(read_line("Home"), [_track("a", "Home", "Heart"), _track("b", "Home", "Others")])
    assert found.reason == "A title alone fits several artists."
    assert len(found.candidates) == 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.text(max_size=40) | st.sampled_from(["The Sparks", "Fire", "spotify:track:", "a - b: c | d"]), min_size=1
    )
)
def test_any_lines_get_an_answer(client: TestClient, lines: list[str]) -> None:
    response = client.post("/resolve", json={"lines": lines})
    assert response.status_code == 200, response.text
    assert [line["line"] for line in response.json()["lines"]] == lines


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/lines"),
        ({"lines": []}, "/lines"),
        ({"lines": "a - b"}, "/lines"),
        ({"lines": ["a"] * (MAX_LINES + 1)}, "/lines"),
        ({"lines": ["a", "b" * (MAX_LINE + 1)]}, "/lines/1"),
        ({"lines": ["a", None]}, "/lines/1"),
    ],
)
def test_a_malformed_request_names_its_field(
    client: TestClient, problem: Callable[[Response, int], dict[str, Any]], body: dict[str, Any], pointer: str
) -> None:
    answer = problem(client.post("/resolve", json=body), 400)
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


@pytest.mark.parametrize("line", ["\U0001f3b5" * MAX_LINE, "a - " * 75, '"' * MAX_LINE, "fire " * 60])
def test_the_longest_lines_are_answered(client: TestClient, line: str) -> None:
    response = client.post("/resolve", content=json.dumps({"lines": [line] * MAX_LINES}, ensure_ascii=False))
    assert response.status_code in (200, 413)
