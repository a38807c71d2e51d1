"""What training sees of features: all of them, or fewer where a source does not know some."""

import json

import numpy as np
import pyarrow as pa
import pytest
from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, NUMERIC_FEATURES
from algorhythms_ask.release import load_encoder

from algorhythms_assets.contracts import AUDIO_FEATURES, AUDIO_FEATURES_SCHEMA, SCALER, NoConfig
from algorhythms_assets.features.scaler import build, load_features
from algorhythms_assets.resources.store import Stamp, write_table
from algorhythms_assets_tests.features.conftest import snapshot_of
from algorhythms_assets_tests.features.test_files import GOOD
from algorhythms_assets_tests.graph.conftest import made


def scaled(tmp_path, *changes):
    """A scaler of the tracks a, b, c …, each with these features instead of good ones."""
    uris = "abcdefgh"[: len(changes)]
    store = snapshot_of(tmp_path, list(uris))
    rows = [{"track_uri": uri} | GOOD | change for uri, change in zip(uris, changes, strict=True)]
    table = pa.Table.from_pylist(rows, AUDIO_FEATURES_SCHEMA)
    stamp = Stamp("audio_features", "1", "1", "snapshot")
    write_table(table, store.path(AUDIO_FEATURES), AUDIO_FEATURES_SCHEMA, stamp)
    return store, made(build, store, SCALER, NoConfig())


def inputs(store):
    """The network inputs of all tracks, by name."""
    encoder = load_encoder(store.path(SCALER))
    encoded = encoder.encode(load_features(store)[1])
    assert encoded.shape[1] == len(encoder.inputs)
    assert np.isfinite(encoded).all()
    return dict(zip(encoder.inputs, encoded.T.tolist(), strict=True))


def test_with_all_features_there_are_29_inputs(tmp_path):
    store, told = scaled(tmp_path, {}, {"tempo": 60})
    assert len(inputs(store)) == 29
    assert told == {"features": True, "fitted on": 2}


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_that_no_track_has_is_no_input(tmp_path, name):
    store, told = scaled(tmp_path, {name: None}, {name: None, "energy": None if name == "energy" else 0.1})
    assert told["features missing"] == name
    assert not [known for known in inputs(store) if known.split("=")[0] == name]
    files = {file: json.loads((store.path(SCALER) / file).read_text()) for file in ("scaler.json", "one_hot.json")}
    assert set(files["scaler.json"]) == set(NUMERIC_FEATURES) - {name}
    assert set(files["one_hot.json"]) == set(CATEGORICAL_FEATURES) - {name}


def test_a_number_that_some_tracks_lack_is_the_mean_of_the_others_and_a_class_is_none(tmp_path):
    rows = {"tempo": 60, "key": 0}, {"tempo": 90, "key": 1}, {"tempo": 180, "key": 1}, {"tempo": None, "key": None}
    found = inputs(scaled(tmp_path, *rows)[0])
    assert found["tempo"] == pytest.approx([0, 0.25, 1, (110 - 60) / 120])
    assert found["key=0"] == [1, 0, 0, 0]
    assert found["key=1"] == [0, 1, 1, 0]
