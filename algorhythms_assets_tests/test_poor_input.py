"""From parsed playlists to an evaluation, on input that is poor: everything is made, or a sentence says why not."""

import csv
import importlib
import json
import logging
import typing

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.release import load_recommender
from algorhythms_ask.songs import Song

from algorhythms_assets.contracts import (
    ARTIFACTS,
    AUDIO_FEATURES,
    AUDIO_FEATURES_SCHEMA,
    EMBEDDINGS,
    EVALUATION_REPORT,
    MLP_WEIGHTS,
    SEARCH_INDEX,
    SERVING_BUNDLE,
)
from algorhythms_assets.model.stored import load_embeddings
from algorhythms_assets.payload import Work
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.store import InputError, Store, planned_stamp, write_table
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets_tests.conftest import playlist, slice_bytes

TRAINED = ("scaler", "edge_table", "pyg_graph", "gcn_weights", "embeddings", "mlp_weights", "title_weights")
SERVED = ("serving_bundle", "new_tracks", "search_index", "evaluation_report")


def make(store, name, **chosen):
    """Runs a payload here, with a config of the values chosen."""
    artifact = ARTIFACTS[name]
    build = importlib.import_module(artifact.module).build
    [config_type] = typing.get_args(typing.get_type_hints(build)["work"])
    config = config_type(**chosen)
    stamp = planned_stamp(artifact, store.inputs(artifact), config.model_dump(mode="json"))
    return build(Work(store, artifact, config, EmbeddedEngine(), logging.getLogger(name), stamp))


def parsed(folder, *playlists):
    (folder / "mpd.slice.0-999.json").write_bytes(slice_bytes(*playlists))
    store = Store(folder / "store")
    make(store, "raw_playlists", folder=str(folder))
    return store


def everything(store, features="none", **training):
    """Makes all artifacts after the playlists; returns the evaluation report."""
    make(store, "track_metadata")
    make(store, "audio_features", source=str(features))
    return trained(store, **training)


def trained(store, **training):
    """Makes all artifacts after the features; returns the evaluation report."""
    for name in TRAINED:
        chosen = {"gcn_weights": {"epochs": 2} | training, "mlp_weights": {"epochs": 5}}.get(name, {})
        make(store, name, **chosen)
    for name in SERVED:
        make(store, name)
    vectors = load_embeddings(store)[1]
    assert len(vectors)
    assert np.isfinite(vectors).all()
    return json.loads((store.path(EVALUATION_REPORT) / "report.json").read_text())


def test_three_playlists(tmp_path):
    report = everything(parsed(tmp_path, *(playlist(pid, ["a", "b", "c"]) for pid in range(3))))
    assert report["gate"]["passed"]
    assert report["gate"]["warnings"]


def test_no_playlist_for_validation(tmp_path):
    store = Store(tmp_path / "store")
    held = [playlist(pid, ["a", "b", f"c{pid % 4}"]) for pid in range(12)]
    (tmp_path / "mpd.slice.0-999.json").write_bytes(slice_bytes(*held))
    make(store, "raw_playlists", folder=str(tmp_path))
    make(store, "track_metadata", holdout=0)
    make(store, "audio_features")
    for name in (*TRAINED, *SERVED):
        make(store, name)
    report = json.loads((store.path(EVALUATION_REPORT) / "report.json").read_text())
    assert report["test_playlists"] == 0
    assert report["gate"]["warnings"]


def test_every_track_seen_once(tmp_path):
    store = parsed(tmp_path, *(playlist(pid, [f"t{pid}x{i}" for i in range(6)]) for pid in range(40)))
    report = everything(store)
    # What stands in a test playlist stands in no other.
    assert report["methods"]["served"]["K1"]["r_precision"] in (None, 0)


def test_one_track_in_every_playlist(tmp_path):
    store = parsed(tmp_path, *(playlist(pid, ["hit", f"t{pid % 9}", f"t{pid % 7}"]) for pid in range(60)))
    assert everything(store)["methods"]["served"]["K1"]["ndcg"] > 0


@pytest.fixture
def sample(tmp_path):
    write_sample(tmp_path / "sample", playlists=60, slice_size=60, seed=5)
    store = Store(tmp_path / "store")
    make(store, "raw_playlists", folder=str(tmp_path / "sample" / "playlists"))
    return store, tmp_path / "sample" / "audio_features.csv"


def rewrite(path, change):
    """Rewrites a CSV file by a function from row number and row to row, or to None."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    with path.open("w") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in (change(*numbered) for numbered in enumerate(rows)) if row is not None)


def test_features_of_one_track_in_a_hundred(sample):
    store, features = sample
    rewrite(features, lambda number, row: row if number % 100 == 0 else None)
    everything(store, features)
    assert json.loads((store.path(MLP_WEIGHTS) / "description.json").read_text())["features"]


def test_features_that_are_no_numbers_are_left_out(sample):
    store, features = sample
    wrong = {0: "nan", 1: "inf", 2: "-inf", 3: "1e400", 4: "", 5: "loud"}
    rewrite(features, lambda number, row: row | ({"loudness": wrong[number % 12]} if number % 12 in wrong else {}))
    everything(store, features)
    assert json.loads((store.path(MLP_WEIGHTS) / "description.json").read_text())["features"]


MISSING = ("duration_ms", "time_signature")


def test_features_that_no_track_has_are_neither_trained_on_nor_asked_for(sample):
    store, features = sample
    rewrite(features, lambda number, row: {name: value for name, value in row.items() if name not in MISSING})
    everything(store, features)
    recommender = load_recommender(store.path(SERVING_BUNDLE), EmbeddedIndex(store.path(SEARCH_INDEX)))
    [row] = pq.read_table(store.path(AUDIO_FEATURES)).slice(0, 1).to_pylist()
    given = {name: value for name, value in row.items() if name not in (*MISSING, "track_uri")}
    [resolved] = recommender.resolve([[Song("new", features=given)]])
    assert [seed.resolved_by for seed in resolved.seeds] == ["features"]
    assert np.isfinite(resolved.seeds[0].vector).all()


def test_features_that_some_tracks_lack_are_trained_on_and_asked_for(sample):
    store, features = sample
    make(store, "track_metadata")
    make(store, "audio_features", source=str(features))
    table, stamp = pq.read_table(store.path(AUDIO_FEATURES)), store.stamp(AUDIO_FEATURES)
    rows = [row | (dict.fromkeys(MISSING) if n % 2 else {"tempo": None}) for n, row in enumerate(table.to_pylist())]
    write_table(pa.Table.from_pylist(rows, table.schema), store.path(AUDIO_FEATURES), AUDIO_FEATURES_SCHEMA, stamp)
    trained(store)
    recommender = load_recommender(store.path(SERVING_BUNDLE), EmbeddedIndex(store.path(SEARCH_INDEX)))
    [poor, whole] = recommender.resolve(
        [[Song("new", features=rows[0])], [Song("new", features=rows[0] | {"tempo": 9})]]
    )
    assert poor.faulty == {0: {"tempo": "is missing"}}
    assert np.isfinite(whole.seeds[0].vector).all()


def test_a_training_that_diverges_is_a_sentence_and_nothing_is_stored(sample):
    store, features = sample
    with pytest.raises(InputError, match=r"training diverged: the loss is .* in epoch \d: lower the learning rate"):
        everything(store, features, learning_rate=1e38)
    assert store.stamp(EMBEDDINGS) is None
    with pytest.raises(InputError, match="gcn_weights"):
        make(store, "embeddings")
