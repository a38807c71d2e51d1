"""The kinds of files that people have: what each gives, by small files as their programs write them."""

import io
import json
import plistlib
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.ingest.formats import SUFFIXES
from algorhythms_assets.ingest.formats.document import NoPlaylistsError, SliceError
from algorhythms_assets.ingest.formats.identity import local_track
from algorhythms_assets.ingest.formats.paths import song_of
from algorhythms_assets.ingest.parsing import parse_slice

ONE, TWO = "spotify:track:4iV5W9uYEdYUVa79Axb7Rh", "spotify:track:1301WleyT98MSxVHPZCA6M"
IDS = [ONE.rpartition(":")[2], TWO.rpartition(":")[2]]
ARTIST = "spotify:artist:0oSGxfWSnnOXhD2fKuz2Gy"
OTHER_ARTIST = "spotify:artist:3dBVyJ7JuOMt4GE9607Qin"
SONGS = [("Nora Vale", "Paper Boats"), ("The Lowlands", "Ferry")]


def read(content, file):
    content = content if isinstance(content, bytes) else content.encode()
    return parse_slice(content, file, file)


def names(parsed):
    return [(row["artist_name"], row["track_name"]) for row in parsed.table.to_pylist()]


def playlists(parsed):
    return parsed.table["name"].unique().to_pylist()


def ids(parsed):
    return parsed.table["track_uri"].to_pylist()


# Tables

EXPORTIFY = f""""Track URI","Track Name","Artist URI(s)","Artist Name(s)","Album URI","Album Name","Track Duration (ms)"
"{ONE}","Paper Boats","{ARTIST}, {OTHER_ARTIST}","Nora Vale, The Lowlands","spotify:album:1","Harbour","200960"
"{TWO}","Ferry","{OTHER_ARTIST}","The Lowlands","spotify:album:2","Canals","180000"
"""
EXPORTIFY_LATER = f"""Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Danceability,Energy,Key
{ONE},Paper Boats,Harbour,Nora Vale;The Lowlands,2019,200960,0.5,0.6,120
{TWO},Ferry,Canals,The Lowlands,2020,180000,,,
"""
EXPORTIFY_IN_ANOTHER_LANGUAGE = (
    EXPORTIFY.replace("Track URI", "Adres utworu").replace("Track Name", "Tytuł x").replace("Artist Name(s)", "Twórcy")
)
SHAZAM = """Shazam Library
Index,TagTime,Title,Artist,URL,TrackKey
1,2024-12-27,"Paper Boats","Nora Vale",https://www.shazam.com/track/1/a,1
2,2024-12-27,"Ferry","The Lowlands",https://www.shazam.com/track/2/b,2
"""
TITLE_ARTIST = 'TITLE, ARTIST\n"Paper Boats", "Nora Vale"\n"Ferry", "The Lowlands"\n'
ITUNES_TEXT = "Name\tArtist\tComposer\tAlbum\tTime\tLocation\rPaper Boats\tNora Vale\t\tHarbour\t200\tMac:a.m4a\r"
ITUNES_TEXT += "Ferry\tThe Lowlands\t\tCanals\t180\tMac:b.m4a\r"
REKORDBOX = "#\tArtwork\tTrack Title\tArtist\tAlbum\tTime\r\n1\t\tPaper Boats\tNora Vale\tHarbour\t03:20\r\n"
REKORDBOX += "2\t\tFerry\tThe Lowlands\tCanals\t03:00\r\n"
GOOGLE = (
    'Title,Album,Artist,Duration (ms),Rating,Play Count,Removed,Playlist Index\n"Paper Boats","Harbour","Nora Vale",'
)
GOOGLE += '"200960","0","3","","0"\n"Ferry","Canals","The Lowlands","180000","0","1","","1"\n'


@pytest.mark.parametrize(
    "content",
    [
        EXPORTIFY,
        EXPORTIFY_LATER,
        EXPORTIFY_IN_ANOTHER_LANGUAGE,
        SHAZAM,
        TITLE_ARTIST,
        ITUNES_TEXT,
        GOOGLE,
        REKORDBOX,
        REKORDBOX.encode("utf-16"),
        ITUNES_TEXT.encode("utf-16-le"),
        "sep=;\n" + TITLE_ARTIST.replace(", ", ";"),
        "\ufeff" + SHAZAM,
        EXPORTIFY.replace("\n", "\r"),
    ],
)
def test_a_table_without_a_playlist_is_one_named_after_its_file(content):
    parsed = read(content, "Road trip.csv")
    assert names(parsed) == SONGS
    assert playlists(parsed) == ["Road trip"]
    assert parsed.rejected == []


