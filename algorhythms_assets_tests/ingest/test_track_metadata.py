import json
import logging

import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import TRACK_METADATA
from algorhythms_assets.ingest import raw_playlists, track_metadata
from algorhythms_assets.ingest.buckets import bucket
from algorhythms_assets.ingest.config import TrackMetadataConfig
from algorhythms_assets.ingest.playlists import load_snapshot
from algorhythms_assets.ingest.slices import find_slices
from algorhythms_assets.payload import Work
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.store import InputError, Store, planned_stamp
from algorhythms_assets_tests.conftest import playlist, slice_bytes, uri

TRAINING = [pid for pid in range(200) if bucket(pid) >= 2000]
TEST = [pid for pid in range(200) if 1000 <= bucket(pid) < 2000]
VALIDATION = [pid for pid in range(200) if bucket(pid) < 1000]


def snapshot(tmp_path, *slices, holdout=0.1):
    """Makes a snapshot of slices, each a list of playlists."""
    store = Store(tmp_path / "store")
    for number, playlists in enumerate(slices):
        (tmp_path / f"slice{number}.json").write_bytes(slice_bytes(*playlists))
    for key, file in find_slices(tmp_path).files.items():
        if not key.startswith("store/"):
            assert raw_playlists.ingest(raw_playlists.SliceTask(key, file, store.slice_path(key))).failed is None
    return made(store, holdout)


def made(store, holdout=0.1):
    config = TrackMetadataConfig(holdout=holdout)
    stamp = planned_stamp(TRACK_METADATA, store.inputs(TRACK_METADATA), config.model_dump())
    track_metadata.build(Work(store, TRACK_METADATA, config, EmbeddedEngine(), logging.getLogger(), stamp))
    return store.path(TRACK_METADATA)


def tracks_of(folder):
    return {row["track_uri"]: row for row in pq.read_table(folder / "tracks.parquet").to_pylist()}


def test_tracks_are_dense_ordered_by_uri_and_counted_over_training_playlists(tmp_path):
    folder = snapshot(
        tmp_path,
        [playlist(TRAINING[0], ["b", "a", "b"]), playlist(TRAINING[1], ["b"])],
        [playlist(TEST[0], ["a", "onlyintest"]), playlist(VALIDATION[0], ["b"])],
    )
    rows = pq.read_table(folder / "tracks.parquet").to_pylist()
    assert [row["track"] for row in rows] == [0, 1, 2]
    assert [row["track_uri"] for row in rows] == sorted(uri(name) for name in ("a", "b", "onlyintest"))
    assert {row["track_name"]: row["playlists"] for row in rows} == {"a": 1, "b": 2, "onlyintest": 0}


def test_playlists_come_back_split_and_in_order(tmp_path):
    folder = snapshot(
        tmp_path, [playlist(TRAINING[0], ["b", "a", "b"]), playlist(TEST[0], ["a"]), playlist(VALIDATION[0], ["b"])]
    )
    loaded = load_snapshot(folder)
    assert loaded.training.pids.tolist() == [TRAINING[0]]
    assert loaded.training[0].tolist() == [1, 0, 1]
    assert loaded.training.distinct(0).tolist() == [1, 0]
    assert loaded.test.pids.tolist() == [TEST[0]]
    assert loaded.validation[0].tolist() == [1]


def renamed(pid, name):
    changed = playlist(pid, ["a"])
    changed["tracks"][0]["track_name"] = name
    return changed


def test_the_most_frequent_spelling_of_training_playlists_counts_whatever_held_out_ones_say(tmp_path):
    folder = snapshot(
        tmp_path,
        [renamed(TRAINING[0], "right"), renamed(TRAINING[1], "right"), renamed(TRAINING[2], "rare")],
        [renamed(pid, "held out") for pid in TEST[:4]],
    )
    assert tracks_of(folder)[uri("a")]["track_name"] == "right"


def test_a_pid_in_two_slices_counts_once_and_the_later_slice_wins(tmp_path):
    folder = snapshot(
        tmp_path, [playlist(TRAINING[0], ["a", "b"]), playlist(TRAINING[1], ["a"])], [playlist(TRAINING[0], ["c"])]
    )
    assert set(tracks_of(folder)) == {uri("a"), uri("c")}
    assert json.loads((folder / "snapshot.json").read_text())["repeated_playlists"] == 1


def test_the_same_export_twice_counts_once_and_falls_into_one_split(tmp_path):
    songs = [f"#EXTM3U\n#PLAYLIST:P{n}\n#EXTINF:1,artist {n} - title\n/m/x.mp3\n" for n in range(20)]
    for folder in ("first", "again"):
        (tmp_path / folder).mkdir()
        for n, content in enumerate(songs):
            (tmp_path / folder / f"{n}.m3u").write_text(content)
    store = Store(tmp_path / "store")
    for key, file in find_slices(tmp_path).files.items():
        assert raw_playlists.ingest(raw_playlists.SliceTask(key, file, store.slice_path(key))).failed is None
    rows = [row for key in store.slices() for row in pq.read_table(store.slice_path(key)).to_pylist()]
    assert len(rows) == 40
    assert len({row["pid"] for row in rows}) == 40
    assert len({(row["name"], row["bucket"]) for row in rows}) == 20
    folder = made(store)
    about = json.loads((folder / "snapshot.json").read_text())
    assert (about["playlists"], about["twin_playlists"]) == (20, 20)


def test_the_snapshot_says_what_it_holds(tmp_path):
    folder = snapshot(tmp_path, [playlist(TRAINING[0], ["a"])])
    about = json.loads((folder / "snapshot.json").read_text())
    assert about["split"] == {"validation": [0, 1000], "test": [1000, 2000]}
    assert list(about["slices"]) == ["slice0"]
    assert about["training_playlists"] == 1


def test_a_snapshot_without_training_playlists_is_refused(tmp_path):
    with pytest.raises(InputError, match="held out"):
        snapshot(tmp_path, [playlist(TEST[0], ["a"])])


def test_the_version_follows_slices_and_holdout(tmp_path):
    def version(folder, *slices, holdout=0.1):
        return json.loads((snapshot(tmp_path / folder, *slices, holdout=holdout) / "snapshot.json").read_text())[
            "snapshot"
        ]

    for name in "wxyz":
        (tmp_path / name).mkdir()
    one = [playlist(TRAINING[0], ["a"])]
    assert version("w", one) == version("x", one)
    assert version("y", one, holdout=0.05) != version("x", one)
    assert version("z", one, [playlist(TRAINING[1], ["b"])]) != version("x", one)


def test_slices_that_change_while_a_snapshot_is_made_of_them_are_seen(tmp_path, monkeypatch):
    snapshot(tmp_path, [playlist(TRAINING[0], ["a"])])
    store = Store(tmp_path / "store")
    before = store.stamp(TRACK_METADATA)
    tables = track_metadata.snapshot_tables

    def meanwhile(*arguments):
        (tmp_path / "slice0.json").write_bytes(slice_bytes(playlist(TRAINING[0], ["b"])))
        file = find_slices(tmp_path).files["slice0"]
        raw_playlists.ingest(raw_playlists.SliceTask("slice0", file, store.slice_path("slice0")))
        return tables(*arguments)

    monkeypatch.setattr(track_metadata, "snapshot_tables", meanwhile)
    with pytest.raises(InputError, match=r"slices changed while the snapshot was built from them \(slice0\)"):
        made(store)
    assert store.stamp(TRACK_METADATA) == before
