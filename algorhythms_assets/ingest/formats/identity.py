"""Identifiers for what comes without one: the same from the same file, whenever it is read."""

import hashlib
from collections import Counter
from typing import Any

from algorhythms_ask.songs import normalised


def local_track(artist: Any, title: Any) -> str | None:
    """Returns `local:track:<hash of the normalised artist and title>`, or None where there is no title."""
    title = normalised(title) if isinstance(title, str) else ""
    if not title:
        return None
    artist = normalised(artist) if isinstance(artist, str) else ""
    # A normalised name holds no line break, so none can be mistaken for the separator.
    digest = hashlib.blake2b(f"{artist}\n{title}".encode(), digest_size=16)
    return f"local:track:{digest.hexdigest()}"


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
