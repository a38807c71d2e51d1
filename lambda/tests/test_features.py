import math
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.features import FEATURES, LIMITS, NUMERIC_FEATURES, ONE_HOT, Encoder, FeatureNetwork, problems
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays


@pytest.fixture
def encoder() -> Encoder:
    """An encoder whose ranges are 0 to 10 for every number, except a constant one: tempo."""
    minimum = np.zeros(10, np.float32)
    maximum = np.full(10, 10, np.float32)
    minimum[NUMERIC_FEATURES.index("tempo")] = maximum[NUMERIC_FEATURES.index("tempo")] = 5
    return Encoder(minimum, maximum, ONE_HOT)


def test_good_features_have_no_problems(features: dict[str, float]) -> None:
    assert problems(features) == {}
    assert problems(features | {"key": -1, "uri": "spotify:track:x", "tempo": 0}) == {}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "is missing"),
        ("0.5", "must be a number"),
        (True, "must be a number"),
        ([0.5], "must be a number"),
        (-0.01, "must be 0 to 1"),
        (1.01, "must be 0 to 1"),
        (math.nan, "must be 0 to 1"),
        (math.inf, "must be 0 to 1"),
        (10**400, "must be 0 to 1"),
    ],
)
def test_a_problem_names_the_field_and_what_it_has_to_be(features: dict[str, float], value: Any, problem: str) -> None:
    assert problems(features | {"energy": value}) == {"energy": problem}


def test_every_feature_is_needed() -> None:
    assert problems({}) == dict.fromkeys(FEATURES, "is missing")


def test_limits_are_told_in_plain_digits(features: dict[str, float]) -> None:
    assert problems(features | {"duration_ms": -1}) == {"duration_ms": "must be 0 to 86400000"}


def test_known_inputs(encoder: Encoder) -> None:
    values = dict.fromkeys(NUMERIC_FEATURES, 2.5) | {"energy": 99, "valence": -99, "tempo": 7}
    values |= {"key": 11, "mode": 0, "time_signature": 4}
    [encoded] = encoder.encode(np.array([[values[name] for name in FEATURES]], np.float32))
    inputs = dict(zip(encoder.inputs, encoded.tolist(), strict=True))
    ones = {name for name, value in inputs.items() if value == 1}
    # Tempo never varied in training, so what is above it counts as the most there is.
    assert ones == {"energy", "tempo", "key=11", "mode=0", "time_signature=4"}
    assert inputs["danceability"] == 0.25
    assert inputs["valence"] == 0


def test_rare_classes_are_all_zeros(encoder: Encoder) -> None:
    values = np.zeros((1, 13), np.float32)
    values[0, FEATURES.index("key")] = -1
    values[0, FEATURES.index("mode")] = 1
    values[0, FEATURES.index("time_signature")] = 7
    encoded = dict(zip(encoder.inputs, encoder.encode(values)[0].tolist(), strict=True))
    assert {name for name, value in encoded.items() if "=" in name and value} == {"mode=1"}


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(0, 5), st.just(13)),
        elements=st.floats(-1e6, 1e6, width=32),
    )
)
def test_inputs_always_lie_between_0_and_1(values: np.ndarray[Any, Any]) -> None:
    encoder = Encoder(
        np.zeros(10, np.float32), np.arange(10, dtype=np.float32), {"key": [0], "mode": [0], "time_signature": [4]}
    )
    encoded = encoder.encode(values)
    assert encoded.shape == (len(values), len(encoder.inputs))
    assert encoded.dtype == np.float32
    assert ((encoded >= 0) & (encoded <= 1)).all()


@given(st.fixed_dictionaries({name: st.floats(*LIMITS[name]) for name in FEATURES}))
def test_a_track_is_placed_at_a_unit_vector(features: dict[str, float]) -> None:
    random = np.random.default_rng(0)
    encoder = Encoder(
        np.zeros(10, np.float32), np.ones(10, np.float32), {"key": [0], "mode": [0], "time_signature": [4]}
    )
    weights = [random.normal(size=shape).astype(np.float32) for shape in ((13, 8), 8, (8, 4), 4)]
    assert np.linalg.norm(FeatureNetwork(encoder, *weights).place(features)) == pytest.approx(1)


def test_a_feature_that_training_never_saw_is_no_input_and_not_needed(features: dict[str, float]) -> None:
    minimum, maximum = np.zeros(10, np.float32), np.full(10, 10, np.float32)
    minimum[NUMERIC_FEATURES.index("duration_ms")] = maximum[NUMERIC_FEATURES.index("duration_ms")] = np.nan
    encoder = Encoder(minimum, maximum, {"key": [0, 1], "mode": [0, 1]})
    known = [name for name in FEATURES if name not in ("duration_ms", "time_signature")]
    assert list(encoder.features) == known
    assert encoder.inputs == [*NUMERIC_FEATURES[:-1], "key=0", "key=1", "mode=0", "mode=1"]
    weights = [np.ones(shape, np.float32) for shape in ((13, 8), 8, (8, 4), 4)]
    network = FeatureNetwork(encoder, *weights)
    fewer = {name: features[name] for name in known}
    assert problems(fewer, encoder.features) == {}
    placed = network.place(features)
    assert np.isfinite(placed).all()
    for odd in ({}, {"duration_ms": None, "time_signature": "3/4"}):
        assert np.array_equal(network.place(fewer | odd), placed)
    assert problems(fewer | {"energy": None}, encoder.features) == {"energy": "is missing"}
