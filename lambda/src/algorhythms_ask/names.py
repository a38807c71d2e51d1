"""Normalises names for comparison: those of tracks when an index is built, those of queries when it is searched.

A name is folded, split at white space into words, and words at all other non-alphanumeric characters into pieces:
"AC/DC" is the word `acdc` of the pieces `ac` and `dc`, "10,000 Reasons" the words `10000` and `reasons`. Joins cover
words that people write together or apart: "JAY Z" is also `jayz`. The key of a name is all its words joined, so names
with the same key are the same name.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from algorhythms_ask.songs import normalised

# Version of the names in an index. Raise it whenever normalisation changes: an index of another version is refused.
VERSION = 2

# Words before a guest's name; how they are written, or whether at all, does not matter.
GUEST = frozenset({"feat", "ft", "featuring"})

_LONGEST_WORD = 64
_LONGEST_KEY = 256

# Characters that NFKC would split, and symbols that it would turn into letters.
_BEFORE = str.maketrans({"´": "'", "™": "", "℠": ""})
# Letters that Unicode does not decompose into a letter and an accent, though people type them without one; letters
# that are apostrophes; and the one that only stretches Arabic words.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "þ": "th"}
    | dict.fromkeys("ʹʻʼʽˈʾʿ", "'")
    | {"\u0640": ""}
)
# Optional marks of Latin, Greek, Cyrillic, Hebrew and Arabic; other marks are part of the word. Then those that select
# how a character is drawn.
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_AND = re.compile(r"&|(?<!\S)\+(?!\S)")
# Symbols used as letters: P!nk, Ke$ha.
_FOR_I = re.compile(r"(?<=[^\W\d_])!(?=[^\W\d_])")
_FOR_S = re.compile(r"(?<=[^\W\d_])\$+|\$+(?=[^\W\d_])")
_ASCII = re.compile("[A-Za-z0-9]+")
_QUOTES = "'\"`"
# Suffixes that are not part of the title: "Title (Live)", "Title - 2011 Remaster", "Title feat. Somebody".
_ASIDE = re.compile(r"\s(?:[(\[（［]|[-–—]\s|(?:feat|ft|featuring)\b)", re.IGNORECASE)


class Spelling(NamedTuple):
    """The pieces from `start` to before `end`, written as one word."""

    start: int
    end: int
    word: str


@dataclass(frozen=True)
class Name:
    """A name split into pieces, and its words."""

    pieces: tuple[str, ...]
    words: tuple[Spelling, ...]

    @cached_property  # not needed for keys, the most frequent use
    def joins(self) -> tuple[Spelling, ...]:
        """Adjacent pieces joined to one word that the name itself writes separately."""
        return tuple(_joins(self.pieces))


class Terms(NamedTuple):
    """What an index stores of a track's names."""

    words: frozenset[str]
    joins: frozenset[str]
    titles: frozenset[str]
    artists: frozenset[str]


@lru_cache(4096)
def folded(text: str) -> str:
    """Returns the text with case, width, accents, invisible characters and redundant white space removed."""
    if text.isascii():
        return normalised(text)
    decomposed = unicodedata.normalize("NFKD", normalised(text.translate(_BEFORE)))
    plain = _MARKS.sub("", decomposed).translate(_PLAIN)
    if not plain.isprintable():
        plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return normalised(plain)


