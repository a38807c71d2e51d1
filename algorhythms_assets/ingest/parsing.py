"""Parses a slice: whatever the format, the same checks, and the same rows out."""

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

# Rows are kept as Arrow's, which take a fifth of the room of Python's.
_BATCH_ROWS = 100_000


@dataclass
class Slice:
    """The rows that are good, what was set aside (one dictionary each), and warnings counted by kind."""

    table: pa.Table
    playlists: int
    rejected: list[dict[str, Any]]
    warnings: dict[str, int]

    @property
    def set_aside(self) -> list[dict[str, Any]]:
        """What was set aside as a whole; the rest of `rejected` are single rows."""
        return [line for line in self.rejected if "track" not in line]


def parse_slice(content: bytes, key: str, file: str | None = None) -> Slice:
    """Returns the rows of a slice, in the order of the file, in `RAW_PLAYLISTS_SCHEMA`.

    A row without a track's identifier is dropped. A playlist is set aside when it has no pid, the pid of an earlier
    one, no good row, or a position that is no number, negative or repeated. Everything else is a warning.
    `key` names the slice; by it playlists without a pid are told from those of other slices. `file` is the file's
    name, after which a playlist is called that has none.

    Raises:
        SliceError: it ends early, is too large, or of no format that is known.
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
    """Returns the number by which a playlist is held out of training or not.

    A pid that is made of the file's name changes with it. The same export under another name must not train on what
    the first one holds out, so there the playlist's name and first track decide.
    """
    if playlist.get("has_own_pid", True):
        return int(playlist["pid"])
    return pid_of(name, columns[1][0])


def _check(playlist: Any, pids: set[int]) -> None:
    """Checks what can be seen without looking into the tracks; raises ValueError if it has to be set aside."""
    if not isinstance(playlist, dict):
        raise ValueError("no JSON object")
    pid, tracks = playlist.get("pid"), playlist.get("tracks")
    if not is_int(pid) or not 0 <= pid < 1 << 63:
        raise ValueError("field `pid`: has to be a whole number")
    if pid in pids:
        raise ValueError("field `pid`: an earlier playlist of this slice has it")
    if not isinstance(tracks, list) or not tracks:
        raise ValueError("field `tracks`: no track")


@dataclass
class _Rows:
    """Collects playlists: what stands once for each, how many rows it has, and the rows."""

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
