import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.ingest import playlists
from algorhythms_assets_tests.graph.test_edges import csr


@given(st.lists(st.lists(st.integers(0, 5), max_size=9), max_size=9))
def test_once_keeps_the_first_of_equal_tracks(lists):
    given_playlists = csr(lists)
    once = given_playlists.once()
    assert [once[i].tolist() for i in range(len(once))] == [list(dict.fromkeys(tracks)) for tracks in lists]
    assert np.array_equal(once.pids, given_playlists.pids)


def test_once_by_parts_is_once_of_all(monkeypatch):
    random = np.random.default_rng(0)
    some = csr([random.integers(0, 9, length).tolist() for length in random.integers(0, 20, 50)])
    whole = some.once()
    monkeypatch.setattr(playlists, "_AT_ONCE", 7)
    assert np.array_equal(some.once().tracks, whole.tracks)
    assert np.array_equal(some.once().positions, whole.positions)
