"""Text of whatever encoding, as far as it matters: headings, identifiers and numbers are ASCII in all of them."""

import codecs
import string

from charset_normalizer import from_bytes

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Longer ones first: that of UTF-16 begins that of UTF-32.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# More would make no better guess, and take seconds.
_GUESSED_FROM = 65_536


def decoded(content: bytes) -> tuple[str, ...]:
    """Returns the text and the encoding it was read in; `content` may be cut anywhere, and nothing is refused."""
    encoding = _encoding(content)
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(content), encoding


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    # Text in ASCII characters, two bytes each, without the mark that should be there.
    head = content[:40]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[first::2].count(0) * 4 > len(head):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        guesses = (guess.encoding for guess in from_bytes(content[:_GUESSED_FROM]))
        # A guess from few or mixed letters may be far off, but must not take what is ASCII for something else.
        return next((guess for guess in guesses if _keeps_ascii(guess)), "latin-1")
    return "utf-8"


def _keeps_ascii(encoding: str) -> bool:
    return string.printable.encode("ascii").decode(encoding, "replace") == string.printable
