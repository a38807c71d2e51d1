"""Faults of a snapshot are counted, each by its name, and drift is told in words."""

import numpy as np
import pyarrow as pa
import pytest

from algorhythms_assets.ingest.faults import changed, snapshot_faults, top_share

# Three tracks; playlist 0 is held out (bucket 5), 1 and 2 train. c stands in a held-out playlist alone.
TRACKS = {"track": [0, 1, 2], "track_uri": ["a", "b", "c"], "playlists": [2, 1, 0]}
ROWS = {"playlist": [0, 0, 1, 1, 2], "bucket": [5, 5, 90, 90, 90], "track": [0, 2, 0, 1, 0]}


def found(tracks=None, rows=None, cut=5):
    table = pa.table(TRACKS | (tracks or {}))
    columns = [np.array(column, np.int32) for column in (ROWS | (rows or {})).values()]
    batches = [tuple(column[:cut] for column in columns), tuple(column[cut:] for column in columns)]
    return {name: count for name, count in snapshot_faults(table, batches, 10).items() if count}


@pytest.mark.parametrize("cut", range(6))
def test_a_snapshot_without_faults_has_none_wherever_its_batches_are_cut(cut):
    assert found(cut=cut) == {}


@pytest.mark.parametrize(
    ("tracks", "rows", "faults"),
    [
        ({"track": [0, 2, 1]}, {}, {"tracks whose number is not their row": 2}),
        ({"track_uri": ["a", "a", "c"]}, {}, {"tracks that do not come after the one before": 1}),
        ({"track_uri": ["c", "b", "a"]}, {}, {"tracks that do not come after the one before": 2}),
        ({}, {"track": [3, -1, 0, 1, 0]}, {"rows of no track": 2}),
        ({}, {"playlist": [0, 0, 1, 1, 3]}, {"playlists out of order": 1}),
        ({}, {"playlist": [1, 1, 2, 2, 3]}, {"playlists out of order": 1}),
        ({"playlists": [3, 0, 1]}, {}, {"tracks with a wrong count of playlists": 3}),
    ],
)
def test_each_fault_is_counted_alone(tracks, rows, faults):
    assert found(tracks, rows) == faults


def test_a_track_that_a_playlist_holds_twice_is_no_fault():
    assert found({"playlists": [1, 1, 0]}, {"playlist": [0, 0, 1, 1, 1]}) == {}


def test_the_share_of_the_most_popular_hundredth():
    assert top_share(np.array([50] + [1] * 50, np.int32)) == 0.5
    assert top_share(np.ones(200, np.int32)) == 0.01
    assert top_share(np.zeros(3, np.int32)) == 0


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"playlists": 1000, "median length": 20.0}, []),
        ({"playlists": 5000, "median length": 24.0}, []),
        ({"playlists": 890}, ["playlists 1000 to 890"]),
        ({"median length": 30.0, "named share": 0.1}, ["median length 20 to 30", "named share 0.5 to 0.1"]),
        ({"share of the top percent": 0.9}, []),
    ],
)
def test_what_is_not_like_before_is_told(now, words):
    assert changed(now, {"playlists": 1000, "median length": 20.0, "named share": 0.5}) == words
