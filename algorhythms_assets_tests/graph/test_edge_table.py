import re
import shutil
import subprocess
import sys
from functools import partial

import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import EDGE_TABLE, EDGES_SCHEMA, TRACK_METADATA
from algorhythms_assets.graph import edge_table
from algorhythms_assets.graph.edge_table import ENCODING, edge_files
from algorhythms_assets.ingest import track_metadata
from algorhythms_assets.ingest.config import TrackMetadataConfig
from algorhythms_assets.resources.checksums import SUMS_FILE
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.store import STAMP_FILE, InputError, Store
from algorhythms_assets_tests.conftest import ROOT, failure_of
from algorhythms_assets_tests.graph import deadly, in_many_blocks
from algorhythms_assets_tests.graph.conftest import made


@pytest.fixture
def many_blocks(monkeypatch):
    monkeypatch.setattr(edge_table, "LEAST_PAIRS", in_many_blocks.LEAST_PAIRS)


def contents(store: Store) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in edge_files(store.path(EDGE_TABLE))}


def test_every_engine_writes_the_same_bytes(request, many_blocks, counted, tmp_path):
    engine = request.getfixturevalue("spark_engine")
    cluster = request.getfixturevalue("spark_cluster")
    for name in ("local", "cluster"):
        shutil.copytree(counted.root / "track_metadata", tmp_path / name / "track_metadata")
    made(edge_table.build, Store(tmp_path / "local"), EDGE_TABLE, engine=engine)
    command = [sys.executable, "-m", in_many_blocks.__name__, "--store", str(tmp_path / "cluster"), "--engine", cluster]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for name in ("local", "cluster"):
        assert contents(Store(tmp_path / name)) == contents(counted)


def test_all_files_together_are_ordered_by_source_and_target(counted):
    table = pq.read_table(edge_files(counted.path(EDGE_TABLE)))
    assert table.schema.equals(EDGES_SCHEMA)
    pairs = list(zip(table["source"].to_pylist(), table["target"].to_pylist(), strict=True))
    assert pairs == sorted(set(pairs))


def test_files_are_written_as_measured_best(counted):
    group = pq.ParquetFile(edge_files(counted.path(EDGE_TABLE))[0]).metadata.row_group(0)
    for number, name in enumerate(EDGES_SCHEMA.names):
        column = group.column(number)
        assert ENCODING["column_encoding"][name] in column.encodings
        assert column.compression == "LZ4"


def test_a_killed_run_says_how_far_it_was_and_the_next_goes_on(many_blocks, store, tmp_path):
    shutil.copytree(store.root, tmp_path / "undisturbed")
    undisturbed = Store(tmp_path / "undisturbed")
    whole = made(edge_table.build, undisturbed, EDGE_TABLE)
    failure = failure_of(deadly.__name__, store)
    assert re.search(
        rf"when memory runs out\), after [1-{deadly.FATAL}] of {whole['blocks']} blocks", failure.description
    )
    assert failure.allow_retries
    assert store.stamp(EDGE_TABLE) is None
    resumed = made(edge_table.build, store, EDGE_TABLE)
    assert resumed["blocks of an earlier try"] >= deadly.FATAL - 1
    assert resumed["dagster/row_count"] == whole["dagster/row_count"]
    assert contents(store) == contents(undisturbed)
    assert sorted(path.name for path in store.root.glob("[a-z]*")) == ["edge_table", "raw_playlists", "track_metadata"]
    others = {path.name for path in store.path(EDGE_TABLE).iterdir() if path.suffix != ".parquet"}
    assert others == {STAMP_FILE, SUMS_FILE}


def test_what_an_earlier_snapshot_left_is_not_gone_on_with(many_blocks, store):
    failure_of(deadly.__name__, store)
    made(track_metadata.build, store, TRACK_METADATA, TrackMetadataConfig(holdout=0.2))
    assert made(edge_table.build, store, EDGE_TABLE)["blocks of an earlier try"] == 0
    assert sorted(path.name for path in store.root.glob("[a-z]*")) == ["edge_table", "raw_playlists", "track_metadata"]


class ChangingSnapshot:
    """An engine during whose first block somebody makes another snapshot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def map_blocks(self, function, blocks, threads=False):
        for block in blocks:
            yield function(block)
            made(track_metadata.build, self._store, TRACK_METADATA, TrackMetadataConfig(holdout=0.2))

    sql = staticmethod(EmbeddedEngine.sql)


def test_a_snapshot_that_changes_between_two_blocks_is_refused(many_blocks, store):
    with pytest.raises(InputError, match=r"rebuilt while edges were counted, at block 2 of \d+"):
        made(edge_table.build, store, EDGE_TABLE, engine=ChangingSnapshot(store))
    assert store.stamp(EDGE_TABLE) is None


def test_a_full_disk_is_told_and_leaves_no_half_file(snapshot, tmp_path):
    """In a mount namespace of its own, so that the small disk goes with the process."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        'mount -t tmpfs -o size=4m tmpfs "$0" && cp -r "$1" "$0" && '
        '"$2" -m algorhythms_assets.graph.edge_table --store "$0"; echo "ended with $?"; find "$0" -name "part-*"; '
        'ls "$0"'
    )
    metadata = str(snapshot.path(TRACK_METADATA))
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script, str(disk), metadata, sys.executable],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert "No space left on device" in done.stderr
    assert done.stderr.startswith("edge_table: ")
    assert "Traceback" not in done.stderr
    assert "ended with 1" in done.stdout
    assert done.stdout.splitlines()[-1] == "track_metadata"


def test_memory_is_that_of_the_formula(tmp_path):
    """24.4 bytes a track and 20 an edge, beside the structure; measured in a process of its own."""
    program = """
from pathlib import Path
import numpy as np
from algorhythms_assets.graph.edges import Structure, count_edges
from algorhythms_assets.ingest.playlists import Playlists

def peak():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024

def structure(tracks, playlists, length):
    rows = np.random.default_rng(0).integers(0, tracks, playlists * length, dtype=np.int32)
    positions = np.tile(np.arange(length, dtype=np.int32), playlists)
    ids = np.arange(playlists)
    offsets = np.arange(0, len(rows) + 1, length)
    return Structure.of(Playlists(offsets, rows, positions, ids, ids.astype(np.int32)), tracks)

count_edges(structure(100, 5, 10), 0, 100)  # compiles
tracks = 3_000_000
some = structure(tracks, 20_000, 20)
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew, from what is taken now
before = peak()
edges = count_edges(some, 0, tracks)
print(peak() - before, 24.4 * tracks + 20 * len(edges.source))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    taken, formula = map(float, done.stdout.split())
    assert 0.8 * formula < taken < 1.1 * formula


def test_an_error_in_a_block_is_no_users_mistake(monkeypatch, store):
    monkeypatch.setattr(edge_table, "write_block", partial(int, "x"))
    with pytest.raises(TypeError):
        made(edge_table.build, store, EDGE_TABLE)
