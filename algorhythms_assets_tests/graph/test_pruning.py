import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.graph.pruning import strongest


def graph(*edges):
    """Arrays of edges given as (source, target, strength)."""
    source, target, strength = zip(*edges, strict=True)
    arrays = np.array(source, np.int32), np.array(target, np.int32), np.array(strength, np.float32)
    return *arrays, np.arange(len(edges), dtype=np.int32)


def kept(edges, nodes, count):
    pairs, strengths = strongest([graph(*edges)], nodes, count).edges(nodes)
    return dict(zip(map(tuple, pairs.T.tolist()), strengths.tolist(), strict=True))


def test_an_edge_stays_when_either_end_keeps_it():
    # A star: the centre keeps its strongest edge, each leaf its only one.
    assert kept([(0, 1, 1), (0, 2, 3), (0, 3, 2)], 4, 1) == {(0, 1): 1, (0, 2): 3, (0, 3): 2}
    # A triangle: the weakest edge is nobody's strongest.
    assert kept([(0, 1, 3), (0, 2, 1), (1, 2, 2)], 3, 1) == {(0, 1): 3, (1, 2): 2}


def test_equal_edges_stay_by_the_lower_track():
    assert list(kept([(0, 1, 1), (0, 2, 1), (1, 2, 1), (1, 3, 1), (2, 3, 1)], 4, 1)) == [(0, 1), (0, 2), (1, 3)]


@given(st.integers(2, 12), st.integers(1, 5), st.integers(1, 4), st.integers(0, 1000))
def test_every_node_keeps_its_strongest_whatever_the_order_of_the_edges(nodes, count, parts, seed):
    random = np.random.default_rng(seed)
    source, target = (ends.astype(np.int32) for ends in np.triu_indices(nodes, 1))
    strength = random.integers(0, 6, len(source)).astype(np.float32)
    playlists = np.arange(len(source), dtype=np.int32)
    shuffled = random.permutation(len(source))
    edges = [array[shuffled] for array in (source, target, strength, playlists)]
    found = strongest(zip(*(np.array_split(array, parts) for array in edges), strict=True), nodes, count)
    expected = []
    for node in range(nodes):
        ends = [(-strength[i], target[i] + source[i] - node, i) for i in playlists if node in (source[i], target[i])]
        expected += [(node, other, -weight, i) for weight, other, i in sorted(ends)[:count]]
    got = zip(found.node, found.neighbour, found.strength, found.playlists, strict=True)
    assert list(map(tuple, got)) == expected


@pytest.mark.parametrize(
    "parts", [[], [tuple(np.empty(0, kind) for kind in (np.int32, np.int32, np.float32, np.int32))]]
)
def test_no_edges(parts):
    found = strongest(parts, 3, 2)
    assert len(found.node) == 0
    pairs, strengths = found.edges(3)
    assert pairs.shape == (2, 0)
    assert len(strengths) == 0
