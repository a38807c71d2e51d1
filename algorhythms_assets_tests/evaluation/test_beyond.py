import numpy as np
import pytest

from algorhythms_assets.evaluation.beyond import by_length, by_popularity, names, profile


def test_buckets_are_named_by_their_ends():
    assert names((20, 50), 1) == ["1-20", "21-50", ">50"]
    assert names((1, 5), 1) == ["1", "2-5", ">5"]


def test_the_first_ten_by_hand():
    # Two answers of three tracks: the first twice by artist 0, the second by three artists, track 2 in both.
    top = np.full((3, 10), -1)
    top[0, :3] = [0, 1, 2]
    top[1, :3] = [2, 3, 4]
    playlists = np.array([1, 1, 3, 1, 1, 9, 0], np.int32)
    artists = np.array([0, 0, 1, 2, 3, 4, 5])
    assert profile(top, playlists, artists) == {
        "catalogue coverage": pytest.approx(5 / 6),
        "mean log(1 + playlists)": pytest.approx((4 * np.log(2) + 2 * np.log(4)) / 6),
        "artists in the first ten": 2.5,
        "share of the first artist": pytest.approx((2 / 3 + 1 / 3) / 2),
        "answers with the commonest track": 1.0,
        "answers with the commonest artist": 1.0,
    }


def test_nothing_recommended_has_no_profile():
    assert profile(np.full((2, 10), -1), np.array([1], np.int32), np.array([0])) == {}


def test_metrics_by_the_length_of_playlists():
    values = {"ndcg": np.array([[0.2, 0.4], [0.6, np.nan], [1.0, 1.0]])}
    found = by_length(values, np.array([20, 21, 500]))
    assert found["1-20"] == {"playlists": 1, "ndcg": pytest.approx(0.3)}
    assert found["21-50"] == {"playlists": 1, "ndcg": pytest.approx(0.6)}
    assert found["51-100"] == {"playlists": 0, "ndcg": None}
    assert found[">100"] == {"playlists": 1, "ndcg": 1.0}


def test_hidden_tracks_by_popularity_without_those_nobody_could_find():
    shares = by_popularity(np.array([0, 1, 3, 0]), np.array([5, 2, 4, 9]), np.array([1, 2, 3, 0], np.int32))
    assert shares == {"1": 0.0, "2-5": pytest.approx(4 / 6), "6-20": None, "21-100": None, ">100": None}
