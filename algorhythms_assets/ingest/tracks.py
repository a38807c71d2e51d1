"""The rows of one playlist as columns: checked all at once if nothing is unusual, else one by one."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeAlias, TypeGuard

from algorhythms_ask.songs import local_song, local_track, track_id

# The fields of a row, in the order of RAW_PLAYLISTS_SCHEMA.
FIELDS = (
    "pos",
    "track_uri",
    "track_name",
    "artist_uri",
    "artist_name",
    "album_uri",
    "album_name",
    "duration_ms",
)
Columns: TypeAlias = Sequence[Sequence[Any]]

# Longer names are broken or malicious: a playlist's name is repeated in each of its rows. With this limit, MAX_ROWS
# rows at four bytes a character stay below the 2 GB that an Arrow string column can address.
MAX_TEXT = 500
_MAX_URI = 500

_TEXTS = FIELDS[2:-1]
_EXPECTED = ("name", "track_name", "artist_name")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SPOTIFY_TRACK = re.compile(r"spotify:track:[0-9A-Za-z]{22}")
_values = itemgetter(*FIELDS)


@dataclass
class Findings:
    """Warnings counted by kind, and the rows that were dropped."""

    warnings: Counter[str] = field(default_factory=Counter)
    dropped: list[dict[str, Any]] = field(default_factory=list)


def plain_columns(tracks: list[Any]) -> Columns | None:
    """Returns the rows as columns if none of them needs a warning, else None.

    Each check runs on a whole column, in C, which is what makes reading a slice fast. Being refused here is not an
    error: `careful_columns` then checks row by row.
    """
    try:
        columns = tuple(zip(*map(_values, tracks), strict=True))
    except (KeyError, TypeError):
        return None
    if len(columns) != len(FIELDS):
        return None
    positions, uris, durations = columns[0], columns[1], columns[-1]
    # True is 1 and 1.0 is 1, hence the types.
    if positions != tuple(range(len(positions))) or not _all(int, positions) or not _all(int, durations):
        return None
    if not 0 <= min(durations) <= max(durations) < 1 << 63 or not _all(str, uris):
        return None
    if not all(map(_SPOTIFY_TRACK.fullmatch, uris)):
        return None
    return columns if all(map(_plain_texts, columns[2:-1])) else None


def careful_columns(tracks: list[Any], findings: Findings) -> Columns:
    """Returns the rows that have a track, as columns, and records warnings in `findings`.

    Raises:
        ValueError: the playlist must be set aside; the message says why.
    """
    good = []
    unnumbered = not any(isinstance(track, dict) and track.get("pos") is not None for track in tracks)
    for index, track in enumerate(tracks):
        try:
            position = index if unnumbered else _position(track)
            good.append((position, *_identified(track)))
        except ValueError as error:
            findings.dropped.append({"track": index, "reason": str(error)})
    if not good:
        raise ValueError("field `tracks`: no track with a valid `track_uri`")
    if unnumbered:
        findings.warnings["pos missing: using the order of the file"] += 1
    positions = [position for position, _, _ in good if position is not None and position >= 0]
    if len(positions) < len(good):
        raise ValueError("field `pos`: missing, not a whole number, or negative")
    if len(set(positions)) < len(positions):
        raise ValueError("field `pos`: repeated")
    if max(positions) >= len(tracks):
        findings.warnings["pos with gaps"] += 1
    return [
        positions,
        [uri for _, uri, _ in good],
        *([text(track, name, findings) for _, _, track in good] for name in _TEXTS),
        [_duration(track, findings) for _, _, track in good],
    ]


def text(source: dict[str, Any], name: str, findings: Findings) -> str | None:
    """Returns a text field, or None if there is none; anything unusual about it is a warning.

    A missing name is unusual; a missing album or identifier is not, because many files omit them.
    """
    value = source.get(name)
    if not isinstance(value, str) or not value:
        if value is not None or name in _EXPECTED:
            findings.warnings[f"{name} missing or not text"] += 1
        return None
    if _CONTROL.search(value):
        findings.warnings[f"{name} with control characters"] += 1
    if len(value) > MAX_TEXT:
        findings.warnings[f"{name} longer than {MAX_TEXT} characters, cut"] += 1
    return value[:MAX_TEXT]


def is_int(value: Any) -> TypeGuard[int]:
    """Returns whether it is a whole number; JSON's true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _all(type_: type, column: Sequence[Any]) -> bool:
    return set(map(type, column)) == {type_}


def _plain_texts(column: Sequence[Any]) -> bool:
    # isprintable() rejects more than control characters, the only thing that careful_columns looks for.
    return _all(str, column) and all(column) and max(map(len, column)) <= MAX_TEXT and "".join(column).isprintable()


def _identified(track: Any) -> tuple[str, dict[str, Any]]:
    """Returns a track's identifier, and the track with the fields that its identifier implies."""
    if not isinstance(track, dict):
        raise ValueError("field `track_uri`: missing")
    if "no_track" in track:
        raise ValueError(f"{track['no_track']}, not a track")
    uri, artist, title = track.get("track_uri"), track.get("artist_name"), track.get("track_name")
    if uri in (None, "") and isinstance(artist, str) and isinstance(title, str) and artist.strip() and title.strip():
        return local_track(artist, title), track
    if not isinstance(uri, str) or not uri.strip():
        raise ValueError("field `track_uri`: missing")
    if len(uri) > _MAX_URI:
        raise ValueError(f"field `track_uri`: longer than {_MAX_URI} characters")
    song = local_song(uri)
    if song is None:
        return track_id(uri), track
    seconds = uri.rpartition(":")[2]
    said = {
        "track_name": song.name,
        "artist_name": song.artist,
        "album_name": song.album,
        "duration_ms": int(seconds) * 1000 if seconds.isdigit() and len(seconds) < 8 else None,
    }
    return song.id, said | {name: value for name, value in track.items() if value not in (None, "")}


def _position(track: Any) -> int | None:
    position = track.get("pos") if isinstance(track, dict) else None
    return position if is_int(position) and position < 1 << 31 else None


def _duration(track: dict[str, Any], findings: Findings) -> int | None:
    value = track.get("duration_ms")
    if is_int(value) and 0 <= value < 1 << 63:
        return value
    if value is not None:
        findings.warnings["duration_ms not a number"] += 1
    return None
