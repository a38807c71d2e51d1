import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import DEGREE_REPORT, EDGE_TABLE, TRACK_METADATA
from algorhythms_assets.graph.degree_report import bucket_counts, build, degrees_of
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets_tests.graph.conftest import made


def test_buckets_hold_their_lower_end_and_not_their_upper():
    counts = bucket_counts(np.array([0, 9, 10, 49, 50, 9999, 10000, 10**6]))
    assert counts == {
        "0-10": 2,
        "10-50": 2,
        "50-100": 1,
        "100-200": 0,
        "200-500": 0,
        "500-1000": 0,
        "1000-2000": 0,
        "2000-5000": 0,
        "5000-10000": 1,
        ">10000": 2,
    }


@pytest.mark.parametrize("engine", ["embedded", "spark"])
def test_degrees_count_neighbours_of_either_side(engine, request, counted):
    chosen = EmbeddedEngine() if engine == "embedded" else request.getfixturevalue("spark_engine")
    table = pq.read_table(edge_files(counted.path(EDGE_TABLE)))
    tracks = pq.read_metadata(counted.path(TRACK_METADATA) / "tracks.parquet").num_rows
    ends = np.concatenate([table["source"].to_numpy(), table["target"].to_numpy()])
    degrees = degrees_of(chosen, edge_files(counted.path(EDGE_TABLE)), tracks)
    assert degrees.tolist() == np.bincount(ends, minlength=tracks).tolist()


def test_the_report_has_every_track_of_a_training_playlist_in_a_bucket(store):
    from algorhythms_assets.graph import edge_table

    made(edge_table.build, store, EDGE_TABLE)
    about = made(build, store, DEGREE_REPORT)
    report = json.loads((store.path(DEGREE_REPORT) / "report.json").read_text())
    playlists = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")["playlists"].to_numpy()
    assert sum(report["buckets"].values()) == report["tracks"] == (playlists > 0).sum() == about["tracks"]
    assert (store.path(DEGREE_REPORT) / "degrees.png").read_bytes().startswith(b"\x89PNG")
