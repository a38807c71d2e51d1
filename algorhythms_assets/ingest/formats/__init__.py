"""The formats of playlists: one module each, chosen by a file's content rather than its name.

Each yields playlists in the shape of the Million Playlist Dataset's JSON, unchecked: `pid`, `name`, `tracks`, and
`num_tracks` if the file declares it; `has_own_pid` is false if the pid is derived from the file's name. All checks are
in one place, `ingest.parsing`. To add a format, add a module and name it here.
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

# The suffixes of slice files. Longer ones first: the rest of the name is the slice's name.
SUFFIXES = (
    *(".json.gz", ".json.zst", ".json", ".jsonl.gz", ".jsonl", ".ndjson", ".jspf"),
    *(".m3u8", ".m3u", ".pls", ".xspf", ".xml", ".wpl", ".zpl", ".nml"),
    *(".csv.gz", ".csv", ".tsv", ".txt", ".parquet", ".zip"),
)


class Format(Protocol):
    """The interface of each module of this package."""

    def recognises(self, document: Document) -> bool:
        """Returns whether the document is of this format."""

    def playlists(self, document: Document) -> Iterator[Any]:
        """Yields the document's playlists."""


# The first one that recognises a document reads it.
FORMATS: tuple[Format, ...] = (parquet, jspf, json_playlists, pls, xml_playlists, m3u, delimited, lines)


def read_playlists(content: bytes, key: str, file: str | None = None) -> tuple[Iterator[Any], Document]:
    """Returns the playlists of a slice, unchecked, and the opened file.

    The file's warnings are complete once all playlists have been read.

    `key` names the slice, `file` is the file's name.

    Raises:
        SliceError: its format is unknown, it cannot be read to its end, or it is too large.
    """
    document = open_document(content, key, file)
    if archive.recognises(document):
        return archive.playlists_within(document, _member, is_slice_name), document
    return _read(document), document


def is_slice_name(name: str) -> bool:
    """Returns whether a file of that name may contain playlists."""
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
        "unknown format: not JSON, XSPF, M3U, PLS or Parquet, not a table with a column of tracks, "
        "and not lines of links or `artist - title`"
    )
