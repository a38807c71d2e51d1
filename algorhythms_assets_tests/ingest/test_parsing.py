import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.contracts import RAW_PLAYLISTS_SCHEMA
from algorhythms_assets.ingest.buckets import BUCKETS, bucket
from algorhythms_assets.ingest.formats.document import SliceError
from algorhythms_assets.ingest.formats.identity import local_track
from algorhythms_assets.ingest.parsing import parse_slice
from algorhythms_assets_tests.conftest import playlist, slice_bytes, uri


def test_rows_keep_order_positions_and_names_in_any_script():
    parsed = parse_slice(slice_bytes(playlist(7, ["b", "a", "b"], name="🎉 夜のドライブ")), "slice")
    assert parsed.table.schema == RAW_PLAYLISTS_SCHEMA
    assert parsed.table["position"].to_pylist() == [0, 1, 2]
    assert parsed.table["track_uri"].to_pylist() == [uri("b"), uri("a"), uri("b")]
    assert set(parsed.table["name"].to_pylist()) == {"🎉 夜のドライブ"}
    assert parsed.rejected == []
    assert parsed.warnings == {}


def test_num_tracks_that_lies_is_a_warning_and_corrected():
    parsed = parse_slice(slice_bytes(playlist(1, ["a", "b"], num_tracks=39)), "slice")
    assert parsed.table["num_tracks"].to_pylist() == [2, 2]
    assert parsed.warnings == {"num_tracks differs from the rows kept": 1}


def without(field):
    bad = playlist(2, ["a", "b"])
    del bad[field]
    return bad


def with_position(position):
    bad = playlist(2, ["a", "b"])
    bad["tracks"][1]["pos"] = position
    return bad


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"pid": None, "tracks": []}, "`pid`"),
        (playlist(-1, ["a"]), "`pid`"),
        (playlist(1 << 63, ["a"]), "`pid`"),
        (playlist(True, ["a"]), "`pid`"),
        (playlist(1, ["a"]), "earlier playlist"),
        (playlist(2, []), "`tracks`"),
        (without("tracks"), "`tracks`"),
        (with_position(-1), "`pos`"),
        (with_position(0), "`pos`: repeated"),
        (with_position("1"), "`pos`"),
        (with_position(None), "`pos`"),
        ("no object", "not a JSON object"),
    ],
)
def test_a_bad_playlist_is_set_aside_and_costs_nothing_else(bad, reason):
    parsed = parse_slice(slice_bytes(playlist(1, ["x", "y"]), bad, playlist(3, ["z"])), "slice")
    assert sorted(set(parsed.table["pid"].to_pylist())) == [1, 3]
    assert [line["playlist"] for line in parsed.rejected] == [1]
    assert reason in parsed.rejected[0]["reason"]


def test_a_playlist_without_a_number_is_known_by_its_name():
    bare = {name: value for name, value in playlist(9, ["a"]).items() if name != "pid"}
    parsed = parse_slice(slice_bytes(playlist(1, ["x"]), bare), "slice")
    assert len(parsed.table["pid"].unique()) == 2
    assert parsed.rejected == []


def test_positions_that_no_row_has_are_the_order_of_the_file():
    mine = playlist(1, ["a", "b"])
    for track in mine["tracks"]:
        del track["pos"], track["album_uri"], track["artist_uri"]
    parsed = parse_slice(slice_bytes(mine), "slice")
    assert parsed.table["position"].to_pylist() == [0, 1]
    assert parsed.warnings == {"pos missing: using the order of the file": 1}


@pytest.mark.parametrize("track_uri", [None, ""])
def test_a_row_without_an_identifier_is_known_by_artist_and_title(track_uri):
    mine = playlist(1, ["a", "b"])
    mine["tracks"][0]["track_uri"] = track_uri
    assert parse_slice(slice_bytes(mine), "slice").table["track_uri"].to_pylist() == [
        local_track("artist of a", "a"),
        uri("b"),
    ]


@pytest.mark.parametrize("track_uri", ["  ", 5, "spotify:episode:" + "a" * 22, "spotify:track:short", "x" * 501])
def test_a_row_without_a_track_is_dropped_and_named(track_uri):
    bad = playlist(1, ["a", "b"])
    bad["tracks"][0]["track_uri"] = track_uri
    parsed = parse_slice(slice_bytes(bad), "slice")
    assert parsed.table["track_uri"].to_pylist() == [uri("b")]
    assert parsed.table["position"].to_pylist() == [1]
    assert parsed.rejected[0] | {"reason": ""} == {"playlist": 0, "pid": 1, "track": 0, "reason": ""}


def test_other_identifiers_stay_as_they_stand():
    other = playlist(1, ["a"])
    other["tracks"][0]["track_uri"] = "local:track:abc"
    assert parse_slice(slice_bytes(other), "slice").table["track_uri"].to_pylist() == ["local:track:abc"]


def test_json_that_ends_early_names_the_byte():
    whole = slice_bytes(playlist(1, ["é"], name="ünï"))
    with pytest.raises(SliceError, match=rf"ends early, at byte {len(whole) - 9}"):
        parse_slice(whole[:-9], "slice")


def test_json_that_is_broken_in_the_middle_names_the_byte():
    content = '{"playlists": ["ü", ?]}'.encode()
    with pytest.raises(SliceError, match=f"byte {content.index(b'?')}"):
        parse_slice(content, "slice")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"playlists": 3}', b"\xff\xfe"])
def test_what_is_no_slice_is_refused(content):
    with pytest.raises(SliceError):
        parse_slice(content, "slice")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("pid", "name", "tracks", "num_tracks")
TRACK_FIELDS = ("pos", "track_uri", "track_name", "artist_uri", "duration_ms")


@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    st.dictionaries(st.sampled_from(TRACK_FIELDS), JSON, max_size=5),
)
def test_whatever_stands_in_a_playlist_the_next_one_is_read(fields, track_fields):
    strange = playlist(1, ["a", "b"])
    strange["tracks"][0] |= track_fields
    try:
        content = slice_bytes(strange | fields, playlist(2, ["c"]))
        json.dumps(fields).encode()
    except UnicodeEncodeError:
        return
    parsed = parse_slice(content, "slice")
    assert 2 in parsed.table["pid"].to_pylist()
    assert parsed.table.schema == RAW_PLAYLISTS_SCHEMA


def test_buckets_are_stable_and_even():
    assert [bucket(pid) for pid in (0, 1, 999_999)] == [bucket(pid) for pid in (0, 1, 999_999)]
    buckets = [bucket(pid) for pid in range(20_000)]
    assert 0 <= min(buckets) < max(buckets) < BUCKETS
    assert 0.18 < sum(b < 2000 for b in buckets) / len(buckets) < 0.22