def test_identifiers_albums_and_durations_of_a_table():
    rows = read(EXPORTIFY, "a.csv").table.to_pylist()
    assert [row["track_uri"] for row in rows] == [ONE, TWO]
    assert [row["artist_uri"] for row in rows] == [ARTIST, OTHER_ARTIST]
    assert [row["album_name"] for row in rows] == ["Harbour", "Canals"]
    assert [row["duration_ms"] for row in rows] == [200960, 180000]
    assert read(REKORDBOX, "a.txt").table["duration_ms"].to_pylist() == [200000, 180000]


@pytest.mark.parametrize(
    ("cell", "uris", "first"),
    [
        ("Tyler, The Creator", ARTIST, "Tyler, The Creator"),
        ("Tyler, The Creator, Nora Vale", f"{ARTIST}, {OTHER_ARTIST}", "Tyler, The Creator"),
        ("Nora Vale, The Lowlands", f"{ARTIST},{OTHER_ARTIST}", "Nora Vale"),
        ("Earth, Wind & Fire", "", "Earth, Wind & Fire"),
        ("Nora Vale;The Lowlands", "", "Nora Vale"),
        ("['Nora Vale', 'The Lowlands']", "", "Nora Vale"),
    ],
)
def test_the_first_artist_of_several_in_one_cell(cell, uris, first):
    content = f'Track URI,Track Name,Artist URI(s),Artist Name(s)\n{ONE},Ferry,"{uris}","{cell}"\n'
    assert names(read(content, "a.csv")) == [(first, "Ferry")]


def test_rows_of_tunemymusic_that_are_no_tracks_are_left_out():
    content = f"""Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id
"Paper Boats","Nora Vale","Harbour","Road trip","Playlist","X","{IDS[0]}"
"Ferry","The Lowlands","Canals","Favorite Songs","Favorite","X","{IDS[1]}"
"Harbour","Nora Vale","","Favorite Albums","Album","","7mKevNHhVnZER3BLgI8O41"
"Nora Vale","","","Favorite Artists","Artist","","790FomKkXshlbRYZFtlgl1"
""
"""
    parsed = read(content, "library.csv")
    assert ids(parsed) == [ONE, TWO]
    assert playlists(parsed) == ["Road trip", "Favorite Songs"]
    assert parsed.warnings["skipped rows of type Album: not tracks"] == 1


def test_tables_with_a_playlist_and_names_of_their_own():
    kaggle = f"""track_id,track_name,track_artist,track_album_id,track_album_name,playlist_name,playlist_id,energy
{IDS[0]},Paper Boats,Nora Vale,1,Harbour,Pop,37i9dQZF1DXcZDD7cfEKh1,0.9
{IDS[1]},Ferry,The Lowlands,2,Canals,Pop,37i9dQZF1DXcZDD7cfEKh1,0.8
"""
    parsed = read(kaggle, "songs.csv")
    assert (names(parsed), ids(parsed), playlists(parsed)) == (SONGS, [ONE, TWO], ["Pop"])
    assert parsed.table["album_name"].to_pylist() == ["Harbour", "Canals"]
    rimusic = (
        "PlaylistBrowseId,PlaylistName,MediaId,Title,Artists,Duration\n,Trip,dQw4w9WgXcQ,Paper Boats,Nora Vale,200\n"
    )
    parsed = read(rimusic, "a.csv")
    assert (names(parsed), playlists(parsed)) == (SONGS[:1], ["Trip"])
    assert ids(parsed) == [local_track("Nora Vale", "Paper Boats")]


