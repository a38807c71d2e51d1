"""Faults of edges are counted, each by its name, whatever parts they come in."""

import math

import numpy as np
import pyarrow as pa
import pytest

from algorhythms_assets.contracts import EDGES_SCHEMA
from algorhythms_assets.graph.faults import edge_faults, graph_faults

GOOD = [(0, 1, 0.5, 1.0, 1), (0, 3, 0.25, 1.0, 2), (1, 2, 1.0, 1.0, 3)]


def found(*edges):
    columns = dict(zip(EDGES_SCHEMA.names, zip(*edges, strict=True), strict=True))
    table = pa.table(columns).cast(EDGES_SCHEMA)
    of_one, of_each = (
        {name: count for name, count in edge_faults(parts, tracks=4, training_playlists=3).items() if count}
        for parts in ([table], [table.slice(row, 1) for row in range(len(edges))])
    )
    assert of_one == of_each
    return of_one


def test_good_edges_have_no_faults():
    assert found(*GOOD) == {}


@pytest.mark.parametrize(
    ("edge", "fault"),
    [
        ((3, 2, 0.5, 1.0, 1), "edges whose ends are not two tracks, the lower first"),
        ((2, 4, 0.5, 1.0, 1), "edges whose ends are not two tracks, the lower first"),
        ((2, 2, 0.5, 1.0, 1), "edges whose ends are not two tracks, the lower first"),
        ((1, 2, 0.5, 1.0, 1), "edges that repeat or are out of order"),
        ((0, 2, 0.5, 1.0, 1), "edges that repeat or are out of order"),
        ((2, 3, 0.0, 1.0, 1), "edges whose strength is out of range"),
        ((2, 3, math.nan, 1.0, 1), "edges whose strength is out of range"),
        ((2, 3, 1.0, math.inf, 1), "edges whose strength is out of range"),
        ((2, 3, 1.1, 1.0, 1), "edges whose strength is out of range"),
        ((2, 3, 0.5, 1.0, 0), "edges of impossibly many or few playlists"),
        ((2, 3, 0.5, 1.0, 4), "edges of impossibly many or few playlists"),
    ],
)
def test_each_fault_is_counted_alone(edge, fault):
    assert found(*GOOD, edge) == {fault: 1}


def graph(there=((0, 1), (1, 2)), back=((1, 0), (2, 1)), weights=(1, 2), weights_back=(1, 2), inputs=0.0):
    halves = [
        (
            (np.array([there[i]], np.int64).T, np.array([weights[i]], np.float32)),
            (np.array([back[i]], np.int64).T, np.array([weights_back[i]], np.float32)),
        )
        for i in range(len(there))
    ]
    return {n: count for n, count in graph_faults(halves, [np.full((3, 2), inputs)], 3).items() if count}


def test_a_good_graph_has_no_faults_and_neither_has_one_without_edges():
    assert graph() == {}
    assert graph(there=(), back=()) == {}


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"back": [(1, 0), (2, 0)]}, {"edges that do not lead back": 1}),
        ({"weights_back": (1, 3)}, {"edges that do not lead back": 1}),
        ({"there": [(0, 1), (1, 3)], "back": [(1, 0), (3, 1)]}, {"edges to no node": 1}),
        ({"there": [(0, 1), (2, 2)], "back": [(1, 0), (2, 2)]}, {"edges from a node to itself": 1}),
        ({"weights": (1, 0), "weights_back": (1, 0)}, {"weights that are not above 0": 1}),
        ({"inputs": math.inf}, {"inputs that are not finite": 6}),
    ],
)
def test_each_fault_of_a_graph_is_counted_alone(change, faults):
    assert graph(**change) == faults
