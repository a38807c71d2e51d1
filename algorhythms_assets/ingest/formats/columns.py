"""Playlists from rows of a table, as CSV and Parquet have them: (playlist, position, track, artist, title …)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from algorhythms_assets.ingest.formats.document import check_rows
from algorhythms_assets.ingest.formats.identity import local_track, pid_of

# What a column may be called, in letters and digits alone. The first of a line that is there counts.
_NAMES = {
    "pid": ("pid",),
    "user": ("userid", "user", "owner", "username"),
    "playlist": ("playlistid", "playlisturi", "playlist", "playlistname", "playlisttitle"),
    "name": ("playlistname", "playlisttitle", "name"),
    "pos": ("position", "pos", "trackposition", "index", "order"),
    "track_uri": ("trackuri", "spotifyuri", "uri", "trackid", "spotifyid", "identifier", "recording"),
    "track_name": ("trackname", "title", "tracktitle", "song", "songname", "recordingname"),
    "artist_uri": ("artisturi", "artistid"),
    "artist_name": ("artistname", "artist", "artistnames", "artists", "creator"),
    "album_uri": ("albumuri", "albumid"),
    "album_name": ("albumname", "album", "releasename", "release"),
    "duration_ms": ("durationms", "trackdurationms"),
}
_ROW = ("track_name", "artist_uri", "artist_name", "album_uri", "album_name")


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Returns where each column stands that is known; nothing, where playlist or track are missing."""
    plain = [re.sub(r"[\W_]", "", name).casefold() for name in header]
    found = {
        field: plain.index(name)
        for field, names in _NAMES.items()
        for name in [next((name for name in names if name in plain), None)]
        if name is not None
    }
    if "track" in plain:
        # Beside an artist and no title it is the title, else the identifier.
        is_title = "track_name" not in found and ("artist_name" in found or "track_uri" in found)
        found.setdefault("track_name" if is_title else "track_uri", plain.index("track"))
    if not found.keys() & {"pid", "playlist"} or not found.keys() & {"track_uri", "track_name"}:
        return {}
    if "pid" in found:
        found.pop("user", None)  # a pid tells playlists apart by itself
    return found


def playlists_of(columns: dict[str, int], rows: Iterable[Sequence[Any]], key: str) -> Iterator[dict[str, Any]]:
    """Yields a playlist for each value of the playlist's column, in the order in which they come first.

    A column `pid` is taken as it stands. Anything else tells playlists apart within the slice, together with whose
    it is where there is such a column: "Favourites" of two people are two.

    Raises:
        SliceError: there are too many rows.
    """
    grouped: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for count, row in enumerate(rows, start=1):
        check_rows(count)
        playlist = _cell(columns, row, "pid" if "pid" in columns else "playlist")
        grouped.setdefault((str(playlist), str(_cell(columns, row, "user"))), []).append(row)
    for identity, members in grouped.items():
        yield {
            "pid": _pid(columns, members[0], (key, *identity)),
            "name": _name(columns, members[0]),
            "tracks": [_track(columns, *numbered) for numbered in enumerate(members)],
        }


def _cell(columns: dict[str, int], row: Sequence[Any], field: str) -> Any:
    place = columns.get(field)
    value = row[place] if place is not None and place < len(row) else None
    return None if value == "" else value


def _pid(columns: dict[str, int], row: Sequence[Any], identity: tuple[str, ...]) -> int | str | None:
    if "pid" not in columns:
        return None if _cell(columns, row, "playlist") is None else pid_of(*identity)
    pid = _whole(_cell(columns, row, "pid"))
    # Only for the line that says why it is set aside, which is JSON.
    return pid if isinstance(pid, int) else None if pid is None else str(pid)


def _name(columns: dict[str, int], row: Sequence[Any]) -> Any:
    return _cell(columns, row, "name" if "name" in columns else "playlist")


def _track(columns: dict[str, int], number: int, row: Sequence[Any]) -> dict[str, Any]:
    track = {field: _cell(columns, row, field) for field in _ROW}
    uri = _cell(columns, row, "track_uri")
    return {
        "pos": _whole(_cell(columns, row, "pos")) if "pos" in columns else number,
        "track_uri": local_track(track["artist_name"], track["track_name"]) if uri is None else uri,
        **track,
        "duration_ms": _whole(_cell(columns, row, "duration_ms")),
    }


def _whole(value: Any) -> Any:
    """Returns a number that CSV has as text, or pandas as a float because of others that are missing."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,19}(?:\.0*)?\s*", value):
        return int(value.partition(".")[0])
    return value
