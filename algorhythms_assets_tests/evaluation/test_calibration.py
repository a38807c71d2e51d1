import numpy as np
import pytest
from algorhythms_ask.chance import chances, inputs

from algorhythms_assets.evaluation.calibration import Outcomes, calibration, fitted, outcomes, plot_reliability
from algorhythms_assets.metrics import Task

WEIGHTS = np.array([-4.0, 3.0, 0.5, -0.4])


def drawn(count, seed):
    """Outcomes that are drawn with the chances of the weights."""
    random = np.random.default_rng(seed)
    scores, seeds = random.uniform(0, 2, count), random.choice([1, 5, 25], count)
    chance = 1 / (1 + np.exp(-inputs(scores, seeds) @ WEIGHTS))
    return Outcomes(scores, seeds, random.random(count) < chance)


def test_only_seeds_that_are_placed_count_and_an_answer_without_any_has_no_chance():
    class Answers:
        def scored(self, tasks, count):
            yield np.array([3, 4]), np.array([0.9, 0.8]), 2
            yield np.array([5]), np.array([0.1]), 0

    tasks = [Task(1, np.arange(5), np.array([4])), Task(2, np.arange(1), np.array([5]))]
    found = outcomes(Answers(), tasks)
    assert (found.scores.tolist(), found.seeds.tolist(), found.hits.tolist()) == ([0.9, 0.8], [2, 2], [False, True])


def test_the_weights_that_outcomes_were_drawn_with_are_found():
    many = drawn(200_000, 0)
    found = fitted(inputs(many.scores, many.seeds), many.hits)
    np.testing.assert_allclose(found, WEIGHTS, atol=0.1)


def test_chances_agree_with_what_happens():
    found = calibration(drawn(20_000, 1), drawn(20_000, 2))
    tenths = found["reliability"]
    assert sum(tenth["recommendations"] for tenth in tenths) == 20_000
    assert [tenth["chance"] for tenth in tenths] == sorted(tenth["chance"] for tenth in tenths)
    for tenth in tenths:
        assert tenth["share"] == pytest.approx(tenth["chance"], abs=0.04)
    assert chances(found["weights"], [1.5], 5)[0] > 2 * chances(found["weights"], [0.5], 5)[0]


def test_chances_of_other_playlists_show_that_they_do_not_agree():
    test = drawn(20_000, 2)
    found = calibration(drawn(20_000, 1), Outcomes(test.scores, test.seeds, np.zeros(20_000, bool)))
    assert found["reliability"][-1]["chance"] > 0.3
    assert all(tenth["share"] == 0 for tenth in found["reliability"])


def test_with_few_hits_there_is_no_chance():
    many = drawn(20_000, 1)
    few = Outcomes(many.scores, many.seeds, np.arange(20_000) < 99)
    assert calibration(few, many) is None
    assert calibration(many, Outcomes(np.empty(0), np.empty(0, int), np.empty(0, bool))) is None


def test_hits_that_the_score_alone_tells_apart_leave_the_weights_finite():
    scores = np.linspace(0, 1, 1000)
    found = fitted(inputs(scores, np.ones(1000, int)), scores > 0.5)
    assert np.isfinite(found).all()


def test_the_plot_is_drawn(tmp_path):
    plot_reliability(calibration(drawn(20_000, 1), drawn(20_000, 2)), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
