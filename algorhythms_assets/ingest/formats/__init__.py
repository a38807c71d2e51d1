"""The formats that playlists come in: one module each, chosen by what a file holds more than by its name.

Each gives playlists in the shape of the Million Playlist Dataset's JSON, unchecked: `pid`, `name`, `tracks`, and
`num_tracks` where the file declares it; `has_own_pid` is false where the pid is made of the file's name. What is wrong
with them is found in one place, `ingest.parsing`. To add a format, add a module and name it here.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from algorhythms_assets.ingest.formats import (
    archive,
    delimited,
    json_playlists,
    jspf,
    lines,
    m3u,
    parquet,
    pls,
    xml_playlists,
)
from algorhythms_assets.ingest.formats.document import Document, SliceError, open_document

# What a file's name may end in. Longer ones first: a file is named after what is left.
SUFFIXES = (
    *(".json.gz", ".json.zst", ".json", ".jsonl.gz", ".jsonl", ".ndjson", ".jspf"),
    *(".m3u8", ".m3u", ".pls", ".xspf", ".xml", ".wpl", ".zpl", ".nml"),
    *(".csv.gz", ".csv", ".tsv", ".txt", ".parquet", ".zip"),
)


class Format(Protocol):
    """What a module of this package offers."""

    def recognises(self, document: Document) -> bool:
        """Returns whether the document is of this format."""

    def playlists(self, document: Document) -> Iterator[Any]:
        """Yields the document's playlists."""


# Each takes what is left by those before it.
FORMATS: tuple[Format, ...] = (parquet, jspf, json_playlists, pls, xml_playlists, m3u, delimited, lines)


def read_playlists(content: bytes, key: str, file: str | None = None) -> tuple[Iterator[Any], Document]:
    """Returns the playlists of a slice, unchecked, and the opened file, whose warnings are whole when they are read.

    `key` names the slice, `file` is the file's name.

    Raises:
        SliceError: it is of no format that is known, cannot be read to its end, or is too large.
    """
    document = open_document(content, key, file)
    if archive.recognises(document):
        return archive.playlists_within(document, _member, is_slice_name), document
    return _read(document), document


def is_slice_name(name: str) -> bool:
    """Returns whether a file of that name may hold playlists."""
    base = name.rpartition("/")[2].lower()
    # Finder and archivers leave these beside each file.
    return base.endswith(SUFFIXES) and base not in SUFFIXES and not base.startswith("._") and "__MACOSX/" not in name


def _member(content: bytes, key: str, file: str) -> tuple[Iterator[Any], Document]:
    document = open_document(content, key, file)
    if archive.recognises(document):
        raise SliceError("an archive within an archive: unpack it")
    return _read(document), document


def _read(document: Document) -> Iterator[Any]:
    for format_ in FORMATS:
        if format_.recognises(document):
            return format_.playlists(document)
    raise SliceError(
        "no playlist that is known: neither JSON, XSPF, M3U, PLS or Parquet, nor a table whose columns have a track, "
        "nor lines of links or `artist - title`"
    )
