"""Tables in the formats that people use: delimited text, JSON Lines or Parquet, recognised by content.

No file is read whole: a table is read in parts, and only the requested columns.
"""

import bz2
import codecs
import csv
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.features.columns import columns_of
from algorhythms_assets.features.left_out import LeftOut
from algorhythms_assets.ingest.formats.text import encoding_of
from algorhythms_assets.resources.parquet import read_batches
from algorhythms_assets.resources.store import InputError

_PART = 20_000
_SAMPLE = 1 << 18
# A file without line breaks would be read whole.
_LONGEST_LINE = 1_000_000
# No identifier or number is longer, and many long cells would exhaust memory.
_LONGEST_CELL = 1000
_DELIMITERS = ",;\t|"
_LOOKED_AT = 20
_PACKED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": lambda path: pa.input_stream(path, compression="zstd"),
    b"PK\x03\x04": lambda path: _only_member(path),
}
_BROKEN = (
    OSError,
    EOFError,
    NotImplementedError,
    UnicodeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    pa.ArrowException,
)


@dataclass(frozen=True)
class Table:
    """The headings of a table, and a function that yields the columns at given positions, in parts.

    A part has these positions as columns, and line numbers (in Parquet row numbers) as its index. Unreadable lines
    are in no part; they are in `left_out` once the parts have been read.
    """

    headings: Sequence[str]
    parts: Callable[[Sequence[int]], Iterator[pd.DataFrame]]
    left_out: LeftOut
    decimal_comma: bool = True


def read_table(path: Path) -> Table:
    """Returns the table in a file.

    Raises:
        InputError: the file is not a table, or is damaged; also raised while its parts are read.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: name the file of audio features")
    with _told(path):
        with path.open("rb") as file:
            magic = file.read(6)
        if magic.startswith(b"PAR1"):
            return _parquet(path)
        with _unpacked(path, magic) as file:
            sample = file.read(_SAMPLE)
    encoding = encoding_of(sample)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    start = text.lstrip()
    if not start:
        raise InputError(f"{path} is empty")
    if "\0" in text:
        raise InputError(f"{path} is neither text nor Parquet: export its table as CSV")

    def lines() -> Iterator[str]:
        with _told(path), _unpacked(path, magic) as file:
            yield from _lines(io.TextIOWrapper(file, encoding, errors="replace", newline=""), path)

    if start[0] in "[{":
        return _json_lines(path, text, lines)
    return _delimited(path, lines)


def _unpacked(path: Path, magic: bytes) -> Any:
    unpack = next((unpack for mark, unpack in _PACKED.items() if magic.startswith(mark)), None)
    return unpack(path) if unpack else path.open("rb")


def _only_member(path: Path) -> Any:
    archive = zipfile.ZipFile(path)
    # `is_dir` assumes that a member has a name; in a damaged archive it may have none.
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    if len(members) != 1 or members[0].flag_bits & 1:
        raise InputError(
            f"{path} is an archive or a workbook of {len(members)} files: unpack it, or export the table as CSV"
        )
    return archive.open(members[0])


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise InputError(f"{path}, line {number}, is longer than {_LONGEST_LINE:,} characters: this is not a table")
        yield line


def _delimited(path: Path, lines: Callable[[], Iterator[str]]) -> Table:
    top = list(islice(((number, line) for number, line in enumerate(lines(), start=1) if line.strip()), _LOOKED_AT))
    delimiters = _DELIMITERS
    # Spreadsheets may write this line before the headings.
    if len(top) > 1 and top[0][1].casefold().startswith("sep="):
        told = top.pop(0)[1][4:5]
        delimiters = told if told in set(_DELIMITERS) else _DELIMITERS
    by_delimiter = {delimiter: [_cells(line, delimiter) for _, line in top] for delimiter in delimiters}
    # Names contain commas, so the right delimiter is the one with which the headings are known.
    delimiter = max(by_delimiter, key=lambda delimiter: len(columns_of(by_delimiter[delimiter][0]).positions))
    headings, *rows = by_delimiter[delimiter]
    if rows and all(len(row) == len(headings) + 1 for row in rows) and any(row[-1] for row in rows):
        # R writes row names without a heading.
        headings = ["", *headings]
    left_out = LeftOut()

    def parts(positions: Sequence[int]) -> Iterator[pd.DataFrame]:
        records = _records(path, lines(), delimiter, top[0][0], len(headings), left_out)
        yield from _framed(positions, ((number, [row[place] for place in positions]) for number, row in records))

    return Table(headings, parts, left_out, decimal_comma=delimiter != ",")


def _framed(positions: Sequence[int], rows: Iterator[tuple[int, list[str]]]) -> Iterator[pd.DataFrame]:
    def short(row: list[str]) -> list[str]:
        return row if sum(map(len, row)) < _LONGEST_CELL else [cell[:_LONGEST_CELL] for cell in row]

    while part := [(number, short(row)) for number, row in islice(rows, _PART)]:
        columns = zip(*(row for _, row in part), strict=True)
        cells = {position: list(column) for position, column in zip(positions, columns, strict=True)}
        yield pd.DataFrame(cells, index=[number for number, _ in part], dtype="str")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []


def _records(
    path: Path, lines: Iterator[str], delimiter: str, skipped: int, width: int, left_out: LeftOut
) -> Iterator[tuple[int, list[str]]]:
    """Yields the rows below the headings (which end in line `skipped`) with the number of each row's last line."""
    reader = csv.reader(islice(lines, skipped, None), delimiter=delimiter)
    try:
        for row in reader:
            number = skipped + reader.line_num
            if len(row) > width and any(row[width:]):
                left_out.add([(number, f"has {len(row)} cells for {width} headings")])
            elif row:
                yield number, row + [""] * (width - len(row))
    except csv.Error as error:
        raise InputError(
            f"{path}, line {skipped + reader.line_num}, is not readable ({error}): is a quotation mark not closed?"
        ) from None


