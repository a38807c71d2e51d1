import numpy as np
import pytest

from algorhythms_assets.metrics import CATEGORIES, Category, clicks, cut, metrics, ndcg, r_precision

HITS = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=bool)
TARGETS = np.array([2, 3, 1])


def test_r_precision_looks_at_as_many_ranks_as_there_are_targets():
    assert r_precision(HITS, TARGETS).tolist() == [0.5, 0, 0]


def test_ndcg_is_that_of_the_formula():
    first = (1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    assert ndcg(HITS, TARGETS) == pytest.approx([first, 0, 1 / np.log2(3)])
    assert ndcg(np.ones((1, 4), dtype=bool), np.array([100])) == pytest.approx([1])


def test_clicks_count_pages_of_ten():
    hits = np.zeros((4, 500), dtype=bool)
    hits[0, 0] = hits[1, 9] = hits[2, 10] = True
    assert clicks(hits).tolist() == [0, 0, 1, 51]


def test_an_artist_found_counts_as_a_quarter_of_a_track():
    assert metrics(HITS, TARGETS, np.array([2, 3, 0]))["r_precision_artists"].tolist() == [0.75, 0.25, 0]


def test_a_playlist_is_cut_after_its_first_tracks():
    task = cut(1, np.arange(7), Category("K5", 5))
    assert (task.seeds.tolist(), task.targets.tolist()) == ([0, 1, 2, 3, 4], [5, 6])


def test_nothing_left_to_find_is_no_task():
    assert cut(1, np.arange(5), Category("K5", 5)) is None


def test_random_seeds_are_the_same_every_time_and_not_the_first():
    [shuffled] = [category for category in CATEGORIES if category.shuffled]
    once, again = cut(7, np.arange(60), shuffled), cut(7, np.arange(60), shuffled)
    assert once.seeds.tolist() == again.seeds.tolist() != list(range(25))
    assert sorted([*once.seeds, *once.targets]) == list(range(60))
