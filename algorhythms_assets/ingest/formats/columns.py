"""Playlists from the rows of a table (CSV or Parquet): playlist, position, track, artist, title …"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from algorhythms_ask.songs import track_id

from algorhythms_assets.ingest.formats.document import Document, NoPlaylistsError, check_rows
from algorhythms_assets.ingest.formats.identity import local_track, pid_of
from algorhythms_assets.ingest.formats.names import FEATURES, HISTORY, NAMES, NO_TRACKS, plain

Row = Sequence[Any]

# Ambiguous headings: the column holds track identifiers only if its cells look like them.
_VAGUE = ("url", "link", "songurl", "id", "songid", "trackurl", "tracklink", "uri", "identifier", "recording")
_ROW = ("track_name", "artist_uri", "artist_name", "album_uri", "album_name")
_SAMPLE_ROWS = 50
# Six hours: no song is longer, so a larger value is in milliseconds.
_LONGEST_SECONDS = 6 * 3600


def find_columns(header: Row, rows: Sequence[Row] = ()) -> dict[str, int]:
    """Returns the place of each known column, found by its heading or else by its cells.

    Empty if the rows are not tracks: they have neither an identifier, nor a title with an artist or a playlist.
    """
    names = [plain(name) for name in header]
    found: dict[str, int] = {}
    for field, synonyms in NAMES.items():
        for name in synonyms:
            if name in names and _fits(field, name, names.index(name), rows):
                found[field] = names.index(name)
                break
    if "name" in names and found.keys() & {"pid", "playlist"} and "playlist_name" not in found:
        # The heading means the playlist's name, not the track's.
        found["playlist_name"] = names.index("name")
        if found.get("track_name") == found["playlist_name"]:
            del found["track_name"]
    if "track" in names:
        # With an artist and no title column it is the title, else the identifier.
        is_title = "track_name" not in found and ("artist_name" in found or "track_uri" in found)
        found.setdefault("track_name" if is_title else "track_uri", names.index("track"))
    _find_by_values(found, names, rows)
    if "pid" in found:
        found.pop("user", None)  # a pid is unique by itself
    named = found.keys() & {"pid", "playlist"}
    is_track = ("track_uri" in found and (named or _are_tracks(found["track_uri"], rows))) or (
        "track_name" in found and ("artist_name" in found or named)
    )
    return found if is_track else {}


def refuse_other_tables(header: Row, columns: dict[str, int]) -> None:
    """Checks that a table without a playlist column is a playlist.

    Raises:
        NoPlaylistsError: it is a listening history or a table of audio features.
    """
    names = {plain(name) for name in header}
    if columns.keys() & {"pid", "playlist"}:
        return
    if names & HISTORY:
        raise NoPlaylistsError("a listening history, not a playlist")
    if "track_name" not in columns and len(names & FEATURES) > 1:
        raise NoPlaylistsError("audio features, not a playlist: name the file in ALGORHYTHMS_FEATURES")


def playlists_of(columns: dict[str, int], rows: Iterable[Row], document: Document) -> Iterator[dict[str, Any]]:
    """Yields a playlist for each value of the playlist column, in order of first occurrence.

    A column `pid` is used as it is. Any other column distinguishes playlists within the slice, together with the
    user column if there is one: "Favourites" of two people are two playlists. With neither, the file is one playlist.

    Raises:
        SliceError: there are too many rows.
    """
    get = _getter(columns)
    single = not columns.keys() & {"pid", "playlist"}
    grouped: dict[tuple[str, str], list[Row]] = {}
    for count, row in enumerate(rows, start=1):
        check_rows(count)
        if plain(get(row, "kind") or "") in NO_TRACKS:
            document.warnings[f"skipped rows of type {get(row, 'kind')}: not tracks"] += 1
            continue
        identity = get(row, "pid" if "pid" in columns else "playlist")
        grouped.setdefault((str(identity), str(get(row, "user"))), []).append(row)
    for identity, members in grouped.items():
        first = members[0]
        name = document.title if single else get(first, "playlist_name")
        tracks = [_track(columns, get, number, row, (document.key, name)) for number, row in enumerate(members)]
        if "pid" not in columns and not _are_positions([track["pos"] for track in tracks]):
            document.warnings["positions missing or repeated: using the order of the file"] += 1
            tracks = [track | {"pos": number} for number, track in enumerate(tracks)]
        yield {
            "pid": pid_of(document.key) if single else _pid(columns, get, first, (document.key, *identity)),
            "has_own_pid": "pid" in columns,
            "name": name,
            "tracks": tracks,
        }


def first_artist(names: Any, uris: Any = None) -> Any:
    """Returns the first of several artists in one cell.

    A cell with semicolons, or written as a list, is split. A comma may belong to a name ("Tyler, The Creator"), so
    commas separate artists only if there are several URIs.
    """
    if isinstance(names, list):
        return names[0] if names else None
    if not isinstance(names, str):
        return names
    listed = re.fullmatch(r"\[\s*(['\"])(?P<first>.*?)\1\s*(?:,.*)?\]", names)
    if listed:
        return listed["first"]
    if ";" in names:
        return next((name.strip() for name in names.split(";") if name.strip()), None)
    artists = len(re.split(r"\s*,\s*", uris)) if isinstance(uris, str) else 1
    parts = names.split(", ")
    if artists < 2 or len(parts) < 2:
        return names
    # With more parts than artists, some names contain a comma; a part that starts with "The" continues a name.
    own = next((number for number in range(1, len(parts)) if not parts[number].startswith("The ")), len(parts))
    return ", ".join(parts[: own if len(parts) > artists else 1])


def milliseconds(value: Any) -> int | None:
    """Returns in milliseconds a duration in seconds or minutes:seconds; a very large number already is."""
    clock = re.fullmatch(r"\s*(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:\.\d+)?\s*", value) if isinstance(value, str) else None
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not 0 < number < 1e12:
        return None
    return round(number * (1 if number > _LONGEST_SECONDS else 1000))


def _fits(field: str, name: str, place: int, rows: Sequence[Row]) -> bool:
    """Returns whether the cells of a column with this heading can be the field."""
    values = [row[place] for row in rows if place < len(row) and row[place] not in (None, "")]
    if field == "track_uri" and name in _VAGUE and rows:
        return _are_tracks(place, rows)
    if field in ("track_uri", "playlist") and rows:
        return bool(values)  # prefer another column to an empty one
    return True


def _are_tracks(place: int, rows: Sequence[Row]) -> bool:
    """Returns whether most cells of a column look like identifiers of tracks."""
    values = [row[place] for row in rows if place < len(row) and row[place] not in (None, "")]
    return bool(values) and sum(map(_is_track, values)) * 2 > len(values)


def _find_by_values(found: dict[str, int], names: list[str], rows: Sequence[Row]) -> None:
    """Adds the columns of Spotify URIs, and the columns of names next to them, whatever their headings."""
    for kind in ("track", "artist", "album"):
        field = f"{kind}_uri"
        for place in range(len(names)):
            values = [row[place] for row in rows[:_SAMPLE_ROWS] if place < len(row) and row[place] not in (None, "")]
            if not values or not all(isinstance(value, str) and _is_spotify(kind, value) for value in values):
                continue
            found.setdefault(field, place)
            # Exports write the name in the column after the identifier.
            beside = place + 1
            if found[field] == place and beside < len(names) and beside not in found.values():
                texts = [str(row[beside]) for row in rows if beside < len(row) and row[beside]]
                if texts and not any(re.match(r"spotify:|https?:|-?[\d.,]+$", text) for text in texts):
                    found.setdefault(f"{kind}_name", beside)
            break


def _is_spotify(kind: str, value: str) -> bool:
    return re.match(rf"spotify:{kind}:|(?:https?://)?open\.spotify\.com/(?:[\w-]+/)?{kind}/", value.strip()) is not None


def is_spotify_track(value: Any) -> bool:
    """Returns whether a cell is the URI or the link of a track."""
    return isinstance(value, str) and _is_spotify("track", value)


def _is_track(value: Any) -> bool:
    """Returns whether it looks like a global identifier of a track."""
    try:
        full = track_id(str(value))
    except ValueError:
        return True  # Spotify's, even if not a track's: the row reports that
    return full.startswith(("spotify:track:", "local:track:", "https://musicbrainz.org/recording/"))


def _getter(columns: dict[str, int]) -> Callable[[Row, str], Any]:
    def get(row: Row, field: str) -> Any:
        place = columns.get(field)
        value = row[place] if place is not None and place < len(row) else None
        if isinstance(value, str):
            value = value.strip()
        return None if value == "" else value

    return get


def _pid(columns: dict[str, int], get: Callable[[Row, str], Any], row: Row, identity: tuple[str, ...]) -> Any:
    if "pid" not in columns:
        return None if get(row, "playlist") is None else pid_of(*identity)
    pid = _whole(get(row, "pid"))
    # Only for the report of why it is set aside, which is JSON.
    return pid if isinstance(pid, int) else None if pid is None else str(pid)


def _track(
    columns: dict[str, int], get: Callable[[Row, str], Any], number: int, row: Row, place: tuple[Any, ...]
) -> dict[str, Any]:
    track = {field: get(row, field) for field in _ROW}
    track["artist_name"] = first_artist(track["artist_name"], track["artist_uri"])
    if isinstance(track["artist_uri"], str):
        track["artist_uri"] = track["artist_uri"].partition(",")[0].strip()
    uri = get(row, "track_uri")
    if uri is None:
        uri = local_track(track["artist_name"], track["track_name"], track["album_name"] or place)
    duration = _whole(get(row, "duration_ms"))
    if not isinstance(duration, int):
        duration = milliseconds(duration or get(row, "seconds"))
    return {
        "pos": _whole(get(row, "pos")) if "pos" in columns else number,
        "track_uri": uri,
        **track,
        "duration_ms": duration,
    }


def _are_positions(positions: list[Any]) -> bool:
    return all(isinstance(p, int) and p >= 0 for p in positions) and len(set(positions)) == len(positions)


def _whole(value: Any) -> Any:
    """Returns a whole number that CSV has as text, or pandas as a float because other values are missing."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,19}(?:\.0*)?\s*", value):
        return int(value.partition(".")[0])
    return value
