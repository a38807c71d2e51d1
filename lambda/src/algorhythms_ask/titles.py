"""A playlist's title as part of a query: a vector for each of its words and their three-letter pieces.

A bundle stores only hashes of these n-grams, and only of those that several training playlists have. So a title cannot
be read from it, nor can a guess be confirmed unless several people chose the same title.
"""

import hashlib
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask.features import Floats
from algorhythms_ask.names import folded

# The number of songs that a title counts as; see docs/log.md.
TITLE_SONGS = 2.0

_PIECE = 3


def ngrams(title: str) -> list[str]:
    """Returns the distinct n-grams of a title: words (and emoji) as ` word `, and pieces of `<word>`."""
    words = _words(folded(title))
    pieces = (
        bound[i : i + _PIECE] for bound in (f"<{word}>" for word in words) for i in range(len(bound) - _PIECE + 1)
    )
    return list(dict.fromkeys([*(f" {word} " for word in words), *pieces]))


def hashed(ngram: str) -> int:
    """Returns the hash of an n-gram that bundles store."""
    content = ngram.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)


def _words(plain: str) -> list[str]:
    # Marks are vowels in many scripts. A symbol, such as an emoji, is a word by itself.
    parts = []
    for sign in plain:
        kind = unicodedata.category(sign)
        parts.append(sign if kind[0] in "LMN" else f" {sign} " if kind == "So" else " ")
    return "".join(parts).split()


@dataclass(frozen=True)
class Titles:
    """The known n-grams: hashes, int64 [n] rising, weights, float32 [n], and vectors, [n, dimension].

    A vector is an n-gram's contribution to a query's [z, v], weighted relative to the title's other n-grams.
    """

    hashes: NDArray[np.int64]
    weights: Floats
    vectors: NDArray[np.float16]

    def place(self, title: str) -> NDArray[np.float64] | None:
        """Returns the query of a title alone, float64 [dimension]; None if none of its n-grams is known."""
        wanted = np.array(sorted(map(hashed, ngrams(title))), np.int64)
        known = np.flatnonzero(np.isin(self.hashes, wanted))
        if not len(known):
            return None
        weights = self.weights[known].astype(np.float64)
        shares = weights / np.linalg.norm(weights)
        placed: NDArray[np.float64] = shares @ self.vectors[known].astype(np.float64)
        return placed


def share(songs: int) -> float:
    """Returns the factor by which a title's query is weighted next to that many songs: the more songs, the less."""
    return TITLE_SONGS / (TITLE_SONGS + songs)
