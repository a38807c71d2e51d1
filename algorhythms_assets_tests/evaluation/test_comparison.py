import numpy as np
import pytest

from algorhythms_assets.evaluation import comparison
from algorhythms_assets.evaluation.beyond import by_length, by_popularity, profile
from algorhythms_assets.evaluation.comparison import TITLES, interval, measure, summary, verdict
from algorhythms_assets.evaluation.markdown import markdown, plot_categories, plot_methods, plot_popularity
from algorhythms_assets.metrics import CATEGORIES, cut

TRACKS = 50
ARTIST = np.arange(TRACKS)
NOTHING = {"r_precision": 0, "r_precision_artists": 0, "ndcg": 0, "clicks": 51}
EVERYTHING = {"r_precision": 1, "r_precision_artists": 1.25, "ndcg": 1, "clicks": 0}
UNKNOWN = dict.fromkeys(NOTHING)


class Oracle:
    """Knows the answers, or none of them."""

    def __init__(self, knows: bool) -> None:
        self.knows = knows

    def rank(self, tasks):
        return [task.targets if self.knows else np.array([TRACKS - 1]) for task in tasks]


class Fixed:
    """Always says the same."""

    def __init__(self, ranking) -> None:
        self.ranking = np.array(ranking)

    def rank(self, tasks):
        return [self.ranking for _ in tasks]


def tasks(*lengths):
    return {c.name: [cut(pid, np.arange(length), c) for pid, length in enumerate(lengths)] for c in CATEGORIES}


def values(method, *lengths):
    return measure(method, tasks(*lengths), ARTIST).values


def test_an_oracle_gets_everything_right_and_an_ignorant_one_nothing():
    assert summary(values(Oracle(True), 30, 40))["mean"] == EVERYTHING
    assert summary(values(Oracle(False), 30, 40))["mean"] == NOTHING


def test_other_tracks_of_hidden_artists_count_a_quarter_and_an_artist_once():
    # All that is not hidden stands first; two of three hidden tracks have its artists.
    artist = ARTIST.copy()
    artist[1:4] = artist[10:13] = [1, 1, 3]
    found = measure(Fixed([10, 11, 20, 12]), {c.name: [cut(0, np.arange(4), c)] for c in CATEGORIES}, artist)
    assert found.values["r_precision_artists"][0, 0] == pytest.approx(0.25 / 3)
    assert found.values["r_precision"][0, 0] == 0


def test_a_category_without_a_playlist_is_none_and_not_zero():
    report = summary(values(Oracle(True), 3, 12))
    assert report["K25"] == UNKNOWN | {"playlists": 0}
    assert report["K5"]["playlists"] == 1
    assert report["mean"]["r_precision"] == 1


def test_no_playlist_at_all_is_none():
    nothing = values(Oracle(True))
    assert summary(nothing)["mean"] == UNKNOWN
    assert interval(nothing["ndcg"], 100, 0) is None


def test_the_mean_is_that_of_the_categories():
    low, high = interval(np.array([[0.0, 1.0], [0.0, np.nan]]), 500, 0)
    assert 0 <= low <= 0.5 <= high


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        low, high = interval(random.normal(0.3, 1, (80, 1)), 400, seed)
        covered += low <= 0.3 <= high
    assert 0.9 <= covered / 200 <= 0.99


@pytest.mark.parametrize(
    ("playlists", "bounds", "passed", "warned"),
    [
        (500, (-0.02, -0.01), False, False),
        (500, (-0.02, 0.01), True, False),
        (500, (0.01, 0.02), True, False),
        (99, (-0.02, -0.01), True, True),
        (0, None, True, True),
        (500, None, True, False),
    ],
)
def test_the_gate(playlists, bounds, passed, warned):
    fine = {"r_precision": (0.1, 0.2), "ndcg": (0.1, 0.2)}
    for name in ("popularity", "item_knn", "released"):
        differences = {"popularity": fine, "item_knn": fine, name: fine | {"ndcg": bounds}}
        gate = verdict(playlists, differences)
        assert gate["passed"] is passed
        assert len(gate["reasons"]) == (not passed)
        assert all(f"that of {TITLES[name]}" in reason for reason in gate["reasons"])
        assert bool(gate["warnings"]) is warned


def test_a_report_with_empty_categories_is_readable(tmp_path):
    methods = {"served": Oracle(True), "popularity": Oracle(False), "item_knn": Oracle(False)}
    for lengths in ((3, 12), ()):
        measured = {name: measure(method, tasks(*lengths), ARTIST) for name, method in methods.items()}
        by_method = {name: of_method.values for name, of_method in measured.items()}
        playlists = np.arange(TRACKS, dtype=np.int32)
        report = {
            "version": "v",
            "test_playlists": len(lengths),
            "methods": {name: summary(v) for name, v in by_method.items()},
            "intervals": {name: {m: interval(x, 100, 0) for m, x in v.items()} for name, v in by_method.items()},
            "served_minus": {
                name: {m: interval(by_method["served"][m] - x, 100, 0) for m, x in by_method[name].items()}
                for name in ("popularity", "item_knn")
            },
            "beyond": {name: profile(m.top, playlists, ARTIST) for name, m in measured.items()},
            "by_length": {name: by_length(v, np.array(lengths, np.int64)) for name, v in by_method.items()},
            "by_popularity": {name: by_popularity(m.found, m.wanted, playlists) for name, m in measured.items()},
            "chance": {"weights": [0.0] * 4, "reliability": [{"recommendations": 9, "chance": 0.1, "share": 0.2}]}
            if lengths
            else None,
            "titles": {},
            "new_tracks": {"tracks": 0, "among the first ten": 0.0},
            "gate": verdict(len(lengths), {"popularity": {"r_precision": None, "ndcg": None}}),
        }
        text = markdown(report)
        assert "nan" not in text.lower()
        assert "–" in text
        assert ("| 1 | 0.1000 | 0.2000 |" in text) == bool(lengths)
        for plot in (plot_methods, plot_categories, plot_popularity):
            plot(report, tmp_path / "plot.png")
            assert (tmp_path / "plot.png").stat().st_size > 1000


def test_rankings_pass_through_progress_as_they_come(monkeypatch):
    monkeypatch.setattr(comparison, "_AT_ONCE", 2)
    begun, said = [], []

    class Slow:
        def rank(self, some):
            begun.append(len(some))
            return [np.array([task.targets[0]]) for task in some]

    def progress(rankings, total):
        for done, ranking in enumerate(rankings, start=1):
            yield ranking
            said.append((done, total, len(begun)))

    of_category = [cut(pid, np.arange(9), CATEGORIES[0]) for pid in range(5)]
    found = measure(Slow(), {CATEGORIES[0].name: of_category}, np.arange(9), progress)
    assert said == [(1, 5, 1), (2, 5, 1), (3, 5, 2), (4, 5, 2), (5, 5, 3)]
    assert (found.top[:, 0] >= 0).all()


def test_an_interval_does_not_depend_on_how_many_resamples_are_drawn_at_once(monkeypatch):
    values = np.random.default_rng(1).random((30, 3))
    values[values > 0.9] = np.nan
    whole = interval(values, 250, 7)
    monkeypatch.setattr(comparison, "_RESAMPLES_AT_ONCE", 100)
    assert interval(values, 250, 7) == pytest.approx(whole, abs=1e-12)
