"""JSPF, XSPF's JSON (xspf.org/jspf), as ListenBrainz and MusicBrainz write it: one playlist, or a list of them."""

import re
from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.document import Document
from algorhythms_assets.ingest.formats.identity import Pids, local_track, pid_of

# ListenBrainz's extension, which gives artist and release by identifier.
_EXTENSION = "https://musicbrainz.org/doc/jspf#track"

# A MusicBrainz URL without an identifier at its end does not identify a track, nor does the path of a file.
_NAMES_A_TRACK = re.compile(
    r"spotify:.+|https?://(?:open|play)\.spotify\.com/.+|local:track:.+|"
    r"https?://musicbrainz\.org/recording/[0-9a-f-]{36}|urn:.+|isrc:.+|(?![a-z]+://|file:|/|[A-Za-z]:[\\/]).*\S.*",
    re.IGNORECASE,
)


def recognises(document: Document) -> bool:
    """Returns whether it is `{"playlist": …}`, the bare playlist, or ListenBrainz's list of the former."""
    value = document.json
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("track"), list) or "track" in _within(value.get("playlist")):
        return True
    several = value.get("playlists")
    entries = [entry for entry in several if isinstance(entry, dict)] if isinstance(several, list) else []
    return any(isinstance(entry.get("playlist"), dict) for entry in entries) and not any(
        "tracks" in entry for entry in entries
    )


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlists; one with an `identifier` gets a pid that does not depend on the file."""
    pids = Pids(document.key)
    several = document.json.get("playlists")
    for entry in several if isinstance(several, list) else [document.json]:
        playlist = entry.get("playlist", entry) if isinstance(entry, dict) else entry
        if not isinstance(playlist, dict):
            yield playlist
            continue
        name, own, tracks = playlist.get("title"), _first(playlist.get("identifier")), playlist.get("track")
        yield {
            "pid": pid_of(own) if own else pids.of(name),
            "has_own_pid": own is not None,
            "name": name or document.title,
            "tracks": [_row(*numbered, document.key) for numbered in enumerate(tracks)]
            if isinstance(tracks, list)
            else tracks,
        }


def identifier(values: Any) -> str | None:
    """Returns the first of a track's identifiers and locations that is global, or None."""
    several = values if isinstance(values, list) else [values]
    return next(
        (text.strip() for text in several if isinstance(text, str) and _NAMES_A_TRACK.match(text.strip())), None
    )


def _within(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _row(position: int, track: Any, key: str) -> Any:
    if not isinstance(track, dict):
        return track
    title, artist = track.get("title"), track.get("creator")
    known = _within(_within(track.get("extension")).get(_EXTENSION))
    return {
        "pos": position,
        "track_uri": identifier(_all(track.get("identifier")) + _all(track.get("location")))
        or local_track(artist, title, track.get("album") or key),
        "track_name": title,
        "artist_uri": _first(known.get("artist_identifiers")),
        "artist_name": artist,
        "album_uri": _first(known.get("release_identifier")),
        "album_name": track.get("album"),
        "duration_ms": track.get("duration"),
    }


def _first(value: Any) -> str | None:
    """Returns a text, or the first of a list: ListenBrainz writes a list where the standard has a text."""
    return next((text for text in _all(value) if isinstance(text, str) and text.strip()), None)


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
