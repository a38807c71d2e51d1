"""`Playlist1.json` of an account's data, which Spotify hands out on request ("Download your data")."""

from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.document import Document
from algorhythms_assets.ingest.formats.identity import Pids, local_track


def recognises(document: Document) -> bool:
    """Returns whether there are `playlists` with `items`, and none with `tracks`."""
    several = document.get("playlists") if isinstance(document, dict) else None
    entries = [entry for entry in several if isinstance(entry, dict)] if isinstance(several, list) else []
    return any("items" in entry for entry in entries) and not any("tracks" in entry for entry in entries)


def playlists(document: Document, key: str) -> Iterator[Any]:
    """Yields the playlists."""
    pids = Pids(key)
    for playlist in document["playlists"]:
        if not isinstance(playlist, dict):
            yield playlist
            continue
        name, items = playlist.get("name"), playlist.get("items")
        yield {
            "pid": pids.of(name),
            "name": name,
            "tracks": [_row(*numbered) for numbered in enumerate(items)] if isinstance(items, list) else items,
        }


def _row(position: int, item: Any) -> Any:
    """Returns an item's row; an episode or a file of the listener's own is named by its URI, which is no track's."""
    if not isinstance(item, dict):
        return item
    track = item.get("track")
    if not isinstance(track, dict):
        others = [item.get(kind) for kind in ("episode", "localTrack", "audiobook")]
        uris = [other.get("uri") or other.get("episodeUri") for other in others if isinstance(other, dict)]
        return {"pos": position, "track_uri": next(iter(uris), None)}
    title, artist = track.get("trackName"), track.get("artistName")
    return {
        "pos": position,
        "track_uri": track.get("trackUri") or local_track(artist, title),
        "track_name": title,
        "artist_name": artist,
        "album_name": track.get("albumName"),
    }
