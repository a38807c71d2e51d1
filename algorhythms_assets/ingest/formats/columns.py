"""Playlists from rows of a table, as CSV and Parquet have them: (playlist, position, track, artist, title …)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from algorhythms_ask.songs import track_id

from algorhythms_assets.ingest.formats.document import Document, NoPlaylistsError, check_rows
from algorhythms_assets.ingest.formats.identity import local_track, pid_of
from algorhythms_assets.ingest.formats.names import FEATURES, HISTORY, NAMES, NO_TRACKS, plain

Row = Sequence[Any]

# Names that many things have: an identifier stands there only if it looks like a track's.
_VAGUE = ("url", "link", "songurl", "id", "songid", "trackurl", "tracklink", "uri", "identifier", "recording")
_ROW = ("track_name", "artist_uri", "artist_name", "album_uri", "album_name")
_SAMPLE_ROWS = 50
# A week; nobody has longer songs, so more seconds are milliseconds.
_LONGEST_SECONDS = 6 * 3600


def find_columns(header: Row, rows: Sequence[Row] = ()) -> dict[str, int]:
    """Returns where each column stands that is known by its name, or else by what the rows hold.

    Nothing where the rows are no tracks: neither an identifier, nor a title with an artist or a playlist.
    """
    names = [plain(name) for name in header]
    found: dict[str, int] = {}
    for field, synonyms in NAMES.items():
        for name in synonyms:
            if name in names and _fits(field, name, names.index(name), rows):
                found[field] = names.index(name)
                break
    if "name" in names and found.keys() & {"pid", "playlist"} and "playlist_name" not in found:
        # It is the playlist's name, not the track's.
        found["playlist_name"] = names.index("name")
        if found.get("track_name") == found["playlist_name"]:
            del found["track_name"]
    if "track" in names:
        # Beside an artist and no title it is the title, else the identifier.
        is_title = "track_name" not in found and ("artist_name" in found or "track_uri" in found)
        found.setdefault("track_name" if is_title else "track_uri", names.index("track"))
    _find_by_values(found, names, rows)
    if "pid" in found:
        found.pop("user", None)  # a pid tells playlists apart by itself
    named = found.keys() & {"pid", "playlist"}
    is_track = ("track_uri" in found and (named or _are_tracks(found["track_uri"], rows))) or (
        "track_name" in found and ("artist_name" in found or named)
    )
    return found if is_track else {}


def refuse_other_tables(header: Row, columns: dict[str, int]) -> None:
    """Checks that a table without a playlist's column is one playlist.

    Raises:
        NoPlaylistsError: it is a listening history, or audio features.
    """
    names = {plain(name) for name in header}
    if columns.keys() & {"pid", "playlist"}:
        return
    if names & HISTORY:
        raise NoPlaylistsError("a listening history, not a playlist")
    if "track_name" not in columns and len(names & FEATURES) > 1:
        raise NoPlaylistsError("audio features, not a playlist: name the file in ALGORHYTHMS_FEATURES")


def playlists_of(columns: dict[str, int], rows: Iterable[Row], document: Document) -> Iterator[dict[str, Any]]:
    """Yields a playlist for each value of the playlist's column, in the order in which they come first.

    A column `pid` is taken as it stands. Anything else tells playlists apart within the slice, together with whose
    it is where there is such a column: "Favourites" of two people are two. Without any the file is one playlist.

    Raises:
        SliceError: there are too many rows.
    """
    get = _getter(columns)
    single = not columns.keys() & {"pid", "playlist"}
    grouped: dict[tuple[str, str], list[Row]] = {}
    for count, row in enumerate(rows, start=1):
        check_rows(count)
        if plain(get(row, "kind") or "") in NO_TRACKS:
            document.warnings[f"rows of type {get(row, 'kind')}, which are no tracks, left out"] += 1
            continue
        identity = get(row, "pid" if "pid" in columns else "playlist")
        grouped.setdefault((str(identity), str(get(row, "user"))), []).append(row)
    for identity, members in grouped.items():
        first = members[0]
        name = document.title if single else get(first, "playlist_name")
        tracks = [_track(columns, get, number, row, (document.key, name)) for number, row in enumerate(members)]
        if "pid" not in columns and not _are_positions([track["pos"] for track in tracks]):
            document.warnings["positions missing or repeated: the order of the file"] += 1
            tracks = [track | {"pos": number} for number, track in enumerate(tracks)]
        yield {
            "pid": pid_of(document.key) if single else _pid(columns, get, first, (document.key, *identity)),
            "has_own_pid": "pid" in columns,
            "name": name,
            "tracks": tracks,
        }


def first_artist(names: Any, uris: Any = None) -> Any:
    """Returns the first artist of several in one cell.

    What semicolons part, or is written as a list, is taken apart. A comma may belong to a name ("Tyler, The Creator"):
    there it takes as many URIs as there are parts, or none of the parts can be told.
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
    # With more parts than artists some names hold a comma, and an article begins no name of its own.
    own = next((number for number in range(1, len(parts)) if not parts[number].startswith("The ")), len(parts))
    return ", ".join(parts[: own if len(parts) > artists else 1])


def milliseconds(value: Any) -> int | None:
    """Returns a duration in seconds, or as minutes:seconds, in milliseconds; what is too long is such already."""
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
    """Returns whether a column that is called so may be the field, by what it holds."""
    values = [row[place] for row in rows if place < len(row) and row[place] not in (None, "")]
    if field == "track_uri" and name in _VAGUE and rows:
        return _are_tracks(place, rows)
    if field in ("track_uri", "playlist") and rows:
        return bool(values)  # another column may tell more than an empty one
    return True


def _are_tracks(place: int, rows: Sequence[Row]) -> bool:
    """Returns whether most cells of a column look like identifiers of tracks."""
    values = [row[place] for row in rows if place < len(row) and row[place] not in (None, "")]
    return bool(values) and sum(map(_is_track, values)) * 2 > len(values)


def _find_by_values(found: dict[str, int], names: list[str], rows: Sequence[Row]) -> None:
    """Adds the columns whose cells are Spotify's URIs, and the names beside them, whatever their headings say."""
    for kind in ("track", "artist", "album"):
        field = f"{kind}_uri"
        for place in range(len(names)):
            values = [row[place] for row in rows[:_SAMPLE_ROWS] if place < len(row) and row[place] not in (None, "")]
            if not values or not all(isinstance(value, str) and _is_spotify(kind, value) for value in values):
                continue
            found.setdefault(field, place)
            # Exports write the name behind its identifier.
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
    """Returns whether it looks like an identifier that names a track wherever it is read."""
    try:
        full = track_id(str(value))
    except ValueError:
        return True  # Spotify's, if not a track's: the row says so
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
    # Only for the line that says why it is set aside, which is JSON.
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
    """Returns a number that CSV has as text, or pandas as a float because of others that are missing."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,19}(?:\.0*)?\s*", value):
        return int(value.partition(".")[0])
    return value