@pytest.mark.parametrize(
    "content",
    [
        "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n1,x,Nora Vale,,Harbour,,Ferry,\n",
        "endTime,artistName,trackName,msPlayed\n2023-01-01 10:00,Nora Vale,Ferry,1000\n",
        json.dumps([{"ts": "2021", "ms_played": 1, "master_metadata_track_name": "Ferry", "spotify_track_uri": ONE}]),
        json.dumps([{"endTime": "2023", "artistName": "Nora Vale", "trackName": "Ferry", "msPlayed": 1}]),
        json.dumps([{"endTime": "2023", "podcastName": "Talk", "episodeName": "1", "msPlayed": 1}]),
        '{"ts": "2024", "ms_played": 1}\n{"ts": "2024", "ms_played": 2}\n',
    ],
)
def test_a_listening_history_is_no_playlist(content):
    with pytest.raises(NoPlaylistsError, match="listening history"):
        read(content, "history.csv")


@pytest.mark.parametrize(
    "content", [{"followers": ["someone"]}, [], {}, ["someone"], {"email": "x", "tracks": 5}, [{"a": 1}]]
)
def test_json_without_playlists_is_nothing_to_do(content):
    with pytest.raises(NoPlaylistsError):
        read(json.dumps(content), "Userdata.json")


def test_audio_features_are_no_playlist():
    with pytest.raises(NoPlaylistsError, match="ALGORHYTHMS_FEATURES"):
        read(f"track_uri,danceability,energy,loudness,valence\n{ONE},0.1,0.2,-3,0.5\n", "audio_features.csv")


# Text

LINE = "#EXTM3U\n#EXTINF:200,{} - {}\n/m/a.mp3\n"


@pytest.mark.parametrize(
    ("artist", "title", "encoding"),
    [
        ("Björk", "Jóga", "cp1252"),
        ("Кино", "Группа крови", "cp1251"),
        ("Lucie Bílá", "Láska je láska", "cp1250"),
        ("Χάρις Αλεξίου", "Θεός αν είναι", "cp1253"),
        ("椎名林檎", "丸ノ内サディスティック", "cp932"),
        ("아이유", "밤편지", "cp949"),
    ],
)
def test_an_encoding_that_is_guessed_is_a_warning(artist, title, encoding):
    parsed = read(LINE.format(artist, title).encode(encoding), "a.m3u")
    assert names(parsed) == [(artist, title)]
    assert [warning for warning in parsed.warnings if warning.startswith("encoding guessed")]


def test_an_encoding_that_the_file_names_is_obeyed():
    content = LINE.format("Кино", "Группа крови").replace("#EXTM3U", "#EXTM3U\n#EXTENC: koi8-r")
    assert names(read(content.encode("koi8-r"), "a.m3u")) == [("Кино", "Группа крови")]
    assert names(read(content.replace("koi8-r", "no-such").encode(), "a.m3u")) == [("Кино", "Группа крови")]


def test_one_bad_byte_costs_no_other_line():
    lines = [LINE.format("Beyoncé", "Déjà vu").encode(), LINE.format("Zo\xeb", "One").encode("latin-1")]
    parsed = read(b"".join(lines), "a.m3u8")
    assert names(parsed) == [("Beyoncé", "Déjà vu"), ("Zoë", "One")]
    assert list(parsed.warnings) == ["lines not in UTF-8, read as cp1252"]


# M3U


