"""Identifiers for what comes without one: the same from the same file, whenever it is read."""

import hashlib
from collections import Counter
from typing import Any

from algorhythms_ask.songs import local_track as identifier_of
from algorhythms_ask.songs import normalised


def local_track(artist: Any, title: Any, place: object = None) -> str | None:
    """Returns the identifier of a song by its names, or None where there is no title.

    A title alone is no identity: many artists have an "Intro". So without an artist `place` takes part, which tells
    it from others: its path, its album, or the slice it stands in.
    """
    title = title if isinstance(title, str) else ""
    artist = artist if isinstance(artist, str) else ""
    return identifier_of(artist, title, "" if place is None else str(place)) if normalised(title) else None


def pid_of(*identity: object) -> int:
    """Returns a hash of what tells a playlist from all others, as a pid: a whole number from 0 to 2^63 - 1."""
    digest = hashlib.blake2b(repr([str(part) for part in identity]).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class Pids:
    """Pids for a slice's playlists that have only a name; those of one name are counted.

    So a playlist keeps its pid when others are written before it.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._seen: Counter[str] = Counter()

    def of(self, name: object) -> int:
        """Returns the pid of the next playlist of that name."""
        number = self._seen[str(name)]
        self._seen[str(name)] += 1
        return pid_of(self._key, name, number)
