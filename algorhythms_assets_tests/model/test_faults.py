import math

import numpy as np
import pytest

from algorhythms_assets.model.faults import not_finite, vector_faults

# Two numbers of unit length, one factor, the popularity term.
GOOD = [(0, [1, 0, 7, 0.5]), (2, [0.6, 0.8, 0, 1]), (5, [0, -1, 0, 0])]


def found(rows, batch=2):
    tracks, vectors = np.array([row[0] for row in rows], np.int32), np.array([row[1] for row in rows], np.float32)
    batches = [(tracks[i : i + batch], vectors[i : i + batch]) for i in range(0, len(rows), batch)]
    return {name: count for name, count in vector_faults(batches, np.array([0, 2, 5]), 2).items() if count}


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_good_vectors_have_no_faults(batch):
    assert found(GOOD, batch) == {}


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([*GOOD[:2], (5, [0, -1, 0, math.nan])], {"vectors that are not finite": 1}),
        ([*GOOD[:2], (5, [0, -1.01, 0, 0])], {"vectors that are not of unit length": 1}),
        (GOOD[:2], {"tracks without a vector": 1}),
        ([*GOOD, (6, [1, 0, 0, 0])], {"vectors of no training track": 1}),
        ([*GOOD, GOOD[2]], {"tracks that repeat or are out of order": 1}),
        (GOOD[::-1], {"tracks that repeat or are out of order": 2}),
        ([], {"tracks without a vector": 3}),
    ],
)
def test_each_fault_is_counted_alone(rows, faults):
    assert found(rows) == faults


def test_numbers_that_are_none_are_counted_by_array():
    arrays = {"bias": np.array([0, math.nan, math.inf]), "weights": np.ones((2, 2))}
    assert not_finite(arrays.items()) == {"not finite in bias": 2, "not finite in weights": 0}
