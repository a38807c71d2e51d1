"""Parses a slice: every format gets the same checks and gives the same rows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from algorhythms_assets.contracts import RAW_PLAYLISTS_SCHEMA
from algorhythms_assets.ingest.buckets import bucket
from algorhythms_assets.ingest.formats import read_playlists
from algorhythms_assets.ingest.formats.document import check_rows
from algorhythms_assets.ingest.formats.identity import pid_of
from algorhythms_assets.ingest.tracks import FIELDS, Columns, Findings, careful_columns, is_int, plain_columns, text

# Rows are kept in Arrow, which takes a fifth of the memory of Python objects.
_BATCH_ROWS = 100_000


@dataclass
class Slice:
    """The valid rows, what was rejected (one dictionary each), and warnings counted by kind."""

    table: pa.Table
    playlists: int
    rejected: list[dict[str, Any]]
    warnings: dict[str, int]

    @property
    def set_aside(self) -> list[dict[str, Any]]:
        """The playlists that were set aside; the rest of `rejected` are single rows."""
        return [line for line in self.rejected if "track" not in line]


def parse_slice(content: bytes, key: str, file: str | None = None) -> Slice:
    """Returns the rows of a slice, in the order of the file, in `RAW_PLAYLISTS_SCHEMA`.

    A row without a track identifier is dropped. A playlist is set aside if it has no pid, a pid that an earlier one
    has, no valid row, or a position that is not a number, negative or repeated. Everything else is a warning.
    `key` names the slice and distinguishes playlists without a pid from those of other slices. `file` is the file's
    name; a playlist without a name gets it.

    Raises:
        SliceError: it ends early, is too large, or its format is unknown.
    """
    rows, findings = _Rows(), Findings()
    rejected: list[dict[str, Any]] = []
    pids: set[int] = set()
    playlists, document = read_playlists(content, key, file)
    for number, playlist in enumerate(playlists):
        pid = playlist.get("pid") if isinstance(playlist, dict) else None
        try:
            _check(playlist, pids)
            columns = plain_columns(playlist["tracks"]) or careful_columns(playlist["tracks"], findings)
        except ValueError as error:
            findings.dropped.append({"reason": str(error)})
        else:
            pids.add(playlist["pid"])
            kept = len(columns[0])
            if playlist.get("num_tracks", kept) != kept:
                findings.warnings["num_tracks differs from the rows kept"] += 1
            name = text(playlist, "name", findings)
            rows.add(playlist["pid"], _split_key(playlist, name, columns), name, columns)
            check_rows(rows.count)
        rejected += ({"playlist": number, "pid": pid, **line} for line in findings.dropped)
        findings.dropped.clear()
    return Slice(rows.table(), len(pids), rejected, dict(document.warnings + findings.warnings))


def _split_key(playlist: dict[str, Any], name: str | None, columns: Columns) -> int:
    """Returns the number that decides whether a playlist is held out of training.

    A pid derived from the file's name changes when the file is renamed. The same export under another name must not
    train on what the first one holds out, so in this case the playlist's name and first track decide.
    """
    if playlist.get("has_own_pid", True):
        return int(playlist["pid"])
    return pid_of(name, columns[1][0])


def _check(playlist: Any, pids: set[int]) -> None:
    """Checks everything but the tracks themselves; raises ValueError if the playlist has to be set aside."""
    if not isinstance(playlist, dict):
        raise ValueError("not a JSON object")
    pid, tracks = playlist.get("pid"), playlist.get("tracks")
    if not is_int(pid) or not 0 <= pid < 1 << 63:
        raise ValueError("field `pid`: must be a whole number")
    if pid in pids:
        raise ValueError("field `pid`: already used by an earlier playlist of this slice")
    if not isinstance(tracks, list) or not tracks:
        raise ValueError("field `tracks`: no tracks")


@dataclass
class _Rows:
    """Collects playlists: the values they have once, their numbers of rows, and the rows."""

    pids: list[int] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    columns: list[list[Any]] = field(default_factory=lambda: [[] for _ in FIELDS])
    batches: list[pa.RecordBatch] = field(default_factory=list)
    count: int = 0

    def add(self, pid: int, split_key: int, name: str | None, columns: Columns) -> None:
        self.pids.append(pid)
        self.buckets.append(bucket(split_key))
        self.contents.append(pid_of(name, *columns[1]))
        self.names.append(name)
        self.lengths.append(len(columns[0]))
        self.count += len(columns[0])
        for column, values in zip(self.columns, columns, strict=True):
            column += values
        if len(self.columns[0]) >= _BATCH_ROWS:
            self._close_batch()

    def table(self) -> pa.Table:
        self._close_batch()
        return pa.Table.from_batches(self.batches, RAW_PLAYLISTS_SCHEMA).combine_chunks()

    def _close_batch(self) -> None:
        once = (self.pids, self.names, self.buckets, self.contents, self.lengths)
        rows = np.repeat(np.arange(len(self.lengths)), self.lengths)
        types = RAW_PLAYLISTS_SCHEMA.types
        repeated = [pa.array(values, type_).take(rows) for values, type_ in zip(once, types, strict=False)]
        arrays = [pa.array(values, type_) for values, type_ in zip(self.columns, types[len(once) :], strict=True)]
        self.batches.append(pa.RecordBatch.from_arrays(repeated + arrays, schema=RAW_PLAYLISTS_SCHEMA))
        self.pids, self.names, self.buckets, self.contents, self.lengths = [], [], [], [], []
        self.columns = [[] for _ in FIELDS]
