import math

import dagster as dg
import pyarrow as pa
import pytest

from algorhythms_assets.contracts import AUDIO_FEATURES, AUDIO_FEATURES_SCHEMA
from algorhythms_assets.features import checks
from algorhythms_assets.features.coverage import ranges, shares
from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.store import Stamp, write_table
from algorhythms_assets_tests.features.conftest import made, snapshot_of, track_ids
from algorhythms_assets_tests.features.test_files import GOOD

CHECKS = {
    "features_cover_tracks": checks.features_cover_tracks,
    "features_are_in_range": checks.features_are_in_range,
    "features_are_unique": checks.features_are_unique,
    "features_belong_to_tracks": checks.features_belong_to_tracks,
}


def checked(tmp_path, *rows, source="features.csv"):
    """The results of all checks on a snapshot of the tracks a (1 play), b (2) and c (3)."""
    store = snapshot_of(tmp_path, ["a", "b", "c"])
    table = pa.Table.from_pylist([{"track_uri": uri} | GOOD | change for uri, change in rows], AUDIO_FEATURES_SCHEMA)
    stamp = Stamp("audio_features", "1", "1", "snapshot", {}, {"source": source})
    write_table(table, store.path(AUDIO_FEATURES), AUDIO_FEATURES_SCHEMA, stamp)
    return {name: check(compute=LocalCompute(store, "duckdb")) for name, check in CHECKS.items()}


def failed(results):
    return {name: result.description for name, result in results.items() if not result.passed}


def test_good_features_pass_and_tell_their_shares_and_ranges(tmp_path):
    results = checked(tmp_path, ("a", {}), ("c", {"energy": 1}))
    assert failed(results) == {}
    covered = results["features_cover_tracks"].metadata
    assert covered["share of tracks"].value == 0.6667
    assert covered["share of plays"].value == 0.6667
    table = results["features_are_in_range"].metadata["ranges"].value
    assert "| energy | 0.5 | 1 | 0 to 1 | 0 | 0 |" in table
    assert "| key | 3 | 3 | -1 to 11 | 0 | 0 |" in table
    assert "| mode | 1 | 1 | 0 to 1 | 0 | 0 |" in table
    assert "| time_signature | 4 | 4 | 0 to 7 | 0 | 0 |" in table


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"key": 12}, "key (1)"),
        ({"key": -2}, "key (1)"),
        ({"mode": 2}, "mode (1)"),
        ({"time_signature": 8}, "time_signature (1)"),
        ({"tempo": math.nan}, "tempo (1)"),
        ({"loudness": math.inf}, "loudness (1)"),
    ],
)
def test_a_value_outside_its_range_is_counted(tmp_path, change, named):
    results = checked(tmp_path, ("a", change), ("b", {}))
    assert failed(results) == {"features_are_in_range": f"outside their range: {named}"}


def test_a_missing_feature_is_counted_and_is_not_outside(tmp_path):
    results = checked(tmp_path, ("a", {"tempo": None}), ("b", {"key": None}))
    assert failed(results) == {}
    table = results["features_are_in_range"].metadata["ranges"].value
    assert "| tempo | 120 | 120 | 0 to 300 | 0 | 1 |" in table
    assert "| key | 3 | 3 | -1 to 11 | 0 | 1 |" in table


def test_repeated_and_foreign_tracks_are_counted(tmp_path):
    results = checked(tmp_path, ("a", {}), ("a", {}), ("x", {}))
    assert failed(results) == {
        "features_are_unique": "1 rows repeat a track",
        "features_belong_to_tracks": "1 rows belong to no track",
    }


def test_a_source_that_knows_no_track_is_told_and_none_is_not(tmp_path):
    assert failed(checked(tmp_path)) == {"features_cover_tracks": "features for 0.0% of tracks, 0.0% of plays"}
    assert failed(checked(tmp_path, source="none")) == {}


def test_no_check_blocks():
    for name, check in CHECKS.items():
        [spec] = check.check_specs
        assert (spec.name, spec.asset_key, spec.blocking) == (name, dg.AssetKey("audio_features"), False)


def test_shares_of_nothing_are_nothing():
    tracks = pa.table({"track_uri": pa.array([], pa.string()), "playlists": pa.array([], pa.int32())})
    assert shares(tracks, []) == {"share of tracks": 0.0, "share of plays": 0.0}
    assert {row["lowest"] for row in ranges(AUDIO_FEATURES_SCHEMA.empty_table())} == {None}


def test_the_payload_leaves_nothing_to_complain_about(tmp_path, server):
    store = snapshot_of(tmp_path, [f"spotify:track:{track}" for track in track_ids(100)])
    made(store, server.url)
    assert failed({name: check(compute=LocalCompute(store, "duckdb")) for name, check in CHECKS.items()}) == {}