def _json_lines(path: Path, sample: str, lines: Callable[[], Iterator[str]]) -> Table:
    known = (_json_object(line) for line in sample.split("\n"))
    headings = list(dict.fromkeys(heading for row in known for heading in row or ()))
    if not headings:
        raise InputError(f"{path} is JSON, but not one object per line: convert it, e.g. with jq -c '.[]'")
    left_out = LeftOut()

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(lines(), start=1):
            row = _json_object(line)
            if row is not None:
                yield number, row
            elif line.strip():
                left_out.add([(number, "is not a JSON object")])

    def parts(positions: Sequence[int]) -> Iterator[pd.DataFrame]:
        names = [headings[position] for position in positions]
        yield from _framed(
            positions, ((number, [_json_cell(row.get(name)) for name in names]) for number, row in rows())
        )

    return Table(headings, parts, left_out)


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _json_cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # JSON may contain lone surrogates, which no other text can represent.
    return str(value).encode("utf-8", "replace").decode()


def _parquet(path: Path) -> Table:
    with pq.ParquetFile(path) as file:
        headings = file.schema_arrow.names

    def parts(positions: Sequence[int]) -> Iterator[pd.DataFrame]:
        wanted = {position: headings[position] for position in positions}
        row = 1
        with _told(path):
            for batch in read_batches(path, _PART, list(wanted.values())):
                cells = {place: _parquet_cells(batch[batch.schema.names.index(name)]) for place, name in wanted.items()}
                yield pd.DataFrame(cells).set_axis(range(row, row + len(batch)))
                row += len(batch)

    return Table(headings, parts, LeftOut("row"))


def _parquet_cells(column: pa.Array) -> pd.Series:
    # Otherwise the text of a damaged file would fail wherever it is used.
    column.validate(full=True)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return column.to_pandas()
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return (column if text else pa.nulls(len(column), pa.string())).to_pandas().astype("str")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist: audio features come from a file, an http(s):// URL, spotify, or none"
        ) from None
    except _BROKEN as error:
        said = " ".join(str(error).split())[:300]
        raise InputError(f"the audio features in {path} cannot be read: {said or type(error).__name__}") from None
