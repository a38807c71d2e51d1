import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.ingest import parsing
from algorhythms_assets.ingest.parsing import parse_slice
from algorhythms_assets.ingest.tracks import MAX_TEXT, Findings, careful_columns, plain_columns
from algorhythms_assets_tests.conftest import playlist, slice_bytes, uri

# What is near to being right is more often wrong in an interesting way than what is not.
WRONG = [None, True, False, 0, 1, 1.0, -1, 1 << 31, 1 << 63, "", [], {}]
NAMES = [" ", "a\tb", "a\u00a0b", "👩\u200d🚀", "夜", "x" * (MAX_TEXT + 1)]
URIS = ["spotify:episode:" + "a" * 22, uri("a") + "\n", " " + uri("a"), "a" * 22]
ODD = [*WRONG, *NAMES, *URIS]
FIELDS = ("pos", "track_uri", "track_name", "artist_uri", "artist_name", "album_uri", "album_name", "duration_ms")
CHANGES = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ODD), max_size=3)
ROWS = st.lists(CHANGES | st.none(), min_size=1, max_size=4)
TOP = st.dictionaries(st.sampled_from(("pid", "name", "num_tracks", "tracks")), st.sampled_from(ODD), max_size=1)


def changed(pid, rows, fields):
    made = playlist(pid, ["a"] * len(rows))
    made["tracks"] = [
        None if change is None else track | change for track, change in zip(made["tracks"], rows, strict=True)
    ]
    return made | fields


def one_by_one(content):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "plain_columns", lambda tracks: None)
        return parse_slice(content, "slice")


@given(st.lists(st.tuples(ROWS, TOP), max_size=4))
def test_checked_at_once_or_one_by_one_the_rows_are_the_same(playlists):
    content = slice_bytes(*(changed(pid, *one) for pid, one in enumerate(playlists)), playlist(99, ["a", "b"]))
    assert parse_slice(content, "slice") == one_by_one(content)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_what_is_odd_is_odd_when_checked_at_once(field, value):
    content = slice_bytes(changed(1, [{}, {field: value}], {}))
    assert parse_slice(content, "slice") == one_by_one(content)


def test_plain_rows_are_seen_as_plain():
    tracks = playlist(1, ["a", "b"], name="x")["tracks"]
    tracks[1]["track_name"] = "夜のドライブ 🎉"
    columns = plain_columns(tracks)
    assert columns is not None
    assert [list(column) for column in columns] == [list(column) for column in careful_columns(tracks, Findings())]


def track(**fields):
    return slice_bytes(playlist(1, ["a"]) | {"tracks": [playlist(1, ["a"])["tracks"][0] | fields]})


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"pos": 3}, "pos with gaps"),
        ({"track_name": ""}, "track_name missing or not text"),
        ({"track_name": 5}, "track_name missing or not text"),
        ({"album_name": "a\x00b"}, "album_name with control characters"),
        ({"artist_name": "x" * 501}, "artist_name longer than 500 characters, cut"),
        ({"duration_ms": -1}, "duration_ms not a number"),
        ({"duration_ms": "1"}, "duration_ms not a number"),
    ],
)
def test_what_is_odd_is_a_warning(fields, warning):
    parsed = parse_slice(track(**fields), "slice")
    assert parsed.warnings == {warning: 1}
    assert parsed.table.num_rows == 1


def test_positions_stay_as_in_the_file_and_long_names_are_cut():
    row = parse_slice(track(pos=3, album_name="é" * 600), "slice").table.to_pylist()[0]
    assert row["position"] == 3
    assert row["album_name"] == "é" * 500


def test_a_dropped_row_makes_no_gap():
    made = playlist(1, ["a", "b", "c"])
    made["tracks"][1]["track_uri"] = "spotify:episode:1"
    parsed = parse_slice(json.dumps({"playlists": [made]}).encode(), "slice")
    assert parsed.table["position"].to_pylist() == [0, 2]
    assert parsed.warnings == {"num_tracks differs from the rows kept": 1}
