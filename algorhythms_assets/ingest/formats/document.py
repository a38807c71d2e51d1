"""Opens the content of a slice file: unpacked within bounds, and parsed where it is JSON."""

import codecs
from typing import Any, TypeAlias

import orjson
import pyarrow as pa

# A slice of the Million Playlist Dataset has 31 MB. One of 224 MB, without white space, took 1.4 GB to parse, and two
# workers have to fit into the 4 GB that raw_playlists asks for. What is larger is either a bomb or better split.
MAX_BYTES = 256 << 20

# The same bound for rows, of which some formats put very many into few bytes: one takes about a kilobyte.
MAX_ROWS = 1_000_000

# Parsed JSON, or the bytes of anything else.
Document: TypeAlias = Any

_CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_CHUNK_BYTES = 8 << 20


class SliceError(Exception):
    """The slice cannot be used at all; the message says why and where."""


def open_document(content: bytes) -> Document:
    """Returns parsed JSON, or the unpacked bytes of anything else.

    Raises:
        SliceError: it is empty, too large, or ends early.
    """
    content = _unpacked(content).removeprefix(codecs.BOM_UTF8)
    start = content[:1000].lstrip()
    if not start:
        raise SliceError("the file is empty")
    return _parsed(content) if start.startswith((b"{", b"[")) else content


def decoded(content: bytes) -> str:
    """Returns text: UTF-8, or what Windows wrote before it.

    Raises:
        SliceError: it ends within a character.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise ends_early("text", content) from error
        return content.decode("cp1252", errors="replace")


def check_rows(count: int) -> None:
    """Raises SliceError if a slice has more rows than fit into memory."""
    if count > MAX_ROWS:
        raise SliceError(f"more than {MAX_ROWS:,} rows, the most that a slice may have: split it")


def check_size(size: int, what: str) -> None:
    """Raises SliceError if a slice has more bytes than fit into memory once they are parsed."""
    if size > MAX_BYTES:
        raise SliceError(f"{what} more than {MAX_BYTES >> 20} MB, the most that a slice may have: split it")


def ends_early(kind: str, content: bytes) -> SliceError:
    """Returns the error for a file that was cut off."""
    return SliceError(f"the {kind} ends early, at byte {len(content)}")


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
            raise ends_early(f"{codec} data", content) from error
        raise SliceError(f"broken {codec} data: {error}") from error
    return b"".join(chunks)


def _parsed(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        byte = len(error.doc[: error.pos].encode(errors="replace"))
        if byte >= len(content.rstrip()):
            raise ends_early("JSON", content) from error
        raise SliceError(f"not JSON at byte {byte}: {error.msg}") from error
