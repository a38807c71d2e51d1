from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.graph.edges import Structure, count_edges
from algorhythms_assets.ingest.playlists import Playlists

TRACKS = 12


def csr(lists, positions=None):
    """Playlists in compressed sparse row form from lists of track numbers."""
    lengths = [len(tracks) for tracks in lists]
    return Playlists(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        tracks=np.array([track for tracks in lists for track in tracks], np.int32),
        positions=np.array(positions or [place for length in lengths for place in range(length)], np.int32),
        pids=np.arange(len(lists), dtype=np.int64),
        buckets=np.zeros(len(lists), np.int32),
    )


def naive(playlists):
    """The definition, pair by pair."""
    weight, together = defaultdict(float), defaultdict(set)
    for number in range(len(playlists)):
        rows = range(playlists.offsets[number], playlists.offsets[number + 1])
        for i, j in combinations(rows, 2):
            a, b = sorted((int(playlists.tracks[i]), int(playlists.tracks[j])))
            if a != b:
                distance = abs(int(playlists.positions[i]) - int(playlists.positions[j]))
                weight[a, b] += 1 / (distance * len(rows))
                together[a, b].add(number)
    return {pair: (weight[pair], len(together[pair])) for pair in sorted(weight)}


def counted(playlists, blocks=None):
    structure = Structure.of(playlists, TRACKS)
    found = {}
    for first, end in blocks or [(0, TRACKS)]:
        edges = count_edges(structure, first, end)
        pairs = list(zip(edges.source.tolist(), edges.target.tolist(), strict=True))
        assert pairs == sorted(pairs)
        found |= dict(zip(pairs, zip(edges.weight.tolist(), edges.playlists.tolist(), strict=True), strict=True))
    return found


@given(st.lists(st.lists(st.integers(0, TRACKS - 1), min_size=1, max_size=15), min_size=1, max_size=8))
def test_edges_are_those_of_the_definition(lists):
    playlists = csr(lists)
    expected, found = naive(playlists), counted(playlists)
    assert list(found) == list(expected)
    for pair, (weight, together) in expected.items():
        assert found[pair][0] == pytest.approx(weight, rel=1e-6)
        assert found[pair][1] == together


@given(
    st.lists(st.lists(st.integers(0, TRACKS - 1), min_size=1, max_size=15), min_size=1, max_size=8),
    st.integers(1, 200),
)
def test_edges_do_not_depend_on_the_blocks(lists, work):
    playlists = csr(lists)
    blocks = Structure.of(playlists, TRACKS).blocks(work)
    assert [first for first, _ in blocks] == [0, *(end for _, end in blocks[:-1])]
    assert blocks[-1][1] == TRACKS
    assert counted(playlists, blocks) == counted(playlists)


def test_gaps_in_positions_widen_the_distance():
    assert counted(csr([[0, 1]], positions=[3, 13])) == {(0, 1): (pytest.approx(1 / 20), 1)}


def test_a_repeated_track_counts_every_pair_but_one_playlist():
    # Pairs of positions (0, 1) and (1, 2) in a playlist of three: 1/3 + 1/3.
    assert counted(csr([[0, 1, 0]])) == {(0, 1): (pytest.approx(2 / 3), 1)}


def test_playlists_of_one_track_make_no_edge():
    assert counted(csr([[0], [1], [0, 0]])) == {}


def test_the_structure_survives_a_file(tmp_path):
    structure = Structure.of(csr([[0, 1, 2], [2, 1]]), TRACKS)
    structure.save(tmp_path)
    loaded = Structure.load(tmp_path)
    for name, array in vars(structure).items():
        np.testing.assert_array_equal(array, getattr(loaded, name))


def test_many_edges_outgrow_the_first_buffer():
    size = 500
    everyone = csr([list(range(size))])
    edges = count_edges(Structure.of(everyone, size), 0, size)
    assert len(edges.source) == size * (size - 1) // 2
    assert (edges.playlists == 1).all()
