import json
import signal
import subprocess
import sys
import threading

import pyarrow as pa
import pytest

from algorhythms_assets.contracts import (
    AUDIO_FEATURES,
    EDGE_TABLE,
    EDGES_SCHEMA,
    PYG_GRAPH,
    SCALER,
    TRACK_METADATA,
)
from algorhythms_assets.resources.store import (
    STAMP_FILE,
    InputError,
    Stamp,
    Store,
    planned_stamp,
    replacing,
    write_json,
    write_table,
)


def stamped(store, artifact, snapshot, version=None):
    folder = store.root / artifact.path
    folder.mkdir(parents=True, exist_ok=True)
    inputs = {} if artifact is TRACK_METADATA else {"track_metadata": snapshot}
    stamp = Stamp(artifact.name, version or snapshot, artifact.code_version, snapshot, inputs)
    write_json(folder / STAMP_FILE, vars(stamp))


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")

    def half_way():
        with replacing(target) as path:
            path.write_text("ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_replaced_whole(tmp_path):
    for content in ("old", "new"):
        with replacing(tmp_path / "folder") as folder:
            folder.mkdir()
            (folder / content).write_text(content)
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["new"]


def test_a_killed_writer_leaves_no_half_file(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path; from algorhythms_assets.resources.store import replacing\n"
        "with replacing(Path(sys.argv[1])) as path:\n"
        "    path.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "file"
    target.write_text("old")
    killed = subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_text() == "old"


def test_a_folder_whose_swap_was_cut_is_put_back(tmp_path):
    store = Store(tmp_path)
    stamped(store, SCALER, "s")
    (tmp_path / "scaler").rename(tmp_path / ".scaler.replaced")
    assert store.stamp(SCALER) is not None


def test_artifacts_of_two_snapshots_are_never_mixed(tmp_path):
    store = Store(tmp_path)
    stamped(store, EDGE_TABLE, "one", version="e")
    for artifact in (TRACK_METADATA, SCALER):
        stamped(store, artifact, "two")
    features = Stamp(AUDIO_FEATURES.name, "f", AUDIO_FEATURES.code_version, "two", {"track_metadata": "two"})
    write_table(AUDIO_FEATURES.schema.empty_table(), store.path(AUDIO_FEATURES), AUDIO_FEATURES.schema, features)
    with pytest.raises(InputError, match=r"cannot mix versions of track_metadata.*Materialize edge_table"):
        store.inputs(PYG_GRAPH)
    stamped(store, EDGE_TABLE, "two")
    assert set(store.inputs(PYG_GRAPH)) == set(PYG_GRAPH.inputs)


def test_a_missing_input_is_named_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"track_metadata, which edge_table is made from.*materialize it first"):
        Store(tmp_path).inputs(EDGE_TABLE)


def test_a_versioned_artifact_is_missing_until_it_is_made(tmp_path):
    store = Store(tmp_path)
    assert store.stamp(PYG_GRAPH) is None
    with pytest.raises(InputError, match="pyg_graph"):
        store.path(PYG_GRAPH)


def test_the_data_version_follows_inputs_code_and_config_alone():
    inputs = {"track_metadata": Stamp("track_metadata", "a", "1", "a")}
    planned = planned_stamp(EDGE_TABLE, inputs, {"k": 1})
    assert planned == planned_stamp(EDGE_TABLE, dict(inputs), {"k": 1})
    assert planned.snapshot == "a"
    other = {"track_metadata": Stamp("track_metadata", "b", "1", "b")}
    assert len({planned_stamp(EDGE_TABLE, i, c).data_version for i in (inputs, other) for c in ({}, {"k": 1})}) == 4


def test_the_snapshot_is_the_version_of_track_metadata():
    planned = planned_stamp(TRACK_METADATA, {"raw_playlists": Stamp("raw_playlists", "r", "1")}, {})
    assert planned.snapshot == planned.data_version


def test_a_table_that_does_not_fit_the_contract_is_refused(tmp_path):
    wrong = pa.table({"source": [1], "target": ["x"], "weight": [1.0], "proximity": [1.0], "playlists": [1]})
    with pytest.raises(pa.ArrowInvalid):
        write_table(wrong, tmp_path / "edges.parquet", EDGES_SCHEMA)


def test_json_is_readable(tmp_path):
    write_json(tmp_path / "a.json", {"name": "é"})
    assert json.loads((tmp_path / "a.json").read_text()) == {"name": "é"}
    assert "é" in (tmp_path / "a.json").read_text()


def test_a_reader_never_keeps_a_folder_from_being_replaced(tmp_path):
    store, writing = Store(tmp_path), threading.Event()

    def reads():
        while not writing.is_set():
            store.path(TRACK_METADATA)

    reader = threading.Thread(target=reads)
    reader.start()
    try:
        for content in range(300):
            with replacing(tmp_path / TRACK_METADATA.path) as folder:
                folder.mkdir()
                (folder / "content").write_text(str(content))
    finally:
        writing.set()
        reader.join()
    assert (store.path(TRACK_METADATA) / "content").read_text() == "299"
    assert list(tmp_path.iterdir()) == [store.path(TRACK_METADATA)]
