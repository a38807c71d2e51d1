"""The same SQL on every engine."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import PLAYLIST_NAMES_SCHEMA, PLAYLISTS_SCHEMA, RAW_PLAYLISTS_SCHEMA, TRACKS_SCHEMA
from algorhythms_assets.ingest.snapshot import playlist_names, snapshot_tables
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.store import write_table
from algorhythms_assets_tests.services.spark import spark_engine  # noqa: F401 (a fixture)

SPELLINGS = ["Ωmega", "omega", "Omega", "omega ", "", None, "夜", "🎵", "a\tb"]


@pytest.fixture
def raw(tmp_path):
    """Files of rows with spellings that differ, names that are missing, and ties that only the order breaks."""
    random = np.random.default_rng(3)
    paths = []
    for number in range(3):
        pids = np.repeat(np.arange(40 * number, 40 * number + 40) - 5, random.integers(1, 12, 40))
        rows = len(pids)
        tracks = random.integers(0, 30, rows)

        def texts(rows=rows, random=random):
            return [SPELLINGS[i] for i in random.integers(0, len(SPELLINGS), rows)]

        table = pa.table(
            {
                "pid": pids,
                "name": texts(),
                "bucket": pids * 37 % 10_000,
                "content": pids,
                "num_tracks": np.bincount(pids + 5)[pids + 5],
                "position": np.concatenate([np.arange(n) for n in np.unique(pids, return_counts=True)[1]]),
                "track_uri": [f"local:track:{SPELLINGS[track % 9]}{track}" for track in tracks],
                "track_name": texts(),
                "artist_uri": texts(),
                "artist_name": texts(),
                "album_uri": texts(),
                "album_name": texts(),
                "duration_ms": pa.array([int(n) if n else None for n in random.integers(0, 3, rows)], pa.int64()),
            }
        )
        paths.append(tmp_path / f"slice {number}.parquet")
        write_table(table, paths[-1], RAW_PLAYLISTS_SCHEMA)
    return paths


def test_spark_and_duckdb_make_the_same_snapshot(raw, spark_engine):  # noqa: F811
    duckdb, spark = (snapshot_tables(engine, raw, 2000) for engine in (EmbeddedEngine(), spark_engine))
    for one, other, schema in zip(duckdb, spark, (TRACKS_SCHEMA, PLAYLISTS_SCHEMA), strict=True):
        assert one.num_rows > 20
        assert one.select(schema.names).cast(schema).equals(other.select(schema.names).cast(schema))


def test_play_counts_are_of_training_playlists_each_once(raw):
    tracks, playlists = snapshot_tables(EmbeddedEngine(), raw, 2000)
    rows = playlists.to_pandas()
    training = rows[rows["bucket"] >= 2000]
    expected = training.groupby("track")["pid"].nunique().reindex(range(tracks.num_rows), fill_value=0)
    assert tracks["playlists"].to_pylist() == expected.tolist()
    assert 0 < len(training) < len(rows)
    assert playlists["playlist"].to_pylist() == (rows["pid"].rank(method="dense").astype(int) - 1).tolist()


def test_names_are_those_of_playlists_that_have_one(raw):
    # Each playlist of this file has one name or none.
    table = pq.read_table(raw[0])
    names = [SPELLINGS[pid % 9] for pid in table["pid"].to_pylist()]
    write_table(table.set_column(1, "name", pa.array(names)), raw[0], RAW_PLAYLISTS_SCHEMA)
    found = playlist_names(EmbeddedEngine(), raw[:1]).cast(PLAYLIST_NAMES_SCHEMA).to_pylist()
    pids = sorted(set(table["pid"].to_pylist()))
    assert found == [{"pid": pid, "name": SPELLINGS[pid % 9]} for pid in pids if SPELLINGS[pid % 9] is not None]


def test_slices_without_a_playlist_are_no_tracks(tmp_path):
    write_table(RAW_PLAYLISTS_SCHEMA.empty_table(), tmp_path / "empty.parquet", RAW_PLAYLISTS_SCHEMA)
    tracks, playlists = snapshot_tables(EmbeddedEngine(), [tmp_path / "empty.parquet"], 20)
    assert (tracks.num_rows, playlists.num_rows) == (0, 0)
    assert tracks.schema.names == TRACKS_SCHEMA.names
