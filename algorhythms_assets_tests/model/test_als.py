from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from algorhythms_assets.model import als
from algorhythms_assets.model.als import fold_in_matrix, train_factors
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets_tests.graph.test_edges import csr
from algorhythms_assets_tests.model.conftest import CLIQUE

CONFIG = GcnConfig(factor_iterations=15, regularization=0.1, unobserved=0.05)


def objective(holds, u, v):
    """What alternating least squares makes small, term by term."""
    scores = u @ v.T
    loss = ((1 - scores) ** 2)[holds].sum() + CONFIG.unobserved * (scores**2).sum()
    return loss + CONFIG.regularization * ((u**2).sum() + (v**2).sum())


def playlists_factors(lists, v):
    base = fold_in_matrix(torch.from_numpy(v), CONFIG).numpy()
    return np.stack([np.linalg.solve(base + v[t].T @ v[t], v[t].sum(axis=0)) for t in lists])


def test_every_iteration_makes_the_objective_smaller_until_it_settles():
    lists = [[0, 1, 2], [1, 2], [3, 4], [4, 3, 5], [0, 5]]
    holds = np.zeros((5, 6), bool)
    for row, tracks in enumerate(lists):
        holds[row, tracks] = True
    values = []
    for v in train_factors(csr(lists), 6, 3, CONFIG):
        v = v.double().numpy()
        values.append(objective(holds, playlists_factors(lists, v), v))
    assert all(after <= before + 1e-6 for before, after in pairwise(values))
    assert values[-1] == pytest.approx(values[-2], rel=1e-2)


def test_what_stands_together_has_factors_that_agree(playlists):
    *_, v = train_factors(playlists, 2 * CLIQUE, 4, CONFIG)
    v = torch.nn.functional.normalize(v, dim=1)
    assert (v[:CLIQUE] @ v[:CLIQUE].T).mean() > (v[:CLIQUE] @ v[CLIQUE:].T).mean() + 0.5


def test_the_size_of_batches_changes_nothing(monkeypatch, playlists):
    *_, whole = train_factors(playlists, 2 * CLIQUE, 4, CONFIG)
    monkeypatch.setattr(als, "_ROWS_AT_ONCE", 10)
    *_, pieces = train_factors(playlists, 2 * CLIQUE, 4, CONFIG)
    torch.testing.assert_close(whole, pieces, rtol=1e-3, atol=1e-4)


@given(
    factors=st.integers(1, 9),
    lengths=st.lists(st.integers(0, 12), max_size=8),
    columns=st.integers(12, 30),
    at_once=st.sampled_from([1, 10, 1 << 17]),
)
@example(factors=4, lengths=[0, 1, 2, 3, 4, 4, 5, 12, 1, 0], columns=12, at_once=10)
@example(factors=4, lengths=[], columns=12, at_once=10)
def test_rows_of_any_length_are_solved_as_one_dense_system_each_would_be(factors, lengths, columns, at_once):
    random = np.random.default_rng(columns)
    other = random.normal(size=(columns, factors))
    held = [random.choice(columns, length, replace=False) for length in lengths]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(als, "_ROWS_AT_ONCE", at_once)
        of_other = torch.from_numpy(other.astype(np.float32))
        solved = als.solver(of_other, fold_in_matrix(of_other, CONFIG))
        found = solved(np.cumsum([0, *lengths]), np.concatenate([*held, np.empty(0, np.int64)]))
    expected = playlists_factors(held, other) if held else np.empty((0, factors))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-5)
    assert all((row == 0).all() for row, length in zip(found, lengths, strict=True) if not length)


@given(lengths=st.lists(st.integers(0, 30), max_size=40))
def test_batches_are_of_one_length_and_of_bounded_size(lengths):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(als, "_ROWS_AT_ONCE", 20)
        batches = list(als._batches(np.array(lengths, np.int64)))
    assert all({lengths[row] for row in rows} == {length} for rows, length in batches)
    assert all(len(rows) * length <= 20 or len(rows) == 1 for rows, length in batches)
    assert sorted(row for rows, _ in batches for row in rows) == [row for row, length in enumerate(lengths) if length]


def test_two_tracks_of_one_factor_are_solved_as_by_hand():
    # Of B = 0.05 (1 + 4) + 0.1 = 0.35: 2 / (0.35 + 4) of the second alone, 3 / (0.35 + 5) of both.
    other = torch.tensor([[1.0], [2.0]])
    found = als.solver(other, fold_in_matrix(other, CONFIG))(np.array([0, 1, 1, 3]), np.array([1, 0, 1]))
    np.testing.assert_allclose(found.numpy()[:, 0], [2 / 4.35, 0, 3 / 5.35], rtol=1e-6)


def test_a_track_in_no_playlist_has_no_factors():
    *_, factors = train_factors(csr([[0, 1], [1, 2]]), 5, 3, CONFIG)
    assert (factors[:3] != 0).any(dim=1).all()
    assert (factors[3:] == 0).all()


@pytest.mark.parametrize("lists", [[[0]], [[0]] * 4, [[0], [1], [2]]])
def test_the_fewest_playlists_give_finite_factors(lists):
    *_, v = train_factors(csr(lists), 3, 8, CONFIG)
    assert torch.isfinite(v).all()
