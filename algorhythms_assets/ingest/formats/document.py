"""Opens the content of a slice file: decompressed within bounds, and parsed if it is JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import orjson
import pyarrow as pa

from algorhythms_assets.ingest.formats.text import BOMS, decode

# A slice of the Million Playlist Dataset has 31 MB. One of 224 MB, without white space, took 1.4 GB to parse, and two
# workers must fit into the 4 GB that raw_playlists requests. A larger file is a decompression bomb, or should be split.
MAX_BYTES = 256 << 20

# The same bound in rows (about a kilobyte each), because some formats pack very many into few bytes.
MAX_ROWS = 1_000_000

# In characters; a longer line does not name a song.
LONGEST_LINE = 4000

_CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_CHUNK_BYTES = 8 << 20


class SliceError(Exception):
    """The slice cannot be used at all; the message says why and where."""


class NoPlaylistsError(SliceError):
    """The file is complete and well-formed, but does not contain playlists: it is skipped."""


@dataclass(frozen=True)
class Document:
    """A slice file, decompressed.

    `key` names the slice and distinguishes its playlists from those of others; `file` is the file's name, which a
    playlist without a name gets. `json` is the parsed content, or None if it is not JSON. Formats count in `warnings`
    what is unusual about the file as a whole.
    """

    content: bytes
    key: str
    file: str
    json: Any = None
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def title(self) -> str:
        """The file's name without the suffixes of its format."""
        name = PurePosixPath(self.file).name
        stem, dot, _ = name.removesuffix(".gz").removesuffix(".zst").rpartition(".")
        return stem if dot and stem else name

    @property
    def suffix(self) -> str:
        """The end of the file's name, in lower case: `.m3u`."""
        return PurePosixPath(self.file).suffix.lower()

    @cached_property
    def text(self) -> str:
        """The content as text; having to guess the encoding is a warning.

        Raises:
            SliceError: the file ends within a character.
        """
        return self.decoded()

    def decoded(self, encoding: str | None = None) -> str:
        """Returns the content as text in the encoding that the file declares; see `text`."""
        try:
            text, guessed = decode(self.content, encoding)
        except EOFError:
            raise self.ends_early("text") from None
        if guessed:
            self.warnings[guessed] += 1
        return text

    @cached_property
    def head(self) -> str:
        """The first lines as text, enough to recognise the format."""
        return decode(self.content[: 1 << 14], cut=True)[0]

    @property
    def is_text(self) -> bool:
        """Whether it may be text: it is not JSON, and its first lines contain no zero bytes."""
        return self.json is None and "\0" not in self.head

    def ends_early(self, kind: str) -> SliceError:
        """Returns the error for a truncated file."""
        return SliceError(f"the {kind} ends early, at byte {len(self.content)}")


def open_document(content: bytes, key: str, file: str | None = None) -> Document:
    """Returns the decompressed content, parsed if it is JSON or JSON Lines.

    Raises:
        SliceError: the file is empty, too large, or ends early.
    """
    unpacked = _unpacked(content)
    plain = Document(unpacked, key, file or key)
    if not unpacked.removeprefix(b"\xef\xbb\xbf").strip():
        raise SliceError("the file is empty")
    if not _starts_as_json(unpacked):
        return plain
    return Document(unpacked, key, plain.file, _parsed(plain), plain.warnings)


def check_rows(count: int) -> None:
    """Raises SliceError if a slice has more rows than fit into memory."""
    if count > MAX_ROWS:
        raise SliceError(f"more than {MAX_ROWS:,} rows, the maximum for a slice: split it")


def check_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yields lines, each cut to the longest useful length; raises SliceError after too many."""
    for number, line in enumerate(lines, start=1):
        check_rows(number)
        yield line[:LONGEST_LINE]


def check_size(size: int, what: str) -> None:
    """Raises SliceError if a slice has more bytes than fit into memory once parsed."""
    if size > MAX_BYTES:
        raise SliceError(f"{what} more than {MAX_BYTES >> 20} MB, the maximum for a slice: split it")


def _unpacked(content: bytes) -> bytes:
    codec = next((codec for magic, codec in _CODECS.items() if content.startswith(magic)), None)
    if codec is None:
        check_size(len(content), "the file has")
        return content
    chunks, size = [], 0
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), codec) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                chunks.append(chunk)
                size += len(chunk)
                check_size(size, f"{len(content)} bytes of {codec} unpack to")
    except OSError as error:
        if "Truncated" in str(error):
            raise SliceError(f"the {codec} data ends early, at byte {len(content)}") from error
        raise SliceError(f"broken {codec} data: {error}") from error
    return b"".join(chunks)


def _starts_as_json(content: bytes) -> bool:
    bom = next((bom for bom in BOMS if content.startswith(bom)), b"")
    start = content[len(bom) : 1000].replace(b"\0", b"").lstrip()
    # A PLS file and an M3U of a DJ program may also start with a bracket.
    return start.startswith((b"{", b"[")) and not start[:12].lower().startswith(b"[playlist]")


def _parsed(document: Document) -> Any:
    """Returns the parsed JSON, or a list of the lines if each is JSON; None for text that only starts like it."""
    content = document.content.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        lines = list(_lines(document.text))
        if lines:
            return lines
        try:
            return orjson.loads(document.text.removeprefix("\ufeff"))
        except orjson.JSONDecodeError:
            byte = len(error.doc[: error.pos].encode(errors="replace"))
            if byte >= len(content.rstrip()):
                raise document.ends_early("JSON") from error
            raise SliceError(f"not JSON at byte {byte}: {error.msg}") from error


def _lines(text: str) -> Iterator[Any]:
    """Yields the lines of JSON Lines; nothing if the first line is not JSON by itself."""
    for number, line in enumerate(filter(None, map(str.strip, text.split("\n"))), start=1):
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if number == 1:
                return
            raise SliceError(f"not JSON at line {number}: {error.msg}") from error
