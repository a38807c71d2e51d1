"""Vectors of titles' n-grams: a ridge regression from titles to the queries of their playlists."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import scipy.sparse as sp
import torch
from algorhythms_ask.titles import Titles, hashed, ngrams
from numpy.typing import NDArray
from torch.nn import functional

from algorhythms_assets.ingest.playlists import Playlists
from algorhythms_assets.model.als import solver

# An n-gram of fewer playlists gets no vector: it could reveal one of them.
FEWEST_PLAYLISTS = 5
# The number of most common n-grams that get one: at a dimension of 384 they take 6 MB, and their equations 0.5 GB.
MOST_NGRAMS = 8192
# Regularization of the regression; quality is flat from 1 to 3.
RIDGE = 2.0
# Playlists added to the equations at a time.
AT_ONCE = 5000


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
) -> Iterator[NDArray[np.float32]]:
    """Yields the queries of playlists, float32 [some playlists, dimension - 1], in their order; `fold_in` is B.

    `playlists` have each track once. `vectors`, float32 [n, dimension], are stored vectors, and `rows`, int [tracks],
    says which is each track's. A query is the sum of `algorhythms_ask.recommend.query_parts`.
    """
    dimension = vectors.shape[1] - 1 - len(fold_in)
    of_all = torch.from_numpy(vectors)
    solved = solver(of_all[:, dimension:-1], torch.from_numpy(fold_in))
    for start in range(0, len(playlists), AT_ONCE):
        offsets = playlists.offsets[start : start + AT_ONCE + 1]
        held, starts = rows[playlists.tracks[offsets[0] : offsets[-1]]], offsets - offsets[0]
        # Over whole vectors, because taking only z would copy them.
        means = functional.embedding_bag(torch.from_numpy(held), of_all, torch.from_numpy(starts[:-1]))
        yield np.concatenate([means[:, :dimension].numpy(), solved(starts, held).numpy()], axis=1)


def trained(titles: Sequence[str], queries: Iterable[NDArray[np.floating]], dimension: int) -> Titles:
    """Returns vectors of the common n-grams, fitted to titles and their playlists' queries, float [some, dimension].

    A title says how its playlists differ from all others, so the mean of all is subtracted.
    """
    hashes, weights = common_ngrams(titles)
    if not len(hashes):
        return Titles(hashes, weights, np.zeros((0, dimension), np.float16))
    products, shared = RIDGE * np.eye(len(hashes)), np.zeros(len(hashes))
    right, total = np.zeros((len(hashes), dimension)), np.zeros(dimension)
    start = 0
    for some in queries:
        shares = _shares(titles[start : start + len(some)], hashes, weights)
        products += shares.T @ shares
        right += shares.T @ some
        shared += shares.sum(axis=0)
        total += some.sum(axis=0)
        start += len(some)
    right -= np.outer(shared, total / len(titles))
    return Titles(hashes, weights, np.linalg.solve(products, right).astype(np.float16))


def _shares(titles: Sequence[str], hashes: NDArray[np.int64], weights: NDArray[np.float32]) -> sp.csr_array:
    """Returns the weight of each n-gram in each title, float64 [titles, n-grams]."""
    place = {int(one): i for i, one in enumerate(hashes)}
    found = [[place[one] for one in map(hashed, ngrams(title)) if one in place] for title in titles]
    columns = np.array([column for some in found for column in some], np.intp)
    rows = np.repeat(np.arange(len(titles)), [len(some) for some in found])
    values = weights[columns].astype(np.float64)
    norms = np.sqrt(np.bincount(rows, values**2, minlength=len(titles)))
    return sp.csr_array((values / norms[rows], (rows, columns)), shape=(len(titles), len(hashes)))
