"""The formats that playlists come in: one module each, chosen by what a file holds and not by its name.

Each gives playlists in the shape of the Million Playlist Dataset's JSON, unchecked: `pid`, `name`, `tracks`, and
`num_tracks` where the file declares it. What is wrong with them is found in one place, `ingest.parsing`.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from algorhythms_assets.ingest.formats import delimited, jspf, m3u, mpd, parquet, spotify_export
from algorhythms_assets.ingest.formats.document import Document, SliceError, open_document


class Format(Protocol):
    """What a module of this package offers."""

    def recognises(self, document: Document) -> bool:
        """Returns whether the document is of this format."""

    def playlists(self, document: Document, key: str) -> Iterator[Any]:
        """Yields the document's playlists; `key` names the slice, where a playlist needs its file to be told apart."""


# Of the JSON formats, the Million Playlist Dataset's comes last: it takes any list of `playlists`.
FORMATS: tuple[Format, ...] = (spotify_export, jspf, mpd, parquet, m3u, delimited)


def read_playlists(content: bytes, key: str) -> Iterator[Any]:
    """Yields the playlists of a slice, unchecked.

    Raises:
        SliceError: it is of no format that is known, cannot be read to its end, or is too large.
    """
    document = open_document(content)
    for format_ in FORMATS:
        if format_.recognises(document):
            return format_.playlists(document, key)
    raise SliceError(
        "not a slice: neither JSON with `playlists` or `playlist`, nor Parquet, M3U, or CSV whose first line names "
        "the columns (playlist, and track or title)"
    )
