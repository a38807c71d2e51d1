"""What the payload leaves in a finished store."""

import json
import shutil

import dagster as dg
import numpy as np
import pytest

from algorhythms_assets.contracts import PLAYLIST_NAMES_SCHEMA, SERVING_BUNDLE, TITLE_WEIGHTS, TRACK_METADATA
from algorhythms_assets.model import checks
from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.store import Store, write_table
from algorhythms_assets_tests.test_poor_input import make


@pytest.fixture
def store(demo, tmp_path):
    for name in ("track_metadata", "embeddings.parquet", "gcn_weights", "title_weights"):
        source = demo.store.root / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, tmp_path / name)
    return Store(tmp_path)


def description(store):
    return json.loads((store.path(TITLE_WEIGHTS) / "description.json").read_text())


def test_the_sample_has_titles_and_the_bundle_has_what_they_say(demo):
    about = description(demo.store)
    assert about["titles"]
    assert about["r_precision"] > about["popularity"]
    bundle = demo.store.path(SERVING_BUNDLE)
    for name in ("title_hashes.npy", "title_weights.npy", "title_vectors.npy"):
        assert (bundle / name).read_bytes() == (demo.store.path(TITLE_WEIGHTS) / name).read_bytes()
    for check in (checks.title_vectors_are_finite, checks.titles_say_something):
        assert check(LocalCompute(demo.store, "duckdb")).passed


def test_the_same_is_made_twice(store):
    before = (store.path(TITLE_WEIGHTS) / "title_vectors.npy").read_bytes()
    make(store, "title_weights")
    assert (store.path(TITLE_WEIGHTS) / "title_vectors.npy").read_bytes() == before


def test_without_names_there_are_none(store):
    empty = store.path(TRACK_METADATA) / "playlist_names.parquet"
    write_table(PLAYLIST_NAMES_SCHEMA.empty_table(), empty, PLAYLIST_NAMES_SCHEMA)
    make(store, "title_weights")
    assert description(store) == {"titles": False, "ngrams": 0, "playlists": 0}
    assert [path.name for path in store.path(TITLE_WEIGHTS).glob("*.npy")] == []
    for check in (checks.title_vectors_are_finite, checks.titles_say_something):
        assert check(LocalCompute(store, "duckdb")).passed


def test_what_is_not_finite_or_no_better_than_popularity_is_told(store):
    folder = store.path(TITLE_WEIGHTS)
    vectors = np.load(folder / "title_vectors.npy")
    vectors[0, 0] = np.nan
    np.save(folder / "title_vectors.npy", vectors)
    finite = checks.title_vectors_are_finite(LocalCompute(store, "duckdb"))
    assert (finite.passed, finite.severity) == (False, dg.AssetCheckSeverity.ERROR)
    (folder / "description.json").write_text(json.dumps(description(store) | {"r_precision": 0, "judged": 3}))
    better = checks.titles_say_something(LocalCompute(store, "duckdb"))
    assert (better.passed, better.severity) == (False, dg.AssetCheckSeverity.WARN)
