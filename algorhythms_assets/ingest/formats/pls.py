"""PLS, as radio players write it: `File1=`, `Title1=`, `Length1=`. A file is a playlist."""

import re
from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.columns import milliseconds
from algorhythms_assets.ingest.formats.document import Document, check_lines
from algorhythms_assets.ingest.formats.identity import local_track, pid_of
from algorhythms_assets.ingest.formats.paths import DASH, song_of, without_suffix

_LINE = re.compile(r"\s*(?P<field>File|Title|Length)(?P<number>\d{1,6})\s*=\s*(?P<value>.*)", re.IGNORECASE)


def recognises(document: Document) -> bool:
    """Returns whether it begins with `[playlist]`."""
    return document.is_text and document.head.lstrip("\ufeff \r\n").lower().startswith("[playlist]")


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlist, named after its file."""
    entries: dict[int, dict[str, str]] = {}
    for line in check_lines(re.split(r"[\r\n]+", document.text)):
        match = _LINE.fullmatch(line)
        if match:
            entries.setdefault(int(match["number"]), {})[match["field"].lower()] = match["value"].strip()
    tracks = [_row(position, entries[number]) for position, number in enumerate(sorted(entries))]
    yield {"pid": pid_of(document.key), "has_own_pid": False, "name": document.title, "tracks": tracks}


def _row(position: int, entry: dict[str, str]) -> dict[str, Any]:
    path = song_of(entry.get("file", ""))
    label = without_suffix(entry.get("title", ""))
    match = DASH.search(label)
    artist, title = (label[: match.start()], label[match.end() :]) if match else (path.artist, label or path.title)
    place = entry.get("file", "")
    return {
        "pos": position,
        "track_uri": place if place.startswith("spotify:") else local_track(artist, title, place),
        "track_name": title,
        "artist_name": artist,
        "album_name": path.album,
        "duration_ms": milliseconds(entry.get("length")),
    }
