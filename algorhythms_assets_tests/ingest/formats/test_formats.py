"""Each format: known answers, and that what is written is what is read."""

import csv
import io
import json
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from algorhythms_ask.songs import normalised
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.ingest.formats import document
from algorhythms_assets.ingest.formats.document import SliceError
from algorhythms_assets.ingest.formats.identity import local_track, pid_of
from algorhythms_assets.ingest.parsing import parse_slice
from algorhythms_assets_tests.conftest import playlist, slice_bytes, uri

RECORDING = "https://musicbrainz.org/recording/8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"


def rows(content, key="slice"):
    parsed = parse_slice(content, key)
    assert parsed.rejected == []
    return parsed.table.to_pylist()


def pids(content, key="slice"):
    return parse_slice(content, key).table["pid"].unique().to_pylist()


# JSPF

JSPF = {
    "title": "夜のドライブ 🎉",
    "identifier": "https://listenbrainz.org/playlist/1",
    "track": [
        {
            "title": "Gold",
            "creator": "Prince",
            "album": "The Gold Experience",
            "duration": 442000,
            "identifier": [RECORDING],
            "extension": {
                "https://musicbrainz.org/doc/jspf#track": {"artist_identifiers": ["https://musicbrainz.org/artist/1"]}
            },
        },
        {"title": "Gold", "creator": "Prince", "identifier": RECORDING},
        {"title": "Gold", "creator": "Prince"},
    ],
}


@pytest.mark.parametrize("document", [JSPF, {"playlist": JSPF}, {"playlists": [{"playlist": JSPF}]}])
def test_jspf_wrapped_or_not(document):
    first, second, third = rows(json.dumps(document).encode())
    assert first | {"bucket": None} == {
        "pid": pid_of("https://listenbrainz.org/playlist/1"),
        "name": "夜のドライブ 🎉",
        "bucket": None,
        "content": first["content"],
        "num_tracks": 3,
        "position": 0,
        "track_uri": RECORDING,
        "track_name": "Gold",
        "artist_uri": "https://musicbrainz.org/artist/1",
        "artist_name": "Prince",
        "album_uri": None,
        "album_name": "The Gold Experience",
        "duration_ms": 442000,
    }
    assert second["track_uri"] == RECORDING
    assert third["track_uri"] == local_track("Prince", "Gold")


# M3U

M3U = """#EXTM3U
#PLAYLIST:Küche
#EXTINF:215,Björk - Jóga - Live
music/joga.mp3

#EXTINF:-1 group="a,b",Ohne Künstler
https://radio.example/stream
#EXTINF:10.5,Prince - Gold
spotify:track:2xFxwkwnFlAgVbsjT139ON
"""


def test_m3u_takes_artist_and_title_from_the_line_before():
    first, second, third = rows(M3U.encode())
    assert first["name"] == "Küche"
    assert (first["artist_name"], first["track_name"], first["duration_ms"]) == ("Björk", "Jóga - Live", 215000)
    assert first["track_uri"] == local_track("björk", "JÓGA  - live")
    assert (second["artist_name"], second["track_name"], second["duration_ms"]) == (None, "Ohne Künstler", None)
    assert third["track_uri"] == "spotify:track:2xFxwkwnFlAgVbsjT139ON"
    assert third["duration_ms"] == 10500


def test_m3u_of_an_old_player_on_windows():
    first, *_ = rows(M3U.replace("\n", "\r\n").encode("cp1252"))
    assert first["artist_name"] == "Björk"


def test_m3u_without_a_name_is_named_after_its_file():
    assert rows(b"#EXTINF:1,a - b\nx.mp3", "Road trip")[0]["name"] == "Road trip"


def test_m3u_drops_what_neither_has_an_identifier_nor_a_title():
    parsed = parse_slice(b"#EXTM3U\nhttps://radio.example/stream\n#EXTINF:1,a - b\nx.mp3\nspotify:episode:1\n", "slice")
    assert parsed.table["position"].to_pylist() == [1]
    assert [line["track"] for line in parsed.rejected] == [0, 2]


def test_m3u_that_ends_before_the_place_of_a_track():
    with pytest.raises(SliceError, match="M3U ends early, at byte 23"):
        parse_slice(b"#EXTM3U\n#EXTINF:1,a - b", "slice")


# Spotify's export


def export(*playlists):
    return json.dumps({"playlists": playlists}).encode()


def exported(name, *uris):
    items = [
        {
            "track": {"trackName": "Gold", "artistName": "Prince", "albumName": "Album", "trackUri": uri},
            "episode": None,
            "localTrack": None,
            "addedDate": "2020-01-01",
        }
        for uri in uris
    ]
    return {"name": name, "lastModifiedDate": "2020-01-01", "items": items}


def test_spotify_export():
    first, second = rows(export(exported("Mine", uri("a"), None)))
    assert (first["track_uri"], first["track_name"], first["artist_name"]) == (uri("a"), "Gold", "Prince")
    assert second["track_uri"] == local_track("Prince", "Gold")


