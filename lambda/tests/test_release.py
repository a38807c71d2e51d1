import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.features import NUMERIC_FEATURES
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError, load_encoder, load_release
from algorhythms_ask.songs import Song


@pytest.fixture
def copy(store: Path, tmp_path: Path) -> Path:
    """A store that a test may damage."""
    return Path(shutil.copytree(store, tmp_path / "store"))


def _edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_loads_what_is_released(store: Path) -> None:
    release = load_release(store)
    assert release.version == "v1"
    assert release.metrics == {"served": {"r_precision": 0.25}}
    assert release.recommender.index.tracks == 12
    assert release.recommender.network is not None


def test_a_release_without_features_has_no_network(plain_store: Path) -> None:
    assert load_release(plain_store).recommender.network is None


def test_nothing_released_says_what_to_do(tmp_path: Path) -> None:
    for store in (tmp_path, tmp_path / "absent"):
        with pytest.raises(NotServableError, match=r"nothing is released in .*make demo"):
            load_release(store)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"version": "v1", "bundle": "b"}', "\xff"])
def test_a_damaged_release_is_named(copy: Path, content: str) -> None:
    (copy / "releases" / "current.json").write_text(content, encoding="latin-1")
    with pytest.raises(NotServableError, match=r"current\.json"):
        load_release(copy)


@pytest.mark.parametrize("name", ["weights1.npy", "scaler.json", "one_hot.json", "bias2.npy"])
def test_every_file_of_the_bundle_is_held_against_its_checksum(copy: Path, name: str) -> None:
    path = copy / "serving_bundle" / "v1" / name
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(NotServableError, match=rf"{name} is missing or not the file that was released"):
        load_release(copy)
    path.unlink()
    with pytest.raises(NotServableError, match=name):
        load_release(copy)


def test_a_bundle_without_manifest_is_refused(copy: Path) -> None:
    (copy / "serving_bundle" / "v1" / "manifest.json").unlink()
    with pytest.raises(NotServableError, match=r"manifest\.json cannot be read"):
        load_release(copy)


def test_a_bundle_made_for_another_index_is_refused(copy: Path) -> None:
    manifest = copy / "serving_bundle" / "v1" / "manifest.json"
    _edit(manifest, lambda content: content.update(embeddings="e2"))
    with pytest.raises(NotServableError, match="embeddings e2, the index from e1"):
        load_release(copy)


def test_weights_that_the_manifest_forgot_are_missed(copy: Path) -> None:
    bundle = copy / "serving_bundle" / "v1"
    _edit(bundle / "manifest.json", lambda content: content["files"].pop("weights2.npy"))
    (bundle / "weights2.npy").unlink()
    with pytest.raises(NotServableError, match=r"weights2\.npy cannot be read"):
        load_release(copy)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3,)])
def test_a_fold_in_that_does_not_fit_is_refused(copy: Path, shape: tuple[int, ...]) -> None:
    bundle = copy / "serving_bundle" / "v1"
    np.save(bundle / "fold_in.npy", np.ones(shape, np.float32))
    _edit(bundle / "manifest.json", lambda content: content.update(factors=3))
    with pytest.raises(NotServableError, match=r"fold_in\.npy does not fit 3 factors in vectors of 5"):
        load_release(copy)


def test_a_manifest_that_does_not_tell_of_factors_is_refused(copy: Path) -> None:
    _edit(copy / "serving_bundle" / "v1" / "manifest.json", lambda content: content.pop("factors"))
    with pytest.raises(NotServableError, match="lacks factors"):
        load_release(copy)


def test_pickles_are_never_loaded(copy: Path) -> None:
    bundle = copy / "serving_bundle" / "v1"
    np.save(bundle / "weights2.npy", np.array([{"any": "object"}]), allow_pickle=True)
    _edit(bundle / "manifest.json", lambda content: content["files"].pop("weights2.npy"))
    with pytest.raises(NotServableError, match=r"weights2\.npy cannot be read"):
        load_release(copy)


def test_an_unknown_kind_of_index_is_refused(copy: Path) -> None:
    _edit(copy / "releases" / "current.json", lambda content: content["index"].update(kind="faiss"))
    with pytest.raises(NotServableError, match="'faiss'"):
        load_release(copy)


def test_a_missing_index_is_unavailable(copy: Path) -> None:
    shutil.rmtree(copy / "search_index")
    with pytest.raises(IndexUnavailableError, match="search_index"):
        load_release(copy)


def test_ranges_go_by_name_whatever_their_order(copy: Path) -> None:
    bundle = copy / "serving_bundle" / "v1"
    scaler = json.loads((bundle / "scaler.json").read_text())
    (bundle / "scaler.json").write_text(json.dumps(dict(sorted(scaler.items(), reverse=True))))
    encoder = load_encoder(bundle)
    assert encoder.maximum[NUMERIC_FEATURES.index("tempo")] == 200
    assert encoder.minimum[NUMERIC_FEATURES.index("loudness")] == -60
    assert len(encoder.inputs) == 29


def test_weights_that_do_not_fit_the_inputs_are_refused(copy: Path) -> None:
    bundle = copy / "serving_bundle" / "v1"
    _edit(bundle / "scaler.json", lambda content: content.pop("tempo"))
    _edit(bundle / "manifest.json", lambda content: content["files"].pop("scaler.json"))
    with pytest.raises(NotServableError, match=r"weights1\.npy does not fit the 28 inputs"):
        load_release(copy)


def test_a_release_without_some_feature_does_not_ask_for_it(copy: Path, features: dict[str, float]) -> None:
    bundle = copy / "serving_bundle" / "v1"
    weights = np.load(bundle / "weights1.npy")
    last = NUMERIC_FEATURES.index("duration_ms")
    # The classes of time_signature are the last five inputs.
    np.save(bundle / "weights1.npy", np.delete(weights, [last, *range(24, 29)], axis=0))
    _edit(bundle / "scaler.json", lambda content: content.pop("duration_ms"))
    _edit(bundle / "one_hot.json", lambda content: content.pop("time_signature"))
    _edit(bundle / "manifest.json", lambda content: content["files"].clear())
    fewer = {name: value for name, value in features.items() if name not in ("duration_ms", "time_signature")}
    songs = [Song("new", features=given) for given in (features, fewer)]
    recommender = load_release(copy).recommender
    placed = [recommender.resolve([[song]])[0].seeds[0].vector for song in songs]
    assert np.array_equal(*placed)
    [refused] = recommender.resolve([[Song("new", features=fewer | {"tempo": None})]])
    assert refused.faulty == {0: {"tempo": "is missing"}}
