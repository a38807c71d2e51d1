"""Parses slices of the Million Playlist Dataset's JSON format (Chen et al., RecSys Challenge 2018)."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import orjson
import pyarrow as pa
from algorhythms_ask.songs import track_id

from algorhythms_assets.contracts import RAW_PLAYLISTS_SCHEMA

BUCKETS = 10_000

_NAMES = ("track_name", "artist_uri", "artist_name", "album_uri", "album_name")


class SliceError(Exception):
    """The slice cannot be used at all; the message says why and where."""


@dataclass
class Slice:
    """The rows that are good, what was set aside (one dictionary each), and warnings counted by kind."""

    table: pa.Table
    playlists: int
    rejected: list[dict[str, Any]]
    warnings: dict[str, int]


@dataclass
class _Rows:
    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in RAW_PLAYLISTS_SCHEMA.names})
    rejected: list[dict[str, Any]] = field(default_factory=list)
    warnings: dict[str, int] = field(default_factory=dict)

    def warn(self, kind: str) -> None:
        self.warnings[kind] = self.warnings.get(kind, 0) + 1


def bucket(pid: int) -> int:
    """Returns where in 0..9999 the playlist falls; the split into training and held-out playlists goes by it."""
    return int.from_bytes(hashlib.blake2b(str(pid).encode(), digest_size=8).digest(), "big") % BUCKETS


def parse_slice(content: bytes) -> Slice:
    """Returns the rows of a slice, in the order of the file, in `RAW_PLAYLISTS_SCHEMA`.

    A row without a track's identifier is dropped. A playlist is set aside when it has no pid, the pid of an earlier
    one, no good row, or a position that is no number, negative or repeated. Everything else is a warning.

    Raises:
        SliceError: it is no JSON, or not a slice.
    """
    rows = _Rows()
    playlists = _playlists(content)
    pids: set[int] = set()
    for number, playlist in enumerate(playlists):
        reason = _add(rows, pids, number, playlist)
        if reason is not None:
            pid = playlist.get("pid") if isinstance(playlist, dict) else None
            rows.rejected.append({"playlist": number, "pid": pid, "reason": reason})
    return Slice(pa.table(rows.columns, schema=RAW_PLAYLISTS_SCHEMA), len(pids), rows.rejected, rows.warnings)


def _playlists(content: bytes) -> list[Any]:
    try:
        slice_ = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        byte = len(error.doc[: error.pos].encode(errors="replace"))
        if byte >= len(content.rstrip()):
            raise SliceError(f"the JSON ends early, at byte {len(content)}") from error
        raise SliceError(f"not JSON at byte {byte}: {error.msg}") from error
    playlists = slice_.get("playlists") if isinstance(slice_, dict) else None
    if not isinstance(playlists, list):
        raise SliceError("not a slice: the field `playlists` is missing or no list")
    return playlists


def _add(rows: _Rows, pids: set[int], number: int, playlist: Any) -> str | None:
    """Adds the rows of a playlist, or returns why it is set aside."""
    if not isinstance(playlist, dict):
        return "no JSON object"
    pid = playlist.get("pid")
    if not _is_int(pid) or not 0 <= pid < 1 << 63:
        return "field `pid`: has to be a whole number"
    if pid in pids:
        return "field `pid`: an earlier playlist of this slice has it"
    tracks = playlist.get("tracks")
    if not isinstance(tracks, list) or not tracks:
        return "field `tracks`: no track"
    good = []
    for index, track in enumerate(tracks):
        try:
            good.append((_position(track), track_id(_uri(track)), track))
        except ValueError as error:
            rows.rejected.append({"playlist": number, "pid": pid, "track": index, "reason": str(error)})
    if not good:
        return "field `tracks`: no track with a valid `track_uri`"
    positions = [position for position, _, _ in good]
    if any(position is None or position < 0 for position in positions):
        return "field `pos`: missing, no whole number or negative"
    if len(set(positions)) != len(positions):
        return "field `pos`: repeated"
    pids.add(pid)
    if playlist.get("num_tracks") != len(good):
        rows.warn("num_tracks differs from the rows kept")
    columns, count = rows.columns, len(good)
    columns["pid"] += [pid] * count
    columns["name"] += [_text(rows, playlist, "name")] * count
    columns["bucket"] += [bucket(pid)] * count
    columns["num_tracks"] += [count] * count
    columns["position"] += positions
    columns["track_uri"] += [uri for _, uri, _ in good]
    for field_name in _NAMES:
        columns[field_name] += [_text(rows, track, field_name) for _, _, track in good]
    columns["duration_ms"] += [_duration(rows, track) for _, _, track in good]
    return None


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _uri(track: Any) -> str:
    uri = track.get("track_uri") if isinstance(track, dict) else None
    if not isinstance(uri, str) or not uri.strip():
        raise ValueError("field `track_uri`: missing")
    if len(uri) > 500:
        raise ValueError("field `track_uri`: longer than 500 characters")
    return uri


def _position(track: Any) -> int | None:
    position = track.get("pos") if isinstance(track, dict) else None
    return position if _is_int(position) and position < 1 << 31 else None


def _text(rows: _Rows, source: dict[str, Any], name: str) -> str | None:
    value = source.get(name)
    if isinstance(value, str) and value:
        return value
    rows.warn(f"{name} missing or no text")
    return None


def _duration(rows: _Rows, track: dict[str, Any]) -> int | None:
    value = track.get("duration_ms")
    if _is_int(value) and 0 <= value < 1 << 63:
        return value
    rows.warn("duration_ms missing or no number")
    return None
