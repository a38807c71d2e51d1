"""Zip archives, such as exports of an account's data: the playlists of every file inside."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from algorhythms_assets.ingest.formats.document import Document, NoPlaylistsError, SliceError, check_size

_MAX_MEMBERS = 10_000

# Reads the playlists of a member from its content, key and name.
Reader = Callable[[bytes, str, str], tuple[Iterator[Any], Document]]


def recognises(document: Document) -> bool:
    """Returns whether it starts like a zip archive."""
    return document.json is None and document.content.startswith(b"PK\x03\x04")


def playlists_within(document: Document, read: Reader, wanted: Callable[[str], bool]) -> Iterator[Any]:
    """Yields the playlists of all files in the archive; a file without playlists is a warning.

    Nothing is extracted to disk, so members with dangerous paths are harmless.

    Raises:
        SliceError: the archive is broken, encrypted or too large, or no file in it has playlists.
    """
    found, size, reasons = 0, 0, []
    try:
        with zipfile.ZipFile(io.BytesIO(document.content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir() and wanted(member.filename)]
            if len(members) > _MAX_MEMBERS:
                raise SliceError(f"more than {_MAX_MEMBERS:,} files in one archive: unpack it")
            for member in members:
                size += member.file_size
                check_size(size, "the archive unpacks to")
                # The declared size of a member may be wrong.
                with archive.open(member) as file:
                    content = file.read(member.file_size + 1)
                try:
                    entries, inner = read(content, f"{document.key}/{member.filename}", member.filename)
                    for entry in entries:
                        found += 1
                        yield entry
                    document.warnings.update(inner.warnings)
                except SliceError as error:
                    name = PurePosixPath(member.filename).name
                    reasons.append(f"{name}: {error}")
                    document.warnings[f"without playlists: {name}: {error}"] += 1
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise SliceError(f"cannot read the zip archive: {error}. Unpack it.") from error
    if not found:
        why = f" ({'; '.join(reasons[:3])})" if reasons else ""
        raise NoPlaylistsError(f"no file in the archive has playlists{why}")
