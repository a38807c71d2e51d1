"""Playlists in XML: XSPF (xspf.org), Windows Media Player and Zune (WPL, ZPL), Traktor (NML), rekordbox, iTunes."""

import plistlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from algorhythms_assets.ingest.formats.columns import milliseconds
from algorhythms_assets.ingest.formats.document import Document, NoPlaylistsError, SliceError, check_rows
from algorhythms_assets.ingest.formats.identity import Pids, local_track, pid_of
from algorhythms_assets.ingest.formats.jspf import identifier
from algorhythms_assets.ingest.formats.paths import song_of

Song = dict[str, Any]

# A parsed element takes about two hundred bytes.
_MAX_TAGS = 8_000_000


def recognises(document: Document) -> bool:
    """Returns whether it is XML."""
    return document.json is None and document.head.lstrip("\ufeff \t\r\n").startswith(
        ("<?xml", "<!DOCTYPE", "<?wpl", "<")
    )


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlists.

    Raises:
        SliceError: the file is broken, or an unknown kind of XML.
    """
    if document.content.count(b"<") > _MAX_TAGS:
        raise SliceError(f"more than {_MAX_TAGS:,} tags, the maximum for a slice: export single playlists")
    if b"<plist" in document.content[:2000]:
        found = _itunes(document)
    else:
        root = _root(document)
        reader = _READERS.get(_tag(root).lower())
        if reader is None:
            raise NoPlaylistsError(
                f"XML with the root <{_tag(root)}>, not a known playlist format: export it as M3U8, XSPF or CSV"
            )
        found = reader(root)
    pids, rows = Pids(document.key), 0
    for name, identity, songs in found:
        rows += len(songs)
        check_rows(rows)
        title = name or document.title
        yield {
            "pid": pid_of(identity) if identity else pids.of(title),
            "has_own_pid": False,
            "name": title,
            "tracks": [_row(position, song, document.key) for position, song in enumerate(songs)],
        }


# A playlist's name, its identifier, and its songs.
_Found = Iterator[tuple[str | None, str | None, list[Song]]]


def _root(document: Document) -> Element:
    try:
        root: Element = fromstring(document.content)
    except ParseError as error:
        if error.code in (3, 5):  # no element, unclosed token
            raise document.ends_early("XML") from error
        raise SliceError(f"not XML: {error}") from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise SliceError(f"unsupported XML: {error}") from error
    return root


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _texts(element: Element, name: str) -> list[str]:
    """Returns the texts of an element's children of that name, in any namespace."""
    return [child.text.strip() for child in element if _tag(child) == name and child.text and child.text.strip()]


def _text(element: Element, name: str) -> str | None:
    return next(iter(_texts(element, name)), None)


def _xspf(root: Element) -> _Found:
    songs = [
        {
            "identifiers": [*_texts(track, "identifier"), *_texts(track, "location")],
            "title": _text(track, "title"),
            "artist": _text(track, "creator"),
            "album": _text(track, "album"),
            "duration_ms": _number(_text(track, "duration")),
            "path": _text(track, "location"),
        }
        for listed in root
        if _tag(listed) == "trackList"
        for track in listed
        if _tag(track) == "track"
    ]
    yield _text(root, "title"), _text(root, "identifier"), songs


def _media(root: Element) -> _Found:
    """WPL and ZPL: `<media src trackTitle trackArtist albumTitle duration>`."""
    title = next((element.text for element in root.iter() if _tag(element) == "title"), None)
    songs = [
        {
            "title": media.get("trackTitle"),
            "artist": media.get("trackArtist") or media.get("albumArtist"),
            "album": media.get("albumTitle"),
            "duration_ms": _number(media.get("duration")),
            "path": media.get("src"),
        }
        for media in root.iter()
        if _tag(media) == "media"
    ]
    yield title, None, songs


