"""Where a playlist falls when playlists are split into training and held-out ones."""

import hashlib

BUCKETS = 10_000


def bucket(pid: int) -> int:
    """Returns where in 0..9999 the playlist falls; the split into training and held-out playlists goes by it."""
    return int.from_bytes(hashlib.blake2b(str(pid).encode(), digest_size=8).digest(), "big") % BUCKETS
