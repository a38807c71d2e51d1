"""CSV, also with semicolons or tabs; its first line names the columns."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.columns import find_columns, playlists_of
from algorhythms_assets.ingest.formats.document import Document, SliceError, decoded, ends_early

_DELIMITERS = (",", ";", "\t", "|")
_BLANK = b"\r\n "


def recognises(document: Document) -> bool:
    """Returns whether the first line names a playlist's column and a track's."""
    return isinstance(document, bytes) and bool(_header(document)[1])


def playlists(document: Document, key: str) -> Iterator[Any]:
    """Yields the playlists."""
    delimiter, columns = _header(document)
    return playlists_of(columns, _rows(document, delimiter), key)


def _header(content: bytes) -> tuple[str, dict[str, int]]:
    line = content[: 1 << 16].lstrip(_BLANK).splitlines()[0].decode(errors="replace")
    # What the delimiter is tells which of them finds the most columns.
    found = {
        delimiter: find_columns(next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), []))
        for delimiter in _DELIMITERS
    }
    return max(found.items(), key=lambda item: len(item[1]))


def _rows(content: bytes, delimiter: str) -> Iterator[list[str]]:
    lines = io.StringIO(decoded(content.lstrip(_BLANK)), newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    row = header = next(reader)
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        if str(error) == "unexpected end of data":  # within quotes
            raise ends_early("CSV", content) from error
        raise SliceError(f"not CSV at line {reader.line_num}: {error}") from error
    if len(row) < len(header) and not content.endswith((b"\n", b"\r")):
        raise ends_early("CSV", content)