def _traktor(root: Element) -> _Found:
    """A collection whose entries are keyed by volume, folder and file, and playlists of these keys."""
    songs: dict[str, Song] = {}
    for entry in root.iterfind("COLLECTION/ENTRY"):
        place = entry.find("LOCATION")
        where = {} if place is None else place.attrib
        key = f"{where.get('VOLUME', '')}{where.get('DIR', '')}{where.get('FILE', '')}"
        album, info = entry.find("ALBUM"), entry.find("INFO")
        songs[key] = {
            "title": entry.get("TITLE"),
            "artist": entry.get("ARTIST"),
            "album": None if album is None else album.get("TITLE"),
            "duration_ms": None if info is None else milliseconds(info.get("PLAYTIME")),
            "path": key.replace("/:", "/"),
        }
    for node in root.iter("NODE"):
        entries = node.findall("PLAYLIST/ENTRY/PRIMARYKEY")
        if node.get("TYPE") == "PLAYLIST" and entries:
            keys = [entry.get("KEY", "") for entry in entries]
            yield node.get("NAME"), None, [songs.get(key, {"path": key.replace("/:", "/")}) for key in keys]


def _rekordbox(root: Element) -> _Found:
    """A collection whose entries are numbered, and playlists of these numbers."""
    songs: dict[str, Song] = {}
    for track in root.iterfind("COLLECTION/TRACK"):
        song = {
            "title": track.get("Name"),
            "artist": track.get("Artist"),
            "album": track.get("Album"),
            "duration_ms": milliseconds(track.get("TotalTime")),
            "path": unquote(track.get("Location", "")),
        }
        songs[track.get("TrackID", "")] = songs[track.get("Location", "")] = song
    for node in root.iter("NODE"):
        keys = [track.get("Key", "") for track in node.findall("TRACK")]
        if node.get("Type") == "1" and keys:
            yield node.get("Name"), None, [songs.get(key, {}) for key in keys]


def _itunes(document: Document) -> _Found:
    """`Library.xml` of iTunes and Music; built-in lists, such as all films, are not playlists."""
    try:
        library = plistlib.loads(document.content)
    except Exception as error:  # plistlib does not wrap what a malformed value raises
        raise SliceError(f"not a property list of iTunes: {error}") from error
    tracks = library.get("Tracks") if isinstance(library, dict) else None
    listed = library.get("Playlists") if isinstance(library, dict) else None
    if not isinstance(tracks, dict) or not isinstance(listed, list):
        raise NoPlaylistsError("a property list without Tracks and Playlists: export the library from iTunes or Music")
    for playlist in listed:
        if not isinstance(playlist, dict) or playlist.keys() & {"Master", "Distinguished Kind", "Folder"}:
            continue
        items = playlist.get("Playlist Items")
        keys = (
            [str(item.get("Track ID")) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        )
        found = [tracks[key] for key in keys if isinstance(tracks.get(key), dict)]
        songs = [
            {
                "title": track.get("Name"),
                "artist": track.get("Artist") or track.get("Album Artist"),
                "album": track.get("Album"),
                "duration_ms": track.get("Total Time"),
                "path": unquote(str(track.get("Location", ""))),
            }
            for track in found
        ]
        if songs:
            yield playlist.get("Name"), None, songs


_READERS = {"playlist": _xspf, "smil": _media, "nml": _traktor, "dj_playlists": _rekordbox}


def _number(value: str | None) -> int | None:
    return int(value) if value and value.strip().isdigit() and len(value) < 12 else None


def _row(position: int, song: Song, key: str) -> Song:
    path = song_of(song.get("path") or "")
    title = song.get("title") or path.title
    artist = song.get("artist") or (None if song.get("title") else path.artist)
    known = identifier(song.get("identifiers"))
    return {
        "pos": position,
        "track_uri": known or local_track(artist, title, song.get("album") or song.get("path") or key),
        "track_name": title,
        "artist_name": artist,
        "album_name": song.get("album") or path.album,
        "duration_ms": song.get("duration_ms"),
    }
