"""Recognises versions of the same song: remasters, live recordings, radio edits, with and without guests.

A remix, a cover or a second part is a different song.
"""

import hashlib
import re

from algorhythms_ask.names import GUEST, folded, key, main_artist

# Suffixes of a title: "(feat. Somebody)", "[Live]", " - 2011 Remaster".
_ASIDE = re.compile(r"\s*(?:[(\[（［]([^()\[\]（）［］]*)[)\]）］]|\s[-–—]\s+(.*)$|\s(?=(?:feat|ft|featuring)\b)(.*)$)")
_WORDS = re.compile(r"\w+")
_SAME_SONG = {
    *("remaster", "remastered", "live", "mono", "stereo", "radio", "edit", "version", "single", "album", "acoustic"),
    *("unplugged", "session", "sessions", "demo", "deluxe", "bonus", "explicit", "clean", "original", "anniversary"),
    *("edition", "expanded", "rerecorded", "recorded"),
}
_ANOTHER_SONG = {
    *("remix", "mix", "rmx", "karaoke", "instrumental", "cover", "tribute", "medley", "reprise", "part", "pt"),
    *("interlude", "dub"),
}
_GUESTS = GUEST | {"with", "from"}
_YEAR = re.compile(r"(?:19|20)\d\d")


def song(title: str | None, artist: str | None) -> str | None:
    """Returns a key of 16 characters that all versions of a song share; None without a title or an artist."""
    if not title or not artist:
        return None
    names = (key(without_version(title)), main_artist(artist))
    if not all(names):
        return None
    return hashlib.blake2b("\n".join(names).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def without_version(title: str) -> str:
    """Returns the title without its version suffixes; unchanged if nothing would be left."""
    plain = folded(title)
    rest = _ASIDE.sub(lambda aside: "" if _is_version(aside[1] or aside[2] or aside[3] or "") else aside[0], plain)
    return rest if rest.strip() else plain


def another_song(text: str) -> frozenset[str]:
    """Returns the words of a text that make it a different song: "remix", "karaoke"."""
    return frozenset(_ANOTHER_SONG.intersection(_WORDS.findall(folded(text))))


def _is_version(aside: str) -> bool:
    words = _WORDS.findall(aside)
    if not words or _ANOTHER_SONG.intersection(words):
        return False
    return words[0] in _GUESTS or not _SAME_SONG.isdisjoint(words) or all(map(_YEAR.fullmatch, words))
