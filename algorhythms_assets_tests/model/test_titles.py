import numpy as np
import pytest
from algorhythms_ask.recommend import query_parts
from algorhythms_ask.titles import hashed

from algorhythms_assets.model.titles import FEWEST_PLAYLISTS, MOST_NGRAMS, common_ngrams, query_of, trained


def test_what_few_titles_have_leaves_no_trace():
    titles = ["summer"] * FEWEST_PLAYLISTS + ["only mine"] * (FEWEST_PLAYLISTS - 1)
    hashes, weights = common_ngrams(titles)
    assert (
        sorted(hashes) == hashes.tolist() == sorted(map(hashed, [" summer ", "<su", "sum", "umm", "mme", "mer", "er>"]))
    )
    assert weights == pytest.approx(np.log1p(len(titles) / FEWEST_PLAYLISTS))
    assert trained(titles, np.ones((len(titles), 3))).place("only mine") is None


def test_the_commonest_ngrams_are_kept(monkeypatch):
    monkeypatch.setattr("algorhythms_assets.model.titles.MOST_NGRAMS", 1)
    hashes, _ = common_ngrams(["🌴"] * 5 + ["🌴 summer"] * 5)
    assert len(hashes) == 1 < MOST_NGRAMS
    assert hashes[0] in (hashed(" 🌴 "), hashed("<🌴>"))


def test_titles_are_placed_where_their_playlists_are():
    rock, jazz = np.array([1.0, 0, 3]), np.array([0, 1.0, 3])
    titles = trained(["Rock 🎸", "jazz"] * 50, np.stack([rock, jazz] * 50))
    placed = titles.place("ROCK")
    assert placed == pytest.approx([0.5, -0.5, 0], abs=0.1)
    assert titles.place("jazzy")[1] > 0.1
    assert titles.place("🎸")[0] > 0.1


def test_blocks_of_titles_are_one_sum(monkeypatch):
    queries = np.random.default_rng(0).normal(size=(60, 4))
    titles = ["rock", "rock jazz", "夜", "jazz 夜", ""] * 12
    whole = trained(titles, queries)
    monkeypatch.setattr("algorhythms_assets.model.titles._AT_ONCE", 7)
    assert trained(titles, queries).vectors == pytest.approx(whole.vectors, abs=1e-3)


def test_a_playlist_asks_with_the_sum_of_its_tracks_parts():
    random = np.random.default_rng(1)
    vectors, root = random.normal(size=(9, 7)), random.normal(size=(3, 3))
    fold_in = root @ root.T + np.eye(3)
    assert query_of(vectors, fold_in) == pytest.approx(query_parts(vectors, np.linalg.inv(fold_in)).sum(axis=0))


def test_without_titles_nothing_is_known():
    for titles in ([], ["", "..."]):
        found = trained(titles, np.zeros((len(titles), 3)))
        assert found.vectors.shape == (0, 3)
        assert found.place("rock") is None