@lru_cache(4096)  # parsed for words and for keys, and again when a list is resolved
def parsed(text: str) -> Name:
    """Returns a name in pieces and words; one without letters and digits is a single piece of its symbols."""
    plain = folded(text)
    pieces: list[str] = []
    words: list[Spelling] = []
    for written in _AND.sub(" and ", plain).split():
        start = len(pieces)
        if written.isalnum():
            pieces.append(written[:_LONGEST_WORD])
            words.append(Spelling(start, start + 1, pieces[start]))
        elif parts := _pieces(written):
            pieces += parts
            words.append(Spelling(start, len(pieces), "".join(_pieces(_read(written)))[:_LONGEST_WORD]))
    if not pieces:
        signs = "".join(sign for sign in plain if unicodedata.category(sign)[0] in "PS" and sign not in _QUOTES)
        pieces = [signs[:_LONGEST_WORD]] if signs else []
        words = [Spelling(0, 1, sign) for sign in pieces]
    for place in range(1, len(pieces) - 1):
        # Guns N' Roses; but the n of N.W.A. is a letter.
        if pieces[place] == "n" and min(len(pieces[place - 1]), len(pieces[place + 1])) > 1:
            pieces[place] = "and"
    words = [word._replace(word=pieces[word.start]) if word.word == "n" else word for word in words]
    return Name(tuple(pieces), tuple(words))


def key(text: str) -> str:
    """Returns a key that is equal for names that differ only in spelling."""
    return _key(parsed(text).words)


def title_keys(title: str) -> frozenset[str]:
    """Returns the keys of a title: of all of it, and without brackets, what follows a dash, and guests."""
    aside = _ASIDE.search(title)
    return frozenset({key(title), key(title[: aside.start()]) if aside else ""} - {""})


def artist_keys(artist: str) -> frozenset[str]:
    """Returns the keys of an artist: of the full name, without guests, and without a leading "The"."""
    keys = title_keys(artist)
    words = parsed(artist).words
    return keys | {_key(words[1:])} if len(words) > 1 and words[0].word == "the" else keys


def main_artist(artist: str) -> str:
    """Returns the key of an artist without guests and without a leading "The"."""
    plain = folded(artist)
    guests = _ASIDE.search(plain)
    words = parsed(plain[: guests.start()] if guests else artist).words
    return _key(words[1:] if len(words) > 1 and words[0].word == "the" else words)


def terms(title: str | None, artist: str | None) -> Terms:
    """Returns what an index stores for a track with these names."""
    names = [parsed(name) for name in (title, artist) if name]
    words = {piece for name in names for piece in name.pieces}
    words |= {spelling.word for name in names for spelling in name.words}
    joins = {spelling.word for name in names for spelling in name.joins}
    if "and" in words:
        words.add("n")
    return Terms(
        frozenset(words),
        frozenset(joins - words),
        title_keys(title) if title else frozenset(),
        artist_keys(artist) if artist else frozenset(),
    )


def _read(written: str) -> str:
    return _FOR_S.sub(lambda signs: "s" * len(signs[0]), _FOR_I.sub("i", written))


def _pieces(written: str) -> list[str]:
    if written.isalnum():
        return [written[:_LONGEST_WORD]]
    if written.isascii():
        return [part[:_LONGEST_WORD] for part in _ASCII.findall(written)]
    # Not \w: it does not match the marks that are vowels in many scripts.
    parts = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in written).split()
    return [part[:_LONGEST_WORD] for part in parts if any(letter.isalnum() for letter in part)]


def _key(words: Sequence[Spelling]) -> str:
    return "".join("feat" if word.word in GUEST else word.word for word in words)[:_LONGEST_KEY]


def _joins(pieces: Sequence[str]) -> Iterator[Spelling]:
    letters = 0
    for place, piece in enumerate(pieces):
        if place:
            yield Spelling(place - 1, place + 1, (pieces[place - 1] + piece)[:_LONGEST_WORD])
        if piece == "and" and 0 < place < len(pieces) - 1:
            # Rock 'n' Roll is also rocknroll.
            for tie in ("and", "n"):
                tied = pieces[place - 1] + tie + pieces[place + 1]
                yield Spelling(place - 1, place + 2, tied[:_LONGEST_WORD])
        letters = letters + 1 if len(piece) == 1 else 0
        if letters > 2 and (place + 1 == len(pieces) or len(pieces[place + 1]) > 1):
            start = place + 1 - letters
            yield Spelling(start, place + 1, "".join(pieces[start : place + 1])[:_LONGEST_WORD])
