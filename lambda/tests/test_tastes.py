import numpy as np
import pytest
from algorhythms_ask.tastes import interleaved, split
from hypothesis import given
from hypothesis import strategies as st

ROCK, JAZZ, FOLK = np.eye(3)


def _unit(*vectors: np.ndarray) -> np.ndarray:
    z = np.array(vectors, dtype=np.float64) + 0.01
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def _groups(z: np.ndarray, wanted: int | None) -> list[list[int]]:
    return [group.tolist() for group in split(z, wanted)]


def test_seeds_that_lie_apart_are_tastes() -> None:
    z = _unit(ROCK, JAZZ, ROCK, ROCK, JAZZ)
    assert _groups(z, 2) == [[0, 2, 3], [1, 4]]
    assert _groups(z, None) == [[0, 2, 3], [1, 4]]
    assert _groups(z, 1) == [[0, 1, 2, 3, 4]]
    assert _groups(_unit(ROCK, JAZZ, FOLK), None) == [[0], [1], [2]]


def test_one_taste_is_left_whole() -> None:
    assert _groups(_unit(ROCK, ROCK + 0.2 * JAZZ, ROCK + 0.2 * FOLK), None) == [[0, 1, 2]]
    # Not more than differ, whatever is asked for.
    assert _groups(_unit(ROCK, ROCK, ROCK), 3) == [[0, 1, 2]]
    assert _groups(np.zeros((0, 3)), None) == [[]]


@given(st.integers(0, 1000), st.integers(1, 30), st.sampled_from([None, 1, 2, 3, 4]))
def test_every_seed_is_of_one_taste(seed: int, seeds: int, wanted: int | None) -> None:
    z = np.random.default_rng(seed).normal(size=(seeds, 8))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    groups = _groups(z, wanted)
    assert sorted(place for group in groups for place in group) == list(range(seeds))
    assert all(groups)
    assert groups[0][0] == 0
    assert len(groups) <= (wanted or 4)
    assert groups == _groups(z, wanted)


@pytest.mark.parametrize(
    ("shares", "expected"), [([1, 1], "aAbBcCdD"), ([3, 1], "abAcdBCD"), ([1, 3], "AaBCDbcd"), ([1, 0], "abcdABCD")]
)
def test_every_beginning_holds_of_each_its_share(shares: list[int], expected: str) -> None:
    found = "".join(interleaved(["abcd", "ABCD"], shares, lambda _: True))
    assert sorted(found) == sorted(expected)
    for count in range(1, 5):
        small = sum(letter.islower() for letter in found[:count])
        assert abs(small - count * shares[0] / sum(shares)) <= 1


def test_what_is_not_taken_costs_its_list_nothing() -> None:
    assert "".join(interleaved(["axxb", "ABCD"], [1, 1], lambda letter: letter != "x")) == "aAbBCD"
