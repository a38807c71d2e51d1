"""Whatever is materialized in whatever order, nothing is made or released of two versions of one thing."""

import re
import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorhythms_assets.contracts import (
    ARTIFACTS,
    EMBEDDINGS,
    GCN_WEIGHTS,
    RAW_PLAYLISTS,
    RAW_PLAYLISTS_SCHEMA,
    RELEASE,
    SERVING_BUNDLE,
)
from algorhythms_assets.resources.store import (
    LATEST_FILE,
    STAMP_FILE,
    InputError,
    Stamp,
    Store,
    planned_stamp,
    write_json,
    write_table,
)

MADE = [artifact for artifact in ARTIFACTS.values() if artifact not in (RAW_PLAYLISTS, RELEASE)]


def slice_arrives(store, version):
    stamp = Stamp(RAW_PLAYLISTS.name, str(version), RAW_PLAYLISTS.code_version, config={"slice": "a"})
    store.slice_path("a").parent.mkdir(parents=True, exist_ok=True)
    write_table(RAW_PLAYLISTS_SCHEMA.empty_table(), store.slice_path("a"), RAW_PLAYLISTS_SCHEMA, stamp)


def make(store, artifact, config):
    """Writes an artifact as its payload would, but for its content."""
    stamp = planned_stamp(artifact, store.inputs(artifact), {"config": config})
    if artifact.path.endswith(".parquet"):
        write_table(artifact.schema.empty_table(), store.path(artifact), artifact.schema, stamp)
        return stamp
    place = store.version_path(artifact, stamp.data_version[:12])
    place.mkdir(parents=True, exist_ok=True)
    write_json(place / STAMP_FILE, asdict(stamp))
    if "{version}" in artifact.path:
        write_json(place.parent / LATEST_FILE, {"version": place.name})
    return stamp


def whole(store):
    slice_arrives(store, 0)
    for artifact in MADE:
        make(store, artifact, 0)


STEPS = st.lists(st.tuples(st.sampled_from([*MADE, None]), st.integers(0, 2)), max_size=40)


@settings(max_examples=40)
@given(STEPS, st.booleans())
def test_nothing_is_made_of_two_versions_of_anything(steps, begun):
    with tempfile.TemporaryDirectory() as folder:
        store, made = Store(Path(folder)), {}
        if begun:
            whole(store)
            made |= {store.stamp(artifact).data_version: store.stamp(artifact) for artifact in MADE}
        for artifact, number in steps:
            if artifact is None:
                slice_arrives(store, number)
                continue
            try:
                stamp = make(store, artifact, number)
            except InputError:
                continue
            made[stamp.data_version] = stamp
            assert_of_one_descent(stamp.inputs, made)
        try:
            released = store.inputs(RELEASE)
        except InputError:
            return
        assert_of_one_descent({name: stamp.data_version for name, stamp in released.items()}, made)


def assert_of_one_descent(inputs, made):
    """Walks every way back to the slices, without what the stamps say about it themselves."""
    seen, todo = {}, list(inputs.items())
    while todo:
        name, version = todo.pop()
        if name == RAW_PLAYLISTS.name:
            # New tracks are of slices later than the snapshot; two snapshots never meet.
            continue
        assert seen.setdefault(name, version) == version
        todo += made[version].inputs.items() if version in made else ()


@settings(max_examples=40)
@given(STEPS)
def test_what_the_refusal_says_leads_to_a_release(steps):
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        whole(store)
        for artifact, number in steps:
            if artifact is None:
                slice_arrives(store, number)
                continue
            try:
                make(store, artifact, number)
            except InputError:
                continue
        wanted = [RELEASE]
        for _ in range(100):
            artifact = wanted[-1]
            try:
                if artifact is RELEASE:
                    store.inputs(RELEASE)
                    return
                make(store, artifact, 0)
                wanted.pop()
            except InputError as refused:
                name = re.search(r"Materialize (\w+) again", str(refused))[1]
                if ARTIFACTS[name] in wanted:
                    raise AssertionError("it goes round in circles") from refused
                wanted.append(ARTIFACTS[name])
        raise AssertionError("no release in a hundred steps")


def test_a_training_whose_vectors_were_not_computed_is_refused_with_both_versions_and_what_to_do(tmp_path):
    store = Store(tmp_path)
    whole(store)
    before = store.stamp(GCN_WEIGHTS).data_version
    after = make(store, GCN_WEIGHTS, 1).data_version
    with pytest.raises(InputError) as refused:
        store.inputs(SERVING_BUNDLE)
    said = str(refused.value)
    assert "serving_bundle cannot mix versions of gcn_weights" in said
    assert before[:12] in said
    assert after[:12] in said
    assert "Materialize embeddings again" in said
    make(store, EMBEDDINGS, 0)
    with pytest.raises(InputError, match="Materialize mlp_weights again"):
        store.inputs(SERVING_BUNDLE)
