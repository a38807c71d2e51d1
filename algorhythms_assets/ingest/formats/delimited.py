"""CSV and similar tables, with any delimiter; columns are recognised by headings or cells."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from algorhythms_assets.ingest.formats.columns import find_columns, is_spotify_track, playlists_of, refuse_other_tables
from algorhythms_assets.ingest.formats.document import (
    LONGEST_LINE,
    Document,
    NoPlaylistsError,
    SliceError,
    check_rows,
)
from algorhythms_assets.ingest.formats.names import FEATURES, HISTORY, plain

_DELIMITERS = (",", ";", "\t", "|")
# Shazam and others write a title line above the headings.
_LINES_ABOVE = 3
_SAMPLE_LINES = 30


class _Table(NamedTuple):
    delimiter: str
    header: list[str]
    above: int
    columns: dict[str, int]


def recognises(document: Document) -> bool:
    """Returns whether one of the first lines has the headings of tracks, a listening history or audio features."""
    if not document.is_text:
        return False
    table = _table(document)
    names = {plain(name) for name in table.header}
    return bool(table.columns) or (len(names) > 1 and bool(names & HISTORY or len(names & FEATURES) > 3))


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlists.

    Raises:
        NoPlaylistsError: it is a listening history or a table of audio features.
        SliceError: it ends early, or has too many rows.
    """
    table = _table(document)
    refuse_other_tables(table.header, table.columns)
    if not table.columns:
        raise NoPlaylistsError(f"a table without a track in each row; its columns are {', '.join(table.header)}")
    return playlists_of(table.columns, _rows(document, table), document)


def _table(document: Document) -> _Table:
    """Returns the table, split by the delimiter that gives the first lines the most known columns."""
    lines = _lines(document.head)[:_SAMPLE_LINES]
    found = [_Table(",", [], 0, {})]
    for delimiter in _DELIMITERS:
        rows = _tolerant(lines, delimiter)
        for above, header in enumerate(rows[: _LINES_ABOVE + 1]):
            found.append(_Table(delimiter, header, above, find_columns(header, rows[above + 1 :])))
            if any(map(is_spotify_track, header)):
                # No headings: look at the cells. A single column is a list of lines.
                unnamed = [""] * len(header)
                columns = find_columns(unnamed, rows[above:]) if len(header) > 1 else {}
                found[-1] = _Table(delimiter, unnamed, above - 1, columns)
                break
    return max(found, key=lambda table: (len(table.columns), len(table.header) - table.above))


def _lines(text: str) -> list[str]:
    """Returns the non-empty lines, without the line that tells Excel the delimiter."""
    lines = [line for line in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")) if line.strip()]
    return lines[1:] if lines and re.fullmatch(r'"?sep=.?"?', lines[0].strip(), re.IGNORECASE) else lines


def _rows(document: Document, table: _Table) -> list[list[str]]:
    text = document.text.removeprefix("\ufeff").lstrip("\r\n ")
    text = re.sub(r"^\"?sep=[^\r\n]?\"?[\r\n]+", "", text, flags=re.IGNORECASE)
    try:
        rows = _strict(text, table.delimiter)
    except csv.Error:
        lines = _lines(text)
        rows = _tolerant(lines, table.delimiter)
        if len(rows[-1]) < len(table.header) and not text.endswith(("\n", "\r")):
            raise document.ends_early("CSV") from None
        document.warnings["quotes not doubled: each line read separately"] += 1
    rows = [row for row in rows if any(map(str.strip, row))]
    # In a truncated file only the last line is too short; some programs omit empty cells at the end of any line.
    whole = max(map(len, rows[:-1]), default=0)
    if len(rows) > 1 and len(rows[-1]) < min(whole, len(table.header)) and not text.endswith(("\n", "\r")):
        raise document.ends_early("CSV")
    return rows[table.above + 1 :]


def _strict(text: str, delimiter: str) -> list[list[str]]:
    """Returns the rows of well-formed CSV; a field may span lines.

    Raises:
        csv.Error: it is not well-formed.
    """
    # A lone carriage return also ends a line, but the csv module treats it as part of a field.
    lines = io.StringIO(text, newline=None)
    rows: list[list[str]] = []
    for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True):
        check_rows(len(rows))
        rows.append(row)
    return rows


def _tolerant(lines: list[str], delimiter: str) -> list[list[str]]:
    """Returns the cells of each line; a quote within a cell ends it only before a delimiter."""
    check_rows(len(lines))
    mark = re.escape(delimiter)
    cell = re.compile(rf"\s*\"(?P<quoted>.*?)\"\s*(?={mark}|$)|(?P<bare>[^{mark}]*)", re.DOTALL)
    rows = []
    for line in lines:
        if len(line) > LONGEST_LINE:  # matching its quotes would take too long
            rows.append(line.split(delimiter))
            continue
        cells, place = [], 0
        while place <= len(line):
            match = cell.match(line, place)
            if match is None:  # cannot happen: the pattern matches an empty cell
                raise SliceError(f"not CSV: {line[:80]}")
            quoted = match["quoted"]
            cells.append(match["bare"].strip() if quoted is None else re.sub(r'""|\\"', '"', quoted))
            place = match.end() + 1
        rows.append(cells)
    return rows