def test_spotify_export_drops_episodes_and_keeps_files_of_the_listener_by_their_names():
    mine = exported("Mine", uri("a"))
    mine["items"] += [
        {"track": None, "episode": {"episodeUri": "spotify:episode:1"}, "localTrack": None},
        {"track": None, "episode": None, "localTrack": {"uri": "spotify:local:Prince:Album:Gold:442"}},
        {"track": None, "episode": None, "localTrack": None},
    ]
    parsed = parse_slice(export(mine), "slice")
    local = parsed.table.to_pylist()[1]
    assert (local["track_uri"], local["album_name"], local["duration_ms"]) == (
        local_track("Prince", "Gold"),
        "Album",
        442000,
    )
    assert [(line["track"], line["reason"]) for line in parsed.rejected] == [
        (1, "an episode, not a track"),
        (3, "field `track_uri`: missing"),
    ]


def test_a_playlist_keeps_its_pid_when_others_come_before_it():
    one, two = exported("Mine", uri("a")), exported("Other", uri("b"))
    before, after = pids(export(one)), pids(export(two, one))
    assert before == after[1:]
    assert len(set(pids(export(one, one, two)))) == 3
    assert pids(export(one), "another slice") != before


# CSV and Parquet

CSV = """playlist,position,track,artist,title
"Küche, abends",0,spotify:track:2xFxwkwnFlAgVbsjT139ON,Prince,Gold
Auto,0,,"Björk","Jóga"
"Küche, abends",1,,"Björk","Jóga"
"""


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        CSV.rstrip("\n"),
        CSV.replace("playlist,position,track,artist,title", "Playlist Name, Pos ,Track_URI,ARTIST NAME,track-name"),
    ],
)
def test_csv_however_its_columns_are_called(content):
    by_name = {}
    for row in rows(content.encode()):
        by_name.setdefault(row["name"], []).append(row)
    assert {name: len(members) for name, members in by_name.items()} == {"Küche, abends": 2, "Auto": 1}
    assert [row["track_uri"] for row in by_name["Küche, abends"]] == [
        "spotify:track:2xFxwkwnFlAgVbsjT139ON",
        local_track("Björk", "Jóga"),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_csv_with_other_delimiters(delimiter):
    content = f"playlist{delimiter}artist{delimiter}track\nMine{delimiter}Prince{delimiter}Gold"
    assert rows(content.encode())[0]["track_uri"] == local_track("Prince", "Gold")


def test_csv_of_several_people():
    content = '"user_id", "artistname", "trackname", "playlistname"\n1, a, b, Mine\n2, a, b, Mine\n'
    assert len(pids(content.encode())) == 2


def test_csv_sets_aside_playlists_with_bad_positions_and_keeps_the_others():
    content = "pid,pos,track_uri\n1,0,a\n1,0,b\n2,x,a\nx,0,a\n,0,a\n3,7,a\n"
    parsed = parse_slice(content.encode(), "slice")
    assert parsed.table.select(["pid", "position"]).to_pylist() == [{"pid": 3, "position": 7}]
    assert [line["pid"] for line in parsed.set_aside] == [1, 2, "x", None]
    assert parsed.warnings["pos with gaps"] == 1


@pytest.mark.parametrize("end", ['\nAuto,1,"', "\nAuto,1"])
def test_csv_that_ends_early(end):
    content = (CSV.rstrip("\n") + end).encode()
    with pytest.raises(SliceError, match=f"CSV ends early, at byte {len(content)}"):
        parse_slice(content, "slice")


def test_csv_whose_quotes_are_not_doubled_is_read_line_by_line():
    content = b'"playlist", "artist", "title"\n"Mine","Prince","The "Best" song"\n"Mine","Prince","Song \\"three\\""\n'
    parsed = parse_slice(content, "slice")
    assert parsed.table["track_name"].to_pylist() == ['The "Best" song', 'Song "three"']
    assert parsed.warnings["quotes not doubled: each line read separately"] == 1


@pytest.mark.parametrize("header", [b"track_uri,danceability,key\n", b"playlist,user\n", b"no table\n"])
def test_a_table_without_playlists_of_tracks_is_refused(header):
    with pytest.raises(SliceError, match=r"unknown format|without a track|audio features"):
        parse_slice(header + b"a,b,c\n", "slice")


def parquet(columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize("values", [[7, 8], ["a", "b"], [1.5, 2.5], [b"\xff", b"b"], [True, False], [[1], [2]]])
def test_parquet_with_playlists_of_any_type(values):
    read = rows(parquet({"playlist": values, "title": ["t", "t"], "artist": ["a", "a"]}))
    assert [row["position"] for row in read] == [0, 0]
    assert len({row["pid"] for row in read}) == 2


def test_the_rows_of_a_slice_in_the_store_are_a_slice_themselves():
    table = parse_slice(slice_bytes(playlist(7, ["a", "b"]), playlist(9, ["b"])), "slice").table
    assert parse_slice(parquet(table), "slice").table == table


def test_parquet_without_playlists_names_its_columns():
    with pytest.raises(SliceError, match="danceability"):
        parse_slice(parquet({"track_uri": ["a"], "danceability": [0.5]}), "slice")


@given(st.data())
def test_wherever_parquet_is_cut_it_is_refused(data):
    content = parquet({"playlist": [1], "title": ["t"]})
    with pytest.raises(SliceError):
        parse_slice(content[: data.draw(st.integers(0, len(content) - 1))], "slice")


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(document, "MAX_ROWS", 2)
    three = {"playlist": [1, 2, 3], "title": ["t"] * 3}
    for content in (parquet(three), b"playlist,title\n1,a\n2,a\n3,a\n", slice_bytes(playlist(1, ["a", "b", "c"]))):
        with pytest.raises(SliceError, match="more than 2 rows"):
            parse_slice(content, "slice")


# All of them

# Names in any script; line breaks and what surrounds a name are not kept by every format.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=20).filter(
    lambda name: normalised(name) and not name.startswith("#")
)
TRACKS = st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=5)
PLAYLISTS = st.dictionaries(NAMES, TRACKS, min_size=1, max_size=4)


