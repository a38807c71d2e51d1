"""Vectors of titles' n-grams: a ridge regression from titles to the queries of their playlists."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp
import torch
from algorhythms_ask.titles import Titles, hashed, ngrams
from numpy.typing import NDArray

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.model.als import solved

# An n-gram of fewer playlists gets no vector: it could reveal one of them.
FEWEST_PLAYLISTS = 5
# The number of most common n-grams that get one: at a dimension of 384 they take 6 MB, and their equations 0.5 GB.
MOST_NGRAMS = 8192
# Of the regression; quality is flat from 1 to 3.
RIDGE = 2.0
# Playlists added to the equations at a time.
_AT_ONCE = 5000


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


def playlist_queries(
    playlists: Playlists, rows: NDArray[np.integer], vectors: NDArray[np.float32], fold_in: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Returns what each playlist asks with, float32 [playlists, dimension - 1]; `fold_in` is B.

    `vectors`, float32 [n, dimension], are stored vectors, and `rows`, int [tracks], says which is each track's. A query
    is the sum of `algorhythms_ask.recommend.query_parts`; those of playlists of one length are found together.
    """
    once = playlists.once()
    starts, held = once.offsets, rows[once.tracks]
    lengths = np.diff(starts)
    z, v, _ = np.split(vectors, [vectors.shape[1] - 1 - len(fold_in), vectors.shape[1] - 1], axis=1)
    shares = np.repeat(1 / lengths, lengths).astype(np.float32)
    means = sp.csr_array((shares, held, starts), shape=(len(playlists), len(vectors))) @ z
    factors = solved(starts, held, torch.from_numpy(v), torch.from_numpy(fold_in))
    return np.concatenate([means, factors.numpy()], axis=1)


def trained(titles: Sequence[str], queries: NDArray[np.floating]) -> Titles:
    """Returns vectors of the common n-grams, of titles and what their playlists ask with, float [titles, dimension].

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
