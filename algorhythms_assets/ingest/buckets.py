"""Assigns playlists to buckets, which split them into training and held-out ones."""

import hashlib

BUCKETS = 10_000


def bucket(pid: int) -> int:
    """Returns a playlist's bucket, 0 to 9999, which decides whether the playlist is held out."""
    return int.from_bytes(hashlib.blake2b(str(pid).encode(), digest_size=8).digest(), "big") % BUCKETS
