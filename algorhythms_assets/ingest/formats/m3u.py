"""M3U and M3U8: one track per line (path or URL), optionally after `#EXTINF:<seconds>,<artist> - <title>`.

A file is a playlist. Names come from `#EXTINF`, from `#EXTART` and `#EXTALB`, from VirtualDJ's `#EXTVDJ`, or from the
path.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from algorhythms_ask.songs import normalised

from algorhythms_assets.ingest.formats.columns import milliseconds
from algorhythms_assets.ingest.formats.document import Document, NoPlaylistsError, check_lines
from algorhythms_assets.ingest.formats.identity import Pids, local_track
from algorhythms_assets.ingest.formats.paths import DASH, folders_of, song_of, without_suffix

# Players add attributes, whose quoted values may contain commas and quotes: #EXTINF:123 tvg-id="a,b",Artist - Title
_EXTINF = re.compile(
    r"#EXTINF:\s*(?P<seconds>-?\d+(?:\.\d+)?)?(?:\"(?:\\.|[^\"\\])*\"|[^,\"])*,(?P<label>.*)", re.IGNORECASE
)
_DIRECTIVE = re.compile(r"#(?P<name>PLAYLIST|EXTART|EXTALB|EXTENC|EXTVDJ):(?P<value>.*)", re.IGNORECASE)
_EXTENC = re.compile(rb"#EXTENC:[ \t]*([A-Za-z0-9_-]{2,30})", re.IGNORECASE)
_STREAM = re.compile(r"^#EXT-X-(?:TARGETDURATION|STREAM-INF|MEDIA-SEQUENCE)", re.MULTILINE)
_VARIOUS = ("", "various", "various artists", "va", "v.a.")

# A location that identifies the track globally; any other, such as a path, does so for one listener only.
_IDENTIFIER = re.compile(r"spotify:.+|(?:https?://)?(?:open|play)\.spotify\.com/.+", re.IGNORECASE)


@dataclass
class _Said:
    """What the directives before a track say about it, and values that apply until changed."""

    artist: str | None = None
    title: str | None = None
    label: str | None = None
    seconds: str | None = None
    album_artist: str | None = None
    album: str | None = None

    def forget(self) -> None:
        self.artist = self.title = self.label = self.seconds = None


def recognises(document: Document) -> bool:
    """Returns whether it has an M3U header or suffix, or is a list of paths of music files."""
    if not document.is_text:
        return False
    if document.suffix in (".m3u", ".m3u8") or re.search(r"^\ufeff?\s*#EXT(M3U|INF|VDJ)", document.head, re.MULTILINE):
        return True
    lines = [line for line in map(str.strip, document.head.splitlines()) if line and not line.startswith("#")]
    paths = [line for line in lines if without_suffix(line) != line and ("/" in line or "\\" in line)]
    return bool(lines) and len(paths) * 2 > len(lines)


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlist, named by `#PLAYLIST` or else after its file.

    Raises:
        NoPlaylistsError: the file is the index of a stream (HLS).
        SliceError: the file ends early.
    """
    if _STREAM.search(document.head):
        raise NoPlaylistsError("the index of a stream (HLS), not a playlist of songs")
    encoding = _EXTENC.search(document.content[:4096])
    text = document.decoded(encoding[1].decode() if encoding else None).removeprefix("\ufeff")
    name, said = document.title, _Said()
    tracks: list[dict[str, Any]] = []
    for line in check_lines(filter(None, map(str.strip, re.split(r"[\r\n]+", text)))):
        if not line.startswith("#"):
            tracks.append(_row(len(tracks), line, said, document.key))
            said.forget()
        elif match := _EXTINF.fullmatch(line):
            said.label, said.seconds = match["label"].strip(), match["seconds"]
        elif match := _DIRECTIVE.fullmatch(line):
            name = _take(match["name"].upper(), match["value"].strip(), said, name)
    if said.label is not None:
        raise document.ends_early("M3U")
    yield {"pid": Pids(document.key).of(name), "has_own_pid": False, "name": name, "tracks": tracks}


def _take(directive: str, value: str, said: _Said, name: str) -> str:
    """Applies a directive to `said`; returns the playlist's name."""
    if directive == "PLAYLIST":
        return value or name
    if directive == "EXTART":
        said.album_artist = None if normalised(value) in _VARIOUS else value
    elif directive == "EXTALB":
        said.album = value or None
    elif directive == "EXTVDJ":
        tags = {tag.lower(): html.unescape(text) for tag, text in re.findall(r"<(\w+)>(.*?)</\1>", value)}
        said.artist, said.title, said.seconds = tags.get("artist"), tags.get("title"), tags.get("songlength")
    return name


def _row(position: int, place: str, said: _Said, key: str) -> dict[str, Any]:
    is_identifier = _IDENTIFIER.fullmatch(place) is not None
    path = song_of("" if is_identifier else place)
    artist, title = said.artist, said.title
    if title is None and said.label:
        artist, title = _split(without_suffix(said.label), place, said.album_artist)
    if title is None:
        artist, title = path.artist or said.album_artist, path.title
    album = said.album or path.album
    # A file name without a path is unique only within its folder.
    only_here = key if len(folders_of(place)) < 2 else ""
    return {
        "pos": position,
        "track_uri": place if is_identifier else local_track(artist, title, f"{album or ''}\n{place}\n{only_here}"),
        "track_name": title,
        "artist_name": artist,
        "album_name": album,
        "duration_ms": milliseconds(said.seconds),
    }


def _split(label: str, place: str, album_artist: str | None) -> tuple[str | None, str]:
    """Returns artist and title of a label; iTunes writes the title first, which the path reveals."""
    match = re.match(r"\s*[-\u2010-\u2015]\s+", label) or DASH.search(label)
    if match is None:
        return album_artist, label
    left, right = label[: match.start()].strip(), label[match.end() :].strip()
    if album_artist and _plain(left) not in ("", _plain(album_artist)):
        return album_artist, label
    if not left or not right:
        return left or album_artist, right or left
    *folders, file = map(_plain, folders_of(place) or [""])
    if _plain(right) in folders and _plain(left) not in folders and _plain(left) in file:
        return right, left
    return left, right


def _plain(name: str) -> str:
    """Returns only letters and digits: file systems forbid many other characters."""
    return re.sub(r"[\W_]+", "", name).casefold()
