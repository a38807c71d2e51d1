from collections import defaultdict
from dataclasses import replace
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
    weight, proximity, together = defaultdict(float), defaultdict(float), defaultdict(set)
    for number in range(len(playlists)):
        rows = range(playlists.offsets[number], playlists.offsets[number + 1])
        for i, j in combinations(rows, 2):
            a, b = sorted((int(playlists.tracks[i]), int(playlists.tracks[j])))
            if a != b:
                distance = abs(int(playlists.positions[i]) - int(playlists.positions[j]))
                weight[a, b] += 1 / (distance * len(rows))
                proximity[a, b] += 1 / distance
                together[a, b].add(number)
    return {pair: (weight[pair], proximity[pair], len(together[pair])) for pair in sorted(weight)}


def counted(playlists, blocks=None, tracks=TRACKS):
    return found(Structure.of(playlists, tracks), blocks or [(0, tracks)])


def found(structure, blocks):
    edges = {}
    for first, end in blocks:
        source, target, *values = (array.tolist() for array in vars(count_edges(structure, first, end)).values())
        pairs = list(zip(source, target, strict=True))
        assert pairs == sorted(pairs)
        edges |= dict(zip(pairs, zip(*values, strict=True), strict=True))
    return edges


@given(st.lists(st.lists(st.integers(0, TRACKS - 1), min_size=1, max_size=15), min_size=1, max_size=8))
def test_edges_are_those_of_the_definition(lists):
    playlists = csr(lists)
    expected, edges = naive(playlists), counted(playlists)
    assert list(edges) == list(expected)
    for pair, (weight, proximity, together) in expected.items():
        assert edges[pair] == (pytest.approx(weight, rel=1e-6), pytest.approx(proximity, rel=1e-6), together)


def test_many_tracks_are_found_in_order_and_counted_as_the_definition_says():
    # More than the 4,096 tracks that one word of words covers, so that the kernel's bits are used to their ends.
    tracks = 10_000
    random = np.random.default_rng(0)
    playlists = csr([random.integers(0, tracks, 40).tolist() for _ in range(30)] + [[0, 63, 64, 4095, 4096, 9999]])
    expected, edges = naive(playlists), counted(playlists, tracks=tracks)
    assert list(edges) == list(expected)
    assert np.allclose(list(edges.values()), list(expected.values()), rtol=1e-6)


def test_more_rows_than_four_bytes_count_give_the_same():
    structure = Structure.of(csr([[0, 1, 0], [1, 2, 5]]), TRACKS)
    wide = replace(structure, rows=structure.rows.astype(np.int64))
    assert found(wide, [(0, TRACKS)]) == found(structure, [(0, TRACKS)])
    assert wide.pairs().tolist() == structure.pairs().tolist()


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
    edges = counted(csr([[0, 1]], positions=[3, 13]))
    assert edges == {(0, 1): (pytest.approx(1 / 20), pytest.approx(1 / 10), 1)}


def test_a_repeated_track_counts_every_pair_but_one_playlist():
    # Pairs of positions (0, 1) and (1, 2) in a playlist of three: 1/3 + 1/3.
    assert counted(csr([[0, 1, 0]])) == {(0, 1): (pytest.approx(2 / 3), 2, 1)}


def test_identical_playlists_add_up():
    once, often = counted(csr([[0, 1, 2]])), counted(csr([[0, 1, 2]] * 50))
    assert often == {pair: (pytest.approx(50 * w), pytest.approx(50 * p), 50) for pair, (w, p, _) in once.items()}


def test_a_track_in_every_playlist_knows_every_track():
    edges = counted(csr([[TRACKS - 1, track] for track in range(TRACKS - 1)]))
    assert list(edges) == [(track, TRACKS - 1) for track in range(TRACKS - 1)]


def test_playlists_of_one_track_make_no_edge():
    assert counted(csr([[0], [1], [0, 0]])) == {}


def test_the_structure_survives_a_file(tmp_path):
    structure = Structure.of(csr([[0, 1, 2], [2, 1]]), TRACKS)
    structure.save(tmp_path)
    loaded = Structure.load(tmp_path)
    for name, array in vars(structure).items():
        np.testing.assert_array_equal(array, getattr(loaded, name))


def test_blocks_are_balanced_by_pairs_and_not_by_tracks():
    # Half of the tracks in long playlists, half in short ones.
    long, short = [list(range(100))] * 20, [[track, track + 1] for track in range(100, 199)]
    structure = Structure.of(csr(long + short), 200)
    pairs = structure.pairs()
    assert pairs[-1] == 20 * (100 * 99 // 2) + 99
    blocks = structure.blocks(10_000)
    work = [int(pairs[end] - pairs[first]) for first, end in blocks]
    assert max(work) - min(work) <= 2 * 20 * 99
    assert max(end - first for first, end in blocks) > 3 * min(end - first for first, end in blocks)


def test_no_playlist_is_no_edge():
    assert counted(csr([])) == {}
    assert Structure.of(csr([]), TRACKS).blocks(10) == [(0, TRACKS)]
