"""Decodes text in the encodings that players and spreadsheets of the last thirty years write."""

import codecs
import re
from collections.abc import Sequence

from charset_normalizer import from_bytes

# Longer ones first: that of UTF-32 starts like that of UTF-16.
BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# What players and spreadsheets write instead of Unicode. If several fit equally well, the first is used.
_CODE_PAGES = (
    "cp1252",
    "cp1251",
    "cp1250",
    "cp932",
    "gb18030",
    "cp949",
    "big5",
    "cp1253",
    "cp1254",
    "cp1255",
    "koi8_r",
)

# The detector's limit of "chaos" in readable text; above it no encoding fits.
_TOO_CHAOTIC = 0.3
_DETECTION_BYTES = 1 << 14


def decode(content: bytes, declared: str | None = None, cut: bool = False) -> tuple[str, str | None]:
    """Returns the text, and a warning if its encoding had to be guessed.

    `declared` is the encoding that the file itself names. `cut` means that the content is only the beginning.

    Raises:
        EOFError: the content is UTF-8 that ends within a character.
    """
    bom = next((bom for bom in BOMS if content.startswith(bom)), None)
    if bom:
        return content.decode(BOMS[bom], errors="replace"), None
    if declared and _is_text_encoding(declared):
        return content.decode(declared, errors="replace"), None
    wide = _utf_16(content)
    if wide:
        return content.decode(wide, errors="replace"), None
    try:
        return content.decode(), None
    except UnicodeDecodeError as error:
        at_the_end = error.reason == "unexpected end of data"
        if at_the_end and (cut or not content[: error.start].isascii()):
            if cut:
                return content[: error.start].decode(), None
            raise EOFError from error
    return _guessed(content)


def encoding_of(beginning: bytes) -> str:
    """Returns the encoding of a text from its beginning, cut anywhere, for texts that are read in parts."""
    bom = next((bom for bom in BOMS if beginning.startswith(bom)), None)
    if encoding := BOMS[bom] if bom else _utf_16(beginning):
        return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        lines, bad = _lines_not_in_utf_8(beginning)
        return "utf-8" if _mostly_utf_8(lines, bad) else _code_page(b"".join(lines[number] for number in bad))
    return "utf-8"


def _is_text_encoding(name: str) -> bool:
    try:
        return "a".encode(name).decode(name) == "a"
    except (LookupError, ValueError, TypeError, UnicodeError, AttributeError):
        return False


def _utf_16(content: bytes) -> str | None:
    """Detects UTF-16 without a byte order mark: in every script, one byte of punctuation and digits is zero."""
    head = content[:4096]
    first, second = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(first, second) * 20 < len(head) or min(first, second) * 10 > max(first, second):
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def _guessed(content: bytes) -> tuple[str, str]:
    """Returns the text of content that is not UTF-8: line by line if most lines are, else in one code page."""
    lines, bad = _lines_not_in_utf_8(content)
    if _mostly_utf_8(lines, bad):
        encoding = _code_page(b"".join(lines[number] for number in bad))
        for number in bad:
            lines[number] = lines[number].decode(encoding, errors="replace").encode()
        return b"".join(lines).decode(), f"lines not in UTF-8, read as {encoding}"
    encoding = _code_page(b"".join(lines[number] for number in bad[:500]))
    return content.decode(encoding, errors="replace"), f"encoding guessed: {encoding}"


def _lines_not_in_utf_8(content: bytes) -> tuple[list[bytes], list[int]]:
    lines = re.split(rb"(?<=\n)|(?<=\r)(?!\n)", content)
    return lines, [number for number, line in enumerate(lines) if not _is_utf_8(line)]


def _mostly_utf_8(lines: Sequence[bytes], bad: Sequence[int]) -> bool:
    return sum(not line.isascii() for line in lines) >= 2 * len(bad)


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _code_page(sample: bytes) -> str:
    matches = from_bytes(sample[:_DETECTION_BYTES], cp_isolation=list(_CODE_PAGES), threshold=_TOO_CHAOTIC)
    fitting = [
        (round(match.chaos, 2), -match.coherence, _CODE_PAGES.index(encoding), encoding)
        for match in matches
        for encoding in match.could_be_from_charset
        if encoding in _CODE_PAGES
    ]
    return min(fitting)[-1] if fitting else _CODE_PAGES[0]