@pytest.mark.parametrize(
    ("content", "songs"),
    [
        (
            "/home/you/Nora Vale/Harbour/01 - Paper Boats.mp3\n/home/you/The Lowlands/Canals/02 Ferry.mp3\n",
            SONGS,
        ),
        (
            "..\\Film\\01 - Nora Vale - Paper Boats.mp3\r\n..\\Mp3\\The Lowlands\\X\\06 - The Lowlands - Ferry.mp3",
            SONGS,
        ),
        ("\ufeff..\\a\\Nora Vale - Paper Boats.mp3\n..\\a\\The Lowlands - Ferry.mp3\n", SONGS),
        ("#\nNora Vale - Paper Boats.mp3\nThe Lowlands - Ferry.flac\n", SONGS),
        (
            "#EXTM3U\n/m/Paper_Boats/Nora_Vale_-_Paper_Boats.mp3\n/m/The Lowlands – Ferry (Official Video)\n",
            [SONGS[0], ("The Lowlands", "Ferry (Official Video)")],
        ),
        ("../Nora Vale/Harbour (2015)/Nora Vale - [Harbour (2015) #04] Paper Boats.flac\n", SONGS[:1]),
        ("file:///home/you/Nora%20Vale/Harbour/03%20Paper%20Boats.mp3\n", SONGS[:1]),
        ('#EXTINF:3 id="4" genre="Rock, \\"pop\\", x",Nora Vale - Paper Boats\na.mp3\n', SONGS[:1]),
        ("#EXTINF:200,Nora Vale - Paper Boats.mp3\n/m/a.mp3\n#EXTINF:1,The Lowlands – Ferry\n/m/b.mp3\n", SONGS),
        (
            "#EXTM3U\n#EXTINF:452,Paper Boats - Nora Vale\nH:\\Music\\Nora Vale\\Unknown Album\\Paper Boats.mp3\n",
            SONGS[:1],
        ),
        ("#EXTM3U\n#EXTART:Nora Vale\n#EXTALB:Harbour\n#EXTINF:261,Paper Boats\n01-Paper Boats.mp3\n", SONGS[:1]),
        (
            "#EXTVDJ:<time>21:45</time><artist>Nora Vale</artist><title>Paper Boats</title>\nnetsearch://dz1\n",
            SONGS[:1],
        ),
        ("#EXTVDJ:<artist>A &amp; B</artist><title>Ferry</title><remix>x</remix>\nD:\\b.mp3\n", [("A & B", "Ferry")]),
        ("#EXTM3U\n#EXTINF:231, - Bolero\nD:\\EXPORT\\Bolero.aif\n", [(None, "Bolero")]),
        ("#EXTINF:9,A-ha - Take On Me - Live\nx.mp3\n", [("A-ha", "Take On Me - Live")]),
    ],
)
def test_m3u_as_players_write_it(content, songs):
    parsed = read(content, "Evening.m3u")
    assert names(parsed) == songs
    assert playlists(parsed) == ["Evening"]


