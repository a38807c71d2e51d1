import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.sample.weighted import WeightedGroups


@given(
    members=st.lists(st.tuples(st.integers(0, 5), st.floats(1e-12, 1e12)), min_size=1, max_size=40),
    seed=st.integers(0, 1000),
)
def test_members_come_from_the_group_asked_for(members: list[tuple[int, float]], seed: int) -> None:
    group = np.array([group for group, _ in members])
    pool = WeightedGroups.build(group, np.array([weight for _, weight in members]), groups=6)
    asked = np.repeat(np.unique(group), 20)
    assert (group[pool.draw(asked, np.random.default_rng(seed))] == asked).all()


def test_members_are_drawn_as_often_as_they_weigh() -> None:
    pool = WeightedGroups.build(np.array([1, 0, 1, 1]), np.array([1.0, 5.0, 2.0, 7.0]), groups=2)
    drawn = pool.draw(np.ones(100_000, dtype=np.int64), np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / len(drawn), [0.1, 0, 0.2, 0.7], atol=0.01)
