import numpy as np
from algorhythms_ask.diversity import diversified

# Two of a kind, then another.
Z = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
SCORES = np.array([1.0, 0.9, 0.2])


def test_without_diversity_the_best_come_first() -> None:
    assert diversified(SCORES, Z, 0, 2) == [0, 1]


def test_by_hand() -> None:
    # Beside the first the second is worth .5 * .875 - .5 * 1, the third 0 - .5 * 0.
    assert diversified(SCORES, Z, 0.5, 3) == [0, 2, 1]
    # Here .9 * .875 - .1 * 1 against 0.
    assert diversified(SCORES, Z, 0.1, 3) == [0, 1, 2]


def test_equal_scores_and_few_candidates() -> None:
    assert diversified(np.zeros(3), Z, 1, 9) == [0, 2, 1]
    assert diversified(np.zeros(0), Z[:0], 1, 9) == []