def as_mpd(playlists):
    return slice_bytes(
        *(
            {
                "pid": pid,
                "name": name,
                "tracks": [
                    {"pos": pos, "track_uri": local_track(artist, title), "artist_name": artist, "track_name": title}
                    for pos, (artist, title) in enumerate(tracks)
                ],
            }
            for pid, (name, tracks) in enumerate(playlists.items())
        )
    )


def as_jspf(playlists):
    several = [
        {"playlist": {"title": name, "track": [{"creator": artist, "title": title} for artist, title in tracks]}}
        for name, tracks in playlists.items()
    ]
    return json.dumps({"playlists": several}).encode()


def as_export(playlists):
    several = [
        {"name": name, "items": [{"track": {"artistName": artist, "trackName": title}} for artist, title in tracks]}
        for name, tracks in playlists.items()
    ]
    return export(*several)


def as_csv(playlists):
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["playlist", "artist", "title"])
    writer.writerows((name, *track) for name, tracks in playlists.items() for track in tracks)
    return file.getvalue().encode()


def as_parquet(playlists):
    flat = [(name, *track) for name, tracks in playlists.items() for track in tracks]
    return parquet(dict(zip(("playlist", "artist", "title"), zip(*flat, strict=True), strict=True)))


@pytest.mark.parametrize("write", [as_mpd, as_jspf, as_export, as_csv, as_parquet])
@given(PLAYLISTS)
def test_what_is_written_is_read(write, playlists):
    if write in (as_csv, as_parquet):  # where several artists stand in one cell, the first one counts
        playlists = {
            name: [(artist.replace(";", "-").replace("[", "-"), title) for artist, title in tracks]
            for name, tracks in playlists.items()
        }
    content = write(playlists)
    read = {}
    for row in rows(content):
        assert row["position"] == len(read.get(row["name"], []))
        assert row["track_uri"] == local_track(row["artist_name"], row["track_name"])
        read.setdefault(row["name"], []).append((row["artist_name"], row["track_name"]))
    assert read == playlists
    assert pids(content) == pids(content)
    assert len(set(pids(content))) == len(playlists)


@given(
    NAMES,
    TRACKS.filter(lambda tracks: all(" - " not in artist and artist[0] not in "-‐‑‒–—―−" for artist, _ in tracks)),
)
def test_what_is_written_as_m3u_is_read(name, tracks):
    lines = [f"#EXTINF:1,{artist} - {title}\n{number}.mp3\n" for number, (artist, title) in enumerate(tracks)]
    read = rows(f"#EXTM3U\n#PLAYLIST:{name}\n{''.join(lines)}".encode())
    assert [(row["artist_name"], row["track_name"]) for row in read] == tracks
    assert {row["name"] for row in read} == {name}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
).filter(lambda value: "\\ud" not in json.dumps(value) and "Infinity" not in json.dumps(value))


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(("title", "track", "identifier", "playlist"), JSON))))
def test_whatever_stands_in_a_jspf_playlist_the_next_one_is_read(strange):
    parsed = parse_slice(json.dumps({"playlists": [*strange, {"playlist": JSPF}]}).encode(), "slice")
    assert parsed.table.num_rows >= 3


@given(JSON, JSON, JSON)
def test_whatever_stands_in_an_export_the_next_playlist_is_read(name, items, item):
    strange = [{"name": name, "items": items}, {"name": name, "items": [item, {"track": item}]}, name]
    parsed = parse_slice(export(*strange, exported("Mine", uri("a"))), "slice")
    assert uri("a") in parsed.table["track_uri"].to_pylist()


@given(st.binary(max_size=60), st.sampled_from([b"", b"#EXTM3U\n", b"playlist,title\n", b"PAR1", b"pid;uri\n"]))
def test_whatever_the_bytes_they_are_read_or_refused(content, start):
    with suppress(SliceError):
        parse_slice(start + content, "slice")
