"""A plain list: a Spotify link or URI, or "Artist - Title", on each line. A file is a playlist."""

import re
from collections.abc import Iterator
from typing import Any

from algorhythms_ask.songs import track_id

from algorhythms_assets.ingest.formats.document import Document, check_lines
from algorhythms_assets.ingest.formats.identity import local_track, pid_of
from algorhythms_assets.ingest.formats.paths import DASH, without_number, without_suffix

# Leading numbers and trailing durations, as in lists copied from a page: "1. Artist - Title [3:21]"
_LENGTH = re.compile(r"\s*[\[(]?\b\d{1,2}:\d{2}(?::\d{2})?[\])]?\s*$")


def recognises(document: Document) -> bool:
    """Returns whether most lines are identifiers of tracks, or an artist and a title."""
    if not document.is_text:
        return False
    lines = [line for line in _lines(document.head) if not line.startswith("#")][:200]
    return bool(lines) and sum(row_of(0, line) is not None for line in lines) * 2 > len(lines)


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlist, named after its file."""
    lines = [line for line in _lines(document.text) if not line.startswith("#")]
    tracks = [row_of(position, line) or {"pos": position, "track_name": line} for position, line in enumerate(lines)]
    yield {"pid": pid_of(document.key), "has_own_pid": False, "name": document.title, "tracks": tracks}


def _lines(text: str) -> list[str]:
    stripped = (line.strip().strip('",;') for line in re.split(r"[\r\n]+", text))
    return list(check_lines(filter(None, stripped)))


def row_of(position: int, line: str) -> dict[str, Any] | None:
    """Returns the row of a line, or None if it names no song."""
    try:
        identifier = track_id(line)
    except ValueError:
        return {"pos": position, "track_uri": line}  # Spotify's, but not a track: the row reports that
    if identifier.startswith(("spotify:track:", "local:track:")):
        return {"pos": position, "track_uri": line}
    artist, dash, title = _names(line)
    if not dash or not artist.strip() or not title.strip():
        return None
    return {
        "pos": position,
        "track_uri": local_track(artist, title),
        "track_name": title.strip(),
        "artist_name": artist.strip(),
    }


def _names(line: str) -> tuple[str, str, str]:
    line = without_suffix(without_number(_LENGTH.sub("", line)))
    match = DASH.search(line)
    return (line[: match.start()], "-", line[match.end() :]) if match else ("", "", line)
