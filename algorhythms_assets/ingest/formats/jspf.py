"""JSPF, XSPF's JSON (xspf.org/jspf), as ListenBrainz and MusicBrainz write it: one playlist, or a list of them."""

from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.document import Document
from algorhythms_assets.ingest.formats.identity import Pids, local_track, pid_of

# ListenBrainz' extension, which knows artist and release by identifier.
_EXTENSION = "https://musicbrainz.org/doc/jspf#track"


def recognises(document: Document) -> bool:
    """Returns whether it is `{"playlist": …}`, the bare playlist, or ListenBrainz' list of the former."""
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("playlist"), dict) or isinstance(document.get("track"), list):
        return True
    several = document.get("playlists")
    entries = [entry for entry in several if isinstance(entry, dict)] if isinstance(several, list) else []
    return any(isinstance(entry.get("playlist"), dict) for entry in entries) and not any(
        "tracks" in entry for entry in entries
    )


def playlists(document: Document, key: str) -> Iterator[Any]:
    """Yields the playlists; one with an `identifier` is known by it, wherever it is read from."""
    pids = Pids(key)
    several = document.get("playlists")
    for entry in several if isinstance(several, list) else [document]:
        playlist = entry.get("playlist", entry) if isinstance(entry, dict) else entry
        if not isinstance(playlist, dict):
            yield playlist
            continue
        name, identifier, tracks = playlist.get("title"), _first(playlist.get("identifier")), playlist.get("track")
        yield {
            "pid": pid_of(identifier) if identifier else pids.of(name),
            "name": name,
            "tracks": [_row(*numbered) for numbered in enumerate(tracks)] if isinstance(tracks, list) else tracks,
        }


def _row(position: int, track: Any) -> Any:
    if not isinstance(track, dict):
        return track
    title, artist = track.get("title"), track.get("creator")
    extensions = track.get("extension")
    extension = extensions.get(_EXTENSION) if isinstance(extensions, dict) else None
    known = extension if isinstance(extension, dict) else {}
    return {
        "pos": position,
        "track_uri": _first(track.get("identifier")) or local_track(artist, title),
        "track_name": title,
        "artist_uri": _first(known.get("artist_identifiers")),
        "artist_name": artist,
        "album_uri": _first(known.get("release_identifier")),
        "album_name": track.get("album"),
        "duration_ms": track.get("duration"),
    }


def _first(value: Any) -> str | None:
    """Returns a text, or the first of a list: a text in the standard is a list in ListenBrainz' answers."""
    values = value if isinstance(value, list) else [value]
    return next((text for text in values if isinstance(text, str) and text.strip()), None)
