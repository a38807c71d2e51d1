"""A playlist's title as one more part of a query: its words and their pieces of three letters, each with a vector.

A bundle knows these n-grams by their hashes alone, and only those that several training playlists have: neither can a
title be read out of it, nor can a guess at one be confirmed unless several people chose the same.
"""

import hashlib
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask.features import Floats
from algorhythms_ask.names import folded

# A title says as much as so many songs: see docs/log.md.
TITLE_SONGS = 2.0

_PIECE = 3


def ngrams(title: str) -> list[str]:
    """Returns the n-grams of a title, each once: words as ` word `, emoji among them, and pieces of `<word>`."""
    words = _words(folded(title))
    pieces = (
        bound[i : i + _PIECE] for bound in (f"<{word}>" for word in words) for i in range(len(bound) - _PIECE + 1)
    )
    return list(dict.fromkeys([*(f" {word} " for word in words), *pieces]))


def hashed(ngram: str) -> int:
    """Returns the hash by which an n-gram is known."""
    content = ngram.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)


def _words(plain: str) -> list[str]:
    # Marks are vowels in many scripts. A symbol, which an emoji is, is a word by itself.
    parts = []
    for sign in plain:
        kind = unicodedata.category(sign)
        parts.append(sign if kind[0] in "LMN" else f" {sign} " if kind == "So" else " ")
    return "".join(parts).split()


@dataclass(frozen=True)
class Titles:
    """The n-grams that are known: their hashes, int64 [n] rising, weights, float32 [n], and vectors, [n, dimension].

    A vector is what an n-gram says of [z, v] of a query; it counts as its weight is among those of the title.
    """

    hashes: NDArray[np.int64]
    weights: Floats
    vectors: NDArray[np.float16]

    def place(self, title: str) -> NDArray[np.float64] | None:
        """Returns what a title alone asks with, float64 [dimension]; None if nothing of it is known."""
        wanted = np.array(sorted(map(hashed, ngrams(title))), np.int64)
        known = np.flatnonzero(np.isin(self.hashes, wanted))
        if not len(known):
            return None
        weights = self.weights[known].astype(np.float64)
        shares = weights / np.linalg.norm(weights)
        placed: NDArray[np.float64] = shares @ self.vectors[known].astype(np.float64)
        return placed


def share(songs: int) -> float:
    """Returns how much of what a title says alone it says beside so many songs: the more songs, the less."""
    return TITLE_SONGS / (TITLE_SONGS + songs)
