"""Identifiers for tracks and playlists without one; reading the same file again gives the same ones."""

import hashlib
from collections import Counter
from typing import Any

from algorhythms_ask.songs import local_track as identifier_of
from algorhythms_ask.songs import normalised


def local_track(artist: Any, title: Any, place: object = None) -> str | None:
    """Returns the identifier of a song derived from its names, or None if it has no title.

    A title alone is not unique: many artists have an "Intro". So without an artist, `place` is part of the identity:
    the path, the album, or the slice of the song.
    """
    title = title if isinstance(title, str) else ""
    artist = artist if isinstance(artist, str) else ""
    return identifier_of(artist, title, "" if place is None else str(place)) if normalised(title) else None


def pid_of(*identity: object) -> int:
    """Returns a hash of a playlist's identity, as a pid: a whole number from 0 to 2^63 - 1."""
    digest = hashlib.blake2b(repr([str(part) for part in identity]).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class Pids:
    """Pids for a slice's playlists that have only a name; playlists with the same name are numbered.

    This way a playlist keeps its pid when other playlists are inserted before it.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._seen: Counter[str] = Counter()

    def of(self, name: object) -> int:
        """Returns the pid of the next playlist with that name."""
        number = self._seen[str(name)]
        self._seen[str(name)] += 1
        return pid_of(self._key, name, number)
