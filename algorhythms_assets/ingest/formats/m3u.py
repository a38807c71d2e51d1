"""M3U and M3U8: a line a track, before it `#EXTINF:<seconds>,<artist> - <title>`. A file is a playlist."""

import re
from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.document import Document, decoded, ends_early
from algorhythms_assets.ingest.formats.identity import Pids, local_track

# Players add attributes, whose quoted values may hold commas: #EXTINF:123 tvg-id="a,b",Artist - Title
_EXTINF = re.compile(r"#EXTINF:\s*(?P<seconds>-?\d+(?:\.\d+)?)?(?:\"[^\"]*\"|[^,\"])*,(?P<label>.*)", re.IGNORECASE)
_PLAYLIST = re.compile(r"#PLAYLIST:(?P<name>.*)", re.IGNORECASE)

# A place that names the track wherever it is read; any other, such as a path, does so for one listener only.
_IDENTIFIER = re.compile(r"spotify:.+|https?://open\.spotify\.com/.+")


def recognises(document: Document) -> bool:
    """Returns whether the first line says so, or describes a track."""
    return isinstance(document, bytes) and document[:1000].lstrip().upper().startswith((b"#EXTM3U", b"#EXTINF:"))


def playlists(document: Document, key: str) -> Iterator[Any]:
    """Yields the playlist, named by its `#PLAYLIST` or else by its file."""
    name, label = key, None
    tracks: list[dict[str, Any]] = []
    for line in filter(None, map(str.strip, re.split(r"[\r\n]+", decoded(document)))):
        if not line.startswith("#"):
            tracks.append(_row(len(tracks), line, label))
            label = None
        elif match := _EXTINF.fullmatch(line):
            label = match
        elif match := _PLAYLIST.fullmatch(line):
            name = match["name"].strip() or name
    if label is not None:
        raise ends_early("M3U", document)
    yield {"pid": Pids(key).of(name), "name": name, "tracks": tracks}


def _row(position: int, place: str, label: re.Match[str] | None) -> dict[str, Any]:
    artist, dash, title = label["label"].partition(" - ") if label else ("", "", "")
    if not dash:
        artist, title = "", artist
    artist, title = artist.strip(), title.strip()
    seconds = float(label["seconds"] or -1) if label else -1
    return {
        "pos": position,
        "track_uri": place if _IDENTIFIER.fullmatch(place) else local_track(artist, title),
        "track_name": title,
        "artist_name": artist,
        "duration_ms": round(seconds * 1000) if seconds > 0 else None,
    }