@pytest.mark.parametrize(
    ("path", "song"),
    [
        ("/a/Nora Vale/Harbour/99 Problems.mp3", ("Nora Vale", "Harbour", "Problems")),
        ("/m/99 Problems.mp3", (None, None, "99 Problems")),
        ("/m/7 rings.mp3", (None, None, "7 rings")),
        ("/m/1-800-273-8255.mp3", (None, None, "1-800-273-8255")),
        ("Nora Vale - Harbour - 03 - Ferry.ogg", ("Nora Vale", "Harbour", "Ferry")),
        ("/x/Nora Vale/Harbour/Nora Vale - Harbour - Ferry.ogg", ("Nora Vale", "Harbour", "Ferry")),
        ("/x/Nora Vale/Harbour/1-02 Ferry.m4a", ("Nora Vale", "Harbour", "Ferry")),
        ("/x/Various Artists/Now/03 Ferry.mp3", (None, None, "Ferry")),
        ("https://radio.example/stream", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_what_a_path_says(path, song):
    assert tuple(song_of(path)) == song


def test_many_seconds_are_milliseconds():
    content = "#EXTM3U\n#EXTINF:187341,Nora Vale - Ferry\na.mp3\n#EXTINF:187,Nora Vale - Ferry\na.mp3\n"
    assert read(content, "a.m3u").table["duration_ms"].to_pylist() == [187341, 187000]


def test_a_title_alone_is_no_identity():
    def identity(artist_line, place, file):
        return ids(read(f"#EXTM3U\n{artist_line}#EXTINF:1,Intro\n{place}\n", file))[0]

    different = [
        identity("", "/m/x/01-Intro.mp3", "a.m3u"),
        identity("", "/m/y/01-Intro.mp3", "a.m3u"),
        identity("", "01-Intro.mp3", "a.m3u"),
        identity("", "01-Intro.mp3", "b.m3u"),
        identity("#EXTALB:Harbour\n", "01-Intro.mp3", "a.m3u"),
        identity("#EXTART:Nora Vale\n", "01-Intro.mp3", "a.m3u"),
    ]
    assert len(set(different)) == len(different)
    assert identity("", "/m/x/01-Intro.mp3", "a.m3u") == identity("", "/m/x/01-Intro.mp3", "b.m3u")
    assert different[-1] == local_track("Nora Vale", "Intro")


def test_the_index_of_a_stream_is_no_playlist():
    with pytest.raises(NoPlaylistsError, match="HLS"):
        read("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9.9,\nseg1.ts\n", "a.m3u8")


# Lists


@pytest.mark.parametrize("file", ["a.txt", "a.m3u8", "a.csv"])
@pytest.mark.parametrize(
    "form",
    [
        "spotify:track:{}",
        "https://open.spotify.com/track/{}?si=abc",
        "https://open.spotify.com/intl-de/track/{}",
        "https://open.spotify.com/embed/track/{}",
        "open.spotify.com/track/{}",
    ],
)
def test_a_list_of_links(file, form):
    parsed = read("\n".join(form.format(id_) for id_ in IDS), file)
    assert ids(parsed) == [ONE, TWO]
    assert playlists(parsed) == ["a"]
    assert names(parsed) == [(None, None)] * 2


def test_lines_of_artist_and_title():
    parsed = read("1. Nora Vale - Paper Boats\n2. The Lowlands – Ferry [3:21]\n\nno song\n", "Mix.txt")
    assert names(parsed) == SONGS
    assert [line["track"] for line in parsed.rejected] == [2]


def test_identifiers_in_any_form_and_local_files():
    content = f"pid,pos,track_id\n1,0,{IDS[0]}\n1,1,{TWO}\n1,2,https://open.spotify.com/track/{IDS[0]}?si=1\n"
    content += "1,3,spotify:local:Nora+Vale:Harbour:Paper+Boats:180\n1,4,spotify:episode:512ojhOuo1ktJprKbVcKyQ\n"
    parsed = read(content, "a.csv")
    assert ids(parsed) == [ONE, TWO, ONE, local_track("Nora Vale", "Paper Boats")]
    assert parsed.table.to_pylist()[3]["album_name"] == "Harbour"
    assert parsed.table.to_pylist()[3]["duration_ms"] == 180000
    assert [line["reason"] for line in parsed.rejected] == ["a Spotify episode, not a track"]


def test_pls():
    content = (
        "[playlist]\nFile2=/m/b.mp3\nTitle2=The Lowlands - Ferry\nFile1=/m/Nora Vale - Paper Boats.mp3\nLength1=200\n"
    )
    parsed = read(content, "Radio.pls")
    assert names(parsed) == SONGS
    assert parsed.table["duration_ms"].to_pylist() == [200000, None]


# XML

XSPF = f"""<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>Road trip</title><trackList>
<track><location>https://open.spotify.com/track/{IDS[0]}</location><title>Paper Boats</title>
<creator>Nora Vale</creator><album>Harbour</album><duration>200000</duration></track>
<track><location>file:///m/The%20Lowlands%20-%20Ferry.mp3</location></track></trackList></playlist>"""
WPL = """<?wpl version="1.0"?><smil><head><title>Road trip</title></head><body><seq>
<media src="..\\Nora Vale\\X\\01 Paper Boats.mp3" albumTitle="X" trackTitle="Paper Boats" trackArtist="Nora Vale"/>
<media src="..\\The Lowlands - Ferry.mp3"/></seq></body></smil>"""
NML = """<?xml version="1.0"?><NML VERSION="19"><COLLECTION ENTRIES="2">
<ENTRY TITLE="Paper Boats" ARTIST="Nora Vale"><LOCATION DIR="/:m/:" FILE="a.mp3" VOLUME="C:"/></ENTRY>
<ENTRY TITLE="Ferry" ARTIST="The Lowlands"><LOCATION DIR="/:m/:" FILE="b.mp3" VOLUME="C:"/></ENTRY></COLLECTION>
<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1"><NODE TYPE="PLAYLIST" NAME="Road trip"><PLAYLIST>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="C:/:m/:a.mp3"/></ENTRY><ENTRY><PRIMARYKEY TYPE="TRACK" KEY="C:/:m/:b.mp3"/></ENTRY>
</PLAYLIST></NODE></SUBNODES></NODE></PLAYLISTS></NML>"""
REKORDBOX_XML = """<?xml version="1.0"?><DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="2">
<TRACK TrackID="1" Name="Paper Boats" Artist="Nora Vale" Album="Harbour" TotalTime="200" Location="file://x/a.mp3"/>
<TRACK TrackID="2" Name="Ferry" Artist="The Lowlands" TotalTime="180" Location="file://x/b.mp3"/></COLLECTION>
<PLAYLISTS><NODE Type="0" Name="ROOT"><NODE Name="Road trip" Type="1"><TRACK Key="1"/><TRACK Key="2"/></NODE>
</NODE></PLAYLISTS></DJ_PLAYLISTS>"""
LIBRARY = {
    "Tracks": {
        "1": {"Track ID": 1, "Name": "Paper Boats", "Artist": "Nora Vale", "Album": "Harbour", "Total Time": 200000},
        "2": {"Track ID": 2, "Name": "Ferry", "Artist": "The Lowlands"},
    },
    "Playlists": [
        {"Name": "Library", "Master": True, "Playlist Items": [{"Track ID": 1}, {"Track ID": 2}]},
        {"Name": "Road trip", "Playlist Items": [{"Track ID": 1}, {"Track ID": 2}, {"Track ID": 99}]},
        {"Name": "Empty"},
    ],
}


@pytest.mark.parametrize("content", [XSPF, WPL, NML, REKORDBOX_XML, plistlib.dumps(LIBRARY)])
def test_playlists_in_xml(content):
    parsed = read(content, "Library.xml")
    assert names(parsed) == SONGS
    assert playlists(parsed) == ["Road trip"]


def test_xspf_knows_a_track_by_its_link():
    assert ids(read(XSPF, "a.xspf"))[0] == ONE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (XSPF[:200], "ends early"),
        ("<html><body/></html>", "<html>"),
        ('<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><playlist><title>&b;</title></playlist>', "unsupported"),
        ("<plist version='1.0'><dict><key>Name</key><string>x</string></dict></plist>", "Tracks and Playlists"),
    ],
)
def test_xml_that_is_refused_says_why(content, reason):
    with pytest.raises(SliceError, match=reason):
        read(content, "a.xml")


# JSON

BARE = {"name": "Trip", "tracks": [{"artist": "Nora Vale", "title": "Paper Boats", "album": None, "duration_sec": 200}]}
FROM_API = {
    "name": "Trip",
    "id": "37i9dQZF1DX0XUsuxWHRQd",
    "tracks": {
        "total": 1,
        "items": [
            {"track": {"uri": ONE, "name": "Paper Boats", "artists": [{"name": "Nora Vale", "uri": ARTIST}]}},
        ],
    },
}
NESTED = {"name": "Trip", "tracks": [{"name": "Paper Boats", "artists": ["Nora Vale"], "id": IDS[0]}]}
IDENTIFIERS = {"pid": 1, "name": "Trip", "tracks": [ONE, f"https://open.spotify.com/track/{IDS[1]}"]}
BACKUP = {
    "name": "Trip",
    "tracks": [{"track": {"name": "Paper Boats", "artists": [{"name": "Nora Vale"}], "uri": ONE}}],
}


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"playlists": [one]}])
@pytest.mark.parametrize("one", [BARE, FROM_API, NESTED, BACKUP])
def test_json_in_other_shapes(one, wrap):
    parsed = read(json.dumps(wrap(one)), "a.json")
    assert (names(parsed), playlists(parsed)) == (SONGS[:1], ["Trip"])
    assert ids(parsed) == [local_track("Nora Vale", "Paper Boats") if one is BARE else ONE]


