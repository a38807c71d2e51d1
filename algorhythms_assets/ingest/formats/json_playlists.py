"""Playlists in JSON, in the shapes that services, exports and scripts use.

The Million Playlist Dataset's slices (Chen et al., RecSys Challenge 2018) are read as they are. Everything else is
converted to their shape: one playlist, a list of them, or one per line; tracks as objects, as identifiers, or wrapped
as in Spotify's API; `Playlist1.json` and `YourLibrary.json` of an account's data.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from algorhythms_ask.songs import local_song

from algorhythms_assets.ingest.formats import lines
from algorhythms_assets.ingest.formats.columns import milliseconds
from algorhythms_assets.ingest.formats.document import Document, NoPlaylistsError
from algorhythms_assets.ingest.formats.identity import Pids, local_track, pid_of
from algorhythms_assets.ingest.formats.names import HISTORY, NAMES, plain

_TRACKS = ("tracks", "items", "songs", "tracklist", "trackList", "track")
_LIBRARY = frozenset(("tracks", "albums", "shows"))
# What an item of an account's data may be instead of a track.
_OTHERS = {"episode": "an episode", "audiobook": "an audiobook", "chapter": "an audiobook", "show": "a podcast"}

_plain = lru_cache(maxsize=4096)(plain)


def recognises(document: Document) -> bool:
    """Returns whether it is JSON; `playlists` reports JSON without playlists."""
    return document.json is not None


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlists.

    Raises:
        NoPlaylistsError: there are none.
    """
    pids = Pids(document.key)
    for entry in _entries(document):
        if not isinstance(entry, dict) or _is_plain(entry):
            yield entry
            continue
        own = next((entry[name] for name in ("pid", "id", "uri") if entry.get(name) not in (None, "")), None)
        name = next((entry[name] for name in ("name", "title", "playlist_name") if entry.get(name)), None)
        if isinstance(own, str):
            own = pid_of(own)
        tracks = _tracks(entry)
        title = "Liked songs" if entry.keys() >= _LIBRARY else name or document.title
        yield {
            "pid": pids.of(title) if own is None else own,
            "has_own_pid": own is not None,
            "name": title,
            "tracks": [_row(*numbered, document.key) for numbered in enumerate(tracks)]
            if isinstance(tracks, list)
            else tracks,
        }


def _entries(document: Document) -> list[Any]:
    """Returns the entries of the document that may be playlists."""
    value = document.json
    for name in ("playlists", "playlist"):
        if isinstance(value, dict) and isinstance(value.get(name), (list, dict)):
            value = value[name]
            if isinstance(value, dict) and isinstance(value.get("items"), list) and "name" not in value:
                value = value["items"]
            return value if isinstance(value, list) else [value]
    if isinstance(value, dict) and isinstance(_tracks(value), list):
        return [value]
    several = value if isinstance(value, list) else []
    sample = several[:20]
    if any(isinstance(entry, dict) and HISTORY & {_plain(key) for key in entry} for entry in sample):
        raise NoPlaylistsError("a listening history, not a playlist")
    if any(isinstance(entry, dict) and isinstance(_tracks(entry), list) for entry in sample):
        return several
    songs = [_row(position, entry, document.key) for position, entry in enumerate(sample)]
    if songs and all(isinstance(song, dict) and song.get("track_uri") for song in songs):
        return [{"tracks": several}]
    raise NoPlaylistsError("JSON without playlists")


def _is_plain(entry: dict[str, Any]) -> bool:
    """Returns whether a playlist has the shape of the Million Playlist Dataset and needs no conversion."""
    tracks = entry.get("tracks")
    if "pid" not in entry or isinstance(entry["pid"], str) or not isinstance(tracks, list):
        return "pid" in entry and tracks is None
    return all(isinstance(track, dict) and "track_uri" in track for track in tracks[:3])


def _tracks(entry: dict[str, Any]) -> Any:
    """Returns the list of a playlist's tracks, if there is one."""
    for name in _TRACKS:
        tracks = entry.get(name)
        if isinstance(tracks, dict):
            tracks = next((tracks[inner] for inner in ("items", "data", "track") if inner in tracks), None)
        if isinstance(tracks, list):
            return tracks
    return next((entry[name] for name in _TRACKS if name in entry), None)


def _row(position: int, item: Any, key: str) -> Any:
    if isinstance(item, str):
        return lines.row_of(position, item) or {"pos": position, "track_name": item}
    if not isinstance(item, dict):
        return item
    track = item
    for name in ("track", "item", "localTrack"):
        if isinstance(item.get(name), dict):
            track = item[name]
            break
    else:
        for name, what in _OTHERS.items():
            if isinstance(item.get(name), dict):
                return {"pos": position, "no_track": what}
    return {"pos": position, **_song({_plain(name): value for name, value in track.items()}, key)}


def _song(track: dict[str, Any], key: str) -> dict[str, Any]:
    """Returns the fields of a track whose names are in the table of `names`."""

    def first(field: str) -> Any:
        return next((track[name] for name in NAMES[field] if track.get(name) not in (None, "", [])), None)

    artist, album, title = first("artist_name"), first("album_name"), first("track_name")
    if title is None and isinstance(track.get("track"), str):
        title = track["track"]
    uri = first("track_uri")
    artist_name = _name_within(artist)
    local = _local(uri)
    album_name = _name_within(album)
    return {
        "track_uri": uri if isinstance(uri, str) or local else local_track(artist_name, title, album_name or key),
        "track_name": title,
        "artist_uri": _uri_within(artist) or first("artist_uri"),
        "artist_name": artist_name,
        "album_uri": _uri_within(album) or first("album_uri"),
        "album_name": album_name,
        "duration_ms": first("duration_ms") or milliseconds(first("seconds")),
    }


def _local(uri: Any) -> bool:
    try:
        return isinstance(uri, str) and local_song(uri) is not None
    except ValueError:
        return False


def _name_within(value: Any) -> Any:
    """Returns a name that is given as text, as an object with a name, or as a list of these (the first one)."""
    value = value[0] if isinstance(value, list) and value else value
    return value.get("name") if isinstance(value, dict) else value


def _uri_within(value: Any) -> Any:
    """Returns the URI of an artist or album that is given as an object, or as a list of these (the first one)."""
    value = value[0] if isinstance(value, list) and value else value
    return value.get("uri") if isinstance(value, dict) else None
