import pandas as pd
import pyarrow.parquet as pq
import pytest
from algorhythms_ask.features import FEATURES

from algorhythms_assets.contracts import AUDIO_FEATURES
from algorhythms_assets.features.files import read_features
from algorhythms_assets.resources.store import InputError
from algorhythms_assets_tests.features.conftest import made, snapshot_of

GOOD = dict.fromkeys(FEATURES, 0.5) | {
    "loudness": -7.5,
    "tempo": 120.0,
    "duration_ms": 200_000,
    "key": 3,
    "mode": 1,
    "time_signature": 4,
}
BARE = "0VjIjW4GlUZAMYd2vXMi3b"


def write(path, *rows):
    table = pd.DataFrame(rows)
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("key", ["track_uri", "uri", "track_id", "id"])
def test_any_key_and_extra_columns_are_understood(tmp_path, suffix, key):
    features, refused = read_features(write(tmp_path / f"f{suffix}", {key: BARE, "note": "x"} | GOOD))
    assert features.index.tolist() == [f"spotify:track:{BARE}"]
    assert list(features.columns) == list(FEATURES)
    assert refused == 0


@pytest.mark.parametrize(
    "wrong", [{"energy": 1.5}, {"key": 12}, {"tempo": None}, {"mode": "major"}, {"valence": float("inf")}, {"key": 3.5}]
)
def test_a_row_with_impossible_features_is_refused_and_the_others_stay(tmp_path, wrong):
    rows = {"uri": "a"} | GOOD | wrong, {"uri": "b"} | GOOD
    features, refused = read_features(write(tmp_path / "f.csv", *rows))
    assert features.index.tolist() == ["b"]
    assert refused == 1


def test_a_repeated_track_counts_once(tmp_path):
    features, refused = read_features(write(tmp_path / "f.csv", {"uri": BARE} | GOOD, {"uri": BARE} | GOOD))
    assert (len(features), refused) == (1, 1)


def test_missing_columns_and_files_are_named(tmp_path):
    with pytest.raises(InputError, match="energy"):
        read_features(write(tmp_path / "f.csv", {"uri": "a"} | {k: v for k, v in GOOD.items() if k != "energy"}))
    with pytest.raises(InputError, match="track_uri/uri/track_id/id"):
        read_features(write(tmp_path / "g.csv", GOOD))
    with pytest.raises(InputError, match=r"missing\.csv"):
        read_features(tmp_path / "missing.csv")


def test_a_track_of_many_hours_is_kept(tmp_path):
    store = snapshot_of(tmp_path, ["a"])
    made(store, str(write(tmp_path / "f.csv", {"uri": "a"} | GOOD | {"duration_ms": 20_000_001})))
    [row] = pq.read_table(store.path(AUDIO_FEATURES)).to_pylist()
    assert row["duration_ms"] == pytest.approx(20_000_001)
