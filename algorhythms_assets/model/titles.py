"""Vectors of titles' n-grams: a ridge regression from titles to the queries of their playlists."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp
from algorhythms_ask.titles import Titles, hashed, ngrams
from numpy.typing import NDArray

# An n-gram of fewer playlists gets no vector: it could reveal one of them.
FEWEST_PLAYLISTS = 5
# The number of most common n-grams that get one: at a dimension of 256 they take 4 MB, and their equations 0.5 GB.
MOST_NGRAMS = 8192
# Of the regression; quality is flat from 1 to 3.
RIDGE = 2.0
# Playlists added to the equations at a time.
_AT_ONCE = 5000

Queries = NDArray[np.floating]


def common_ngrams(titles: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the hashes, rising, of the n-grams that several titles share, and weights: log(1 + titles / theirs)."""
    counts: Counter[str] = Counter()
    number = 0
    for title in titles:
        counts.update(ngrams(title))
        number += 1
    kept = sorted((-count, ngram) for ngram, count in counts.items() if count >= FEWEST_PLAYLISTS)[:MOST_NGRAMS]
    hashes = np.array([hashed(ngram) for _, ngram in kept], np.int64)
    weights = np.array([np.log1p(number / -count) for count, _ in kept], np.float32)
    order = np.argsort(hashes)
    return hashes[order], weights[order]


def query_of(vectors: NDArray[np.float64], fold_in: NDArray[np.float64]) -> Queries:
    """Returns a playlist's query, float64 [dimension], from its tracks' [z, v]; `fold_in` is B.

    Equals the sum of `algorhythms_ask.recommend.query_parts`, but is faster if there are more tracks than factors.
    """
    z, v = np.split(vectors, [vectors.shape[1] - len(fold_in)], axis=1)
    return np.concatenate([z.mean(axis=0), np.linalg.solve(fold_in + v.T @ v, v.sum(axis=0))])


def trained(titles: Sequence[str], queries: Queries) -> Titles:
    """Returns vectors of the common n-grams, from titles and their playlists' queries, float64 [titles, dimension].

    A title says how its playlists differ from all others, so the mean of all is subtracted.
    """
    hashes, weights = common_ngrams(titles)
    products = RIDGE * np.eye(len(hashes))
    right = np.zeros((len(hashes), queries.shape[1]))
    centred = queries - queries.mean(axis=0) if len(queries) else queries
    for start in range(0, len(titles) if len(hashes) else 0, _AT_ONCE):
        shares = _shares(titles[start : start + _AT_ONCE], hashes, weights)
        products += shares.T @ shares
        right += shares.T @ centred[start : start + _AT_ONCE]
    vectors = np.linalg.solve(products, right) if len(hashes) else right
    return Titles(hashes, weights, vectors.astype(np.float16))


def _shares(titles: Sequence[str], hashes: NDArray[np.int64], weights: NDArray[np.float32]) -> sp.csr_array:
    """Returns the weight of each n-gram in each title, float64 [titles, n-grams]."""
    place = {int(one): i for i, one in enumerate(hashes)}
    found = [[place[one] for one in map(hashed, ngrams(title)) if one in place] for title in titles]
    columns = np.array([column for some in found for column in some], np.intp)
    rows = np.repeat(np.arange(len(titles)), [len(some) for some in found])
    values = weights[columns].astype(np.float64)
    norms = np.sqrt(np.bincount(rows, values**2, minlength=len(titles)))
    return sp.csr_array((values / norms[rows], (rows, columns)), shape=(len(titles), len(hashes)))