def test_json_with_identifiers_for_tracks():
    assert ids(read(json.dumps({"playlists": [IDENTIFIERS]}), "a.json")) == [ONE, TWO]
    assert ids(read(json.dumps([ONE, TWO]), "a.json")) == [ONE, TWO]


@pytest.mark.parametrize("file", ["a.json", "a.jsonl"])
def test_json_lines(file):
    parsed = read(f"{json.dumps(BARE)}\n{json.dumps(IDENTIFIERS)}\n", file)
    assert parsed.playlists == 2
    with pytest.raises(SliceError, match="line 2"):
        read(f"{json.dumps(BARE)}\n{{broken\n", file)


def test_liked_songs_of_an_accounts_data():
    library = {
        "tracks": [{"artist": "Nora Vale", "album": "Harbour", "track": "Paper Boats", "uri": ONE}],
        "albums": [],
        "shows": [],
        "bannedTracks": [],
    }
    parsed = read(json.dumps(library), "YourLibrary.json")
    assert (names(parsed), ids(parsed), playlists(parsed)) == (SONGS[:1], [ONE], ["Liked songs"])


def test_a_jspf_track_is_known_by_a_link_but_not_by_an_address_without_an_identifier():
    tracks = [
        {"identifier": "https://musicbrainz.org/recording/", "title": "Paper Boats", "creator": "Nora Vale"},
        {"location": [f"https://open.spotify.com/track/{IDS[0]}"], "title": "Ferry", "creator": "The Lowlands"},
        {"location": ["/m/a.mp3"], "title": "Ferry", "creator": "The Lowlands"},
    ]
    parsed = read(json.dumps({"playlist": {"title": "x", "track": tracks}}), "a.jspf")
    assert ids(parsed) == [local_track(*SONGS[0]), ONE, local_track(*SONGS[1])]


