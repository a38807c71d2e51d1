import itertools

import numpy as np
import pytest
from algorhythms_ask.recommend import query_parts
from algorhythms_ask.titles import hashed

from algorhythms_assets.model.titles import FEWEST_PLAYLISTS, MOST_NGRAMS, common_ngrams, playlist_queries, trained
from algorhythms_assets_tests.graph.test_edges import csr


def test_what_few_titles_have_leaves_no_trace():
    titles = ["summer"] * FEWEST_PLAYLISTS + ["only mine"] * (FEWEST_PLAYLISTS - 1)
    hashes, weights = common_ngrams(titles)
    assert (
        sorted(hashes) == hashes.tolist() == sorted(map(hashed, [" summer ", "<su", "sum", "umm", "mme", "mer", "er>"]))
    )
    assert weights == pytest.approx(np.log1p(len(titles) / FEWEST_PLAYLISTS))
    assert trained(titles, [np.ones((len(titles), 3))], 3).place("only mine") is None


def test_the_commonest_ngrams_are_kept(monkeypatch):
    monkeypatch.setattr("algorhythms_assets.model.titles.MOST_NGRAMS", 1)
    hashes, _ = common_ngrams(["🌴"] * 5 + ["🌴 summer"] * 5)
    assert len(hashes) == 1 < MOST_NGRAMS
    assert hashes[0] in (hashed(" 🌴 "), hashed("<🌴>"))


def test_titles_are_placed_where_their_playlists_are():
    rock, jazz = np.array([1.0, 0, 3]), np.array([0, 1.0, 3])
    titles = trained(["Rock 🎸", "jazz"] * 50, [np.stack([rock, jazz] * 50)], 3)
    placed = titles.place("ROCK")
    assert placed == pytest.approx([0.5, -0.5, 0], abs=0.1)
    assert titles.place("jazzy")[1] > 0.1
    assert titles.place("🎸")[0] > 0.1


def test_blocks_of_titles_are_one_sum():
    queries = np.random.default_rng(0).normal(size=(60, 4))
    titles = ["rock", "rock jazz", "夜", "jazz 夜", ""] * 12
    whole = trained(titles, [queries], 4)
    assert trained(titles, np.split(queries, [7, 30, 31]), 4).vectors == pytest.approx(whole.vectors, abs=1e-3)


@pytest.mark.parametrize("lists", [[[2, 0, 1], [4], [0, 1, 2, 3, 4, 0]], [[1]], []])
def test_a_playlist_asks_with_the_sum_of_its_tracks_parts(monkeypatch, lists):
    monkeypatch.setattr("algorhythms_assets.model.titles.AT_ONCE", 2)
    random = np.random.default_rng(1)
    vectors, root = random.normal(size=(9, 8)).astype(np.float32), random.normal(size=(3, 3))
    fold_in = (root @ root.T + np.eye(3)).astype(np.float32)
    rows = np.array([8, 3, 1, 0, 5])
    found = [*playlist_queries(csr(lists).once(), rows, vectors, fold_in)]
    assert [len(some) for some in found] == [min(2, len(lists) - start) for start in range(0, len(lists), 2)]
    inverse = np.linalg.inv(fold_in.astype(np.float64))
    for query, tracks in zip(itertools.chain(*found), lists, strict=True):
        parts = query_parts(vectors[rows[list(dict.fromkeys(tracks))], :-1].astype(np.float64), inverse)
        assert query == pytest.approx(parts.sum(axis=0), rel=1e-4, abs=1e-5)


def test_without_titles_nothing_is_known():
    for titles in ([], ["", "..."]):
        found = trained(titles, [np.zeros((len(titles), 3))], 3)
        assert found.vectors.shape == (0, 3)
        assert found.place("rock") is None
