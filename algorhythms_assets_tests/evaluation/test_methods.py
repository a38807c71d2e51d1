"""What every method that is compared has to keep to, with known answers."""

import numpy as np
import pyarrow as pa
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.recommend import Recommender
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.evaluation import baselines
from algorhythms_assets.evaluation.baselines import ItemKnn, Popularity
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.metrics import Task
from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets.serving.documents import documents
from algorhythms_assets_tests.graph.test_edges import csr
from benchmarks.peers import ImplicitAls, OriginGcn

# Tracks 0, 1 and 2 go together, 3 and 4 do; 5 stands in no training playlist. Track 0 is the most popular.
TRAINING = csr([[0, 1, 2], [0, 1], [0, 2], [3, 4], [0, 3]])
PLAYLISTS = np.array([4, 2, 2, 2, 1, 0], np.int32)
VECTORS = np.array([[1, 0], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0, 1]], np.float32)


def table():
    return pa.table(
        {
            "track": pa.array(range(6), pa.int32()),
            "track_uri": [f"t{i}" for i in range(6)],
            "track_name": [f"name {i}" for i in range(6)],
            "artist_uri": ["a", "a", "b", "c", "c", "a"],
            "artist_name": ["A", "A", "B", "C", "C", "A"],
            "album_uri": ["u0", "u1", "u2", "u3", "u3", "u9"],
            "album_name": pa.nulls(6, pa.string()),
            "playlists": pa.array(PLAYLISTS),
        }
    )


def served(folder):
    z = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    stored = np.concatenate([z, 0.01 * np.log1p(PLAYLISTS[:5, None])], axis=1).astype(np.float32)
    build_embedded(folder, documents(table().slice(0, 5), stored, {}, 0), 3, "v")
    return Served(Recommender(None, EmbeddedIndex(folder)), table())


def implicit_als(folder):
    return ImplicitAls(TRAINING, PLAYLISTS, factors=2, regularization=1, alpha=5)


def origin(folder):
    pairs = {"source": [0, 0, 1, 3, 0], "target": [1, 2, 2, 4, 3], "weight": np.array([2, 2, 1, 1, 1], np.float32)}
    return OriginGcn(pa.table(pairs), PLAYLISTS)


METHODS = (
    served,
    lambda folder: Popularity(PLAYLISTS),
    lambda folder: ItemKnn(TRAINING, 6),
    implicit_als,
    origin,
)


@pytest.fixture(params=METHODS, ids=["served", "popularity", "item-kNN", "ALS", "the origin's"])
def method(request, tmp_path):
    return request.param(tmp_path)


def task(*seeds):
    return Task(0, np.array(seeds, np.int32), np.array([], np.int32))


def test_every_known_track_but_the_seeds_is_ranked_once(method):
    for seeds in ([0], [0, 1], [3], [5], [5, 0]):
        [ranking] = method.rank([task(*seeds)])
        assert sorted(ranking) == sorted({0, 1, 2, 3, 4} - set(seeds))


def test_tasks_do_not_disturb_each_other(method):
    tasks = [task(0), task(3, 4), task(1, 2), task(5)]
    together = method.rank(tasks)
    for alone, ranking in zip(tasks, together, strict=True):
        assert method.rank([alone])[0].tolist() == ranking.tolist()


def test_what_goes_together_is_found_first(tmp_path):
    for personal in (served(tmp_path), ItemKnn(TRAINING, 6), implicit_als(tmp_path)):
        assert personal.rank([task(1)])[0][:2].tolist() == [0, 2]
        assert personal.rank([task(3)])[0][0] == 4


def test_popularity_goes_by_playlists():
    assert Popularity(PLAYLISTS).rank([task(1)])[0].tolist() == [0, 2, 3, 4]


def test_item_knn_is_that_of_the_formula():
    # Track 3: with 4 in one playlist, with 0 in another; sqrt(2 * 1) and sqrt(2 * 4), and 5 to shrink.
    [ranking] = ItemKnn(TRAINING, 6, shrinkage=5.0).rank([task(3)])
    assert 1 / (np.sqrt(2) + 5) > 1 / (np.sqrt(8) + 5)
    assert ranking[:2].tolist() == [4, 0]


@given(
    lists=st.lists(st.lists(st.integers(0, 29), max_size=12), min_size=1, max_size=40),
    seeds=st.lists(st.integers(0, 29), min_size=1, max_size=6, unique=True),
)
def test_item_knn_is_that_of_the_formula_for_any_playlists(lists, seeds):
    [ranking] = ItemKnn(csr(lists), 30, shrinkage=5.0).rank([task(*seeds)])
    held = np.array([[track in some for track in range(30)] for some in lists], float)
    together, playlists = held.T @ held, held.sum(axis=0)
    scores = (together / (np.sqrt(np.outer(playlists, playlists)) + 5))[seeds].sum(axis=0)
    others = [track for track in range(30) if playlists[track] and track not in seeds]
    assert sorted(ranking) == others
    assert scores[ranking] == pytest.approx(np.sort(scores[others])[::-1], abs=1e-6)


def test_item_knn_estimates_from_a_part_of_the_playlists_of_a_popular_seed(monkeypatch):
    monkeypatch.setattr(baselines, "_MOST_PLAYLISTS", 31)
    knn = ItemKnn(csr([[0, 1 + number % 2] for number in range(60)]), 3, shrinkage=5.0)
    similarities = {}
    monkeypatch.setattr(knn, "_best", lambda tracks, scores, _: similarities.update(zip(tracks, scores, strict=True)))
    knn.rank([task(0)])
    together = [similarities[track] * (np.sqrt(60 * 30) + 5) for track in (1, 2)]
    assert sum(together) == pytest.approx(60, rel=1e-5)
    assert together == pytest.approx([30, 30], abs=3)


def test_an_unknown_seed_is_placed_by_its_artist(tmp_path):
    # Track 5 is in no index, but its artist's other tracks are 0 and 1.
    assert set(served(tmp_path).rank([task(5)])[0][:2]) == {0, 1}


def test_scores_of_what_is_served_fall_in_the_order_of_its_ranking(tmp_path):
    method = served(tmp_path)
    tasks = [task(0), task(3, 1)]
    for asked, ranking, (numbers, scores, placed) in zip(
        tasks, method.rank(tasks), method.scored(tasks, 3), strict=True
    ):
        assert numbers.tolist() == ranking[:3].tolist()
        assert (np.diff(scores) <= 0).all()
        assert placed == len(asked.seeds)


@pytest.mark.parametrize("made", [lambda some: ItemKnn(some, 6), lambda some: ImplicitAls(some, PLAYLISTS, 2, 1, 5)])
def test_a_method_leaves_the_playlists_as_they_are_and_counts_a_repeated_track_once(made):
    lists = [[2, 0, 2, 1], [4, 3, 4, 4], [0, 1]]
    given, untouched = csr(lists), csr(lists)
    found = made(given).rank([task(0), task(3)])
    assert np.array_equal(given.tracks, untouched.tracks)
    assert np.array_equal(given.offsets, untouched.offsets)
    once = made(csr([list(dict.fromkeys(tracks)) for tracks in lists])).rank([task(0), task(3)])
    assert [ranking.tolist() for ranking in found] == [ranking.tolist() for ranking in once]