# Archives


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_an_archive_is_read_as_a_folder():
    content = zipped(
        {
            "My data/Playlist1.json": json.dumps({"playlists": [{"name": "Trip", "items": BACKUP["tracks"]}]}),
            "My data/StreamingHistory0.json": json.dumps([{"endTime": "2023", "msPlayed": 1}]),
            "My data/Read Me First.pdf": "x",
            "../../outside.m3u": "#EXTM3U\n#EXTINF:1,The Lowlands - Ferry\nx.mp3\n",
            "__MACOSX/._a.json": "x",
        }
    )
    parsed = read(content, "my_data.zip")
    assert sorted(names(parsed)) == sorted(SONGS)
    assert sorted(playlists(parsed)) == ["Trip", "outside"]
    assert list(parsed.warnings) == ["without playlists: StreamingHistory0.json: a listening history, not a playlist"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped({"a.txt": "nothing"}), "no file in the archive has playlists"),
        (zipped({"a.json": json.dumps(BARE)})[:-30], "Unpack it"),
        (zipped({"a.zip": zipped({"a.json": "{}"})}), "archive within an archive"),
        (zipped({"a.csv": b" " * (300 << 20)}), "more than 256 MB"),
    ],
)
def test_an_archive_that_is_refused_says_why(content, reason):
    with pytest.raises(SliceError, match=reason):
        read(content, "a.zip")


# Whatever the bytes

WHOLE = [
    EXPORTIFY.encode(),
    SHAZAM.encode("utf-16"),
    ITUNES_TEXT.encode(),
    LINE.format("Кино", "Группа крови").encode("cp1251"),
    XSPF.encode(),
    NML.encode(),
    plistlib.dumps(LIBRARY),
    json.dumps(FROM_API).encode(),
    f"{json.dumps(BARE)}\n{json.dumps(IDENTIFIERS)}\n".encode(),
    zipped({"a.json": json.dumps(BARE)}),
    b"[playlist]\nFile1=/m/a.mp3\n",
    b"1. Nora Vale - Paper Boats\n",
]


@given(st.sampled_from(WHOLE), st.data(), st.sampled_from(SUFFIXES))
def test_whatever_is_cut_or_changed_is_read_or_refused(whole, data, suffix):
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    content = whole[:start] + data.draw(st.binary(max_size=12)) + whole[end:]
    with suppress(SliceError):
        read(content, f"a{suffix}")


@given(st.lists(st.sampled_from(['"', ",", ";", "\t", "\n", "\r", "a", "é", "-", " ", "\\", "0"]), max_size=40))
def test_whatever_stands_in_a_table_the_rows_are_read_or_refused(characters):
    with suppress(SliceError):
        read("artist,title\n" + "".join(characters), "a.csv")


@pytest.mark.parametrize(
    ("content", "file"),
    [
        ('artist,title\n"x"y,z\n' + '"a,' * 300_000, "a.csv"),
        ("#EXTM3U\n#EXTVDJ:" + "<a>" * 200_000 + "\nx.mp3", "a.m3u"),
        ("#EXTM3U\n#EXTINF:" + '"' * 300_000 + "\nx.mp3", "a.m3u"),
        ("a - " + " " * 400_000 + "b", "a.txt"),
        ("<a>" * 100_000, "a.xml"),
        ("[" * 300_000, "a.json"),
        ("[playlist]\nFile1=" + "/" * 500_000, "a.pls"),
    ],
)
@pytest.mark.timeout(20)
def test_what_is_made_to_take_long_does_not(content, file):
    with suppress(SliceError):
        read(content, file)
