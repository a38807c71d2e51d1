import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.graph.pruning import strongest


def test_an_edge_stays_when_either_end_keeps_it():
    # A star: the centre keeps its strongest edge, each leaf its only one.
    source, target = np.array([0, 0, 0], np.int32), np.array([1, 2, 3], np.int32)
    assert strongest(source, target, np.array([1, 3, 2], np.float32), 1).tolist() == [True, True, True]
    # A triangle: the weakest edge is nobody's strongest.
    source, target = np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32)
    assert strongest(source, target, np.array([3, 1, 2], np.float32), 1).tolist() == [True, False, True]


def test_equal_edges_stay_by_the_lower_track():
    source, target = np.array([0, 0, 1, 1, 2], np.int32), np.array([1, 2, 2, 3, 3], np.int32)
    kept = strongest(source, target, np.ones(5, np.float32), 1)
    assert kept.tolist() == [True, True, False, True, False]


@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 1000))
def test_every_node_keeps_its_strongest_and_no_more_are_kept_than_wanted(nodes, neighbours, seed):
    random = np.random.default_rng(seed)
    source, target = (ends.astype(np.int32) for ends in np.triu_indices(nodes, 1))
    weight = random.permutation(len(source)).astype(np.float32)
    kept = strongest(source, target, weight, neighbours)
    assert kept.sum() <= nodes * neighbours
    for node in range(nodes):
        own = (source == node) | (target == node)
        best = np.flatnonzero(own)[np.argsort(-weight[own])[:neighbours]]
        assert kept[best].all()


def test_no_edges():
    assert strongest(*(np.empty(0, kind) for kind in (np.int32, np.int32, np.float32)), 3).tolist() == []
