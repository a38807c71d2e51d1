"""Payloads that are killed, find the disk full, or lose their inputs: what was there stays, the next try ends well."""

import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

from algorhythms_assets.contracts import ARTIFACTS, GCN_WEIGHTS, RAW_PLAYLISTS, RELEASE, TRACK_METADATA
from algorhythms_assets.resources.lock import owners
from algorhythms_assets.resources.store import STAMP_FILE, Store, write_json
from algorhythms_assets_tests.conftest import ROOT

MADE = [name for name in ARTIFACTS if name not in (RAW_PLAYLISTS.name, RELEASE.name)]
# Of each kind one in `make test`: blocks, epochs, a versioned folder. The others in `make faults`.
SHORT = ("edge_table", "gcn_weights", "search_index")
EACH = [pytest.param(name, marks=pytest.mark.slow if name in SHORT else pytest.mark.faults) for name in MADE]
MOMENTS = [pytest.param(0.1, marks=pytest.mark.faults), 0.5, pytest.param(0.9, marks=pytest.mark.faults)]


@pytest.fixture
def store(demo, tmp_path):
    ignored = shutil.ignore_patterns(".dagster", "sample")
    return Store(shutil.copytree(demo.store.root, tmp_path / "store", ignore=ignored))


def command(store, name, *arguments):
    return [sys.executable, "-m", ARTIFACTS[name].module, "--store", str(store.root), *arguments]


def make(store, name, **options):
    return subprocess.run(
        command(store, name), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, **options
    )


def forget(store, name):
    """Has the artifact look like one of other inputs, so that a versioned one is made again too."""
    place = store.path(ARTIFACTS[name])
    if "{version}" in ARTIFACTS[name].path:
        shutil.rmtree(place)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", EACH)
def test_what_is_killed_leaves_what_was_there_and_is_made_by_the_next_try(store, name, moment):
    started = time.monotonic()
    assert make(store, name).returncode == 0
    seconds = time.monotonic() - started
    before = store.stamp(ARTIFACTS[name])
    forget(store, name)
    there = store.stamp(ARTIFACTS[name])
    process = subprocess.Popen(command(store, name), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds * moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert store.stamp(ARTIFACTS[name]) in (there, before), "whole, or not at all"
    done = make(store, name)
    assert done.returncode == 0, done.stderr
    assert store.stamp(ARTIFACTS[name]) == before
    assert owners(store.locks) == []
    assert list(store.root.rglob(".*.tmp")) == []


def full():
    """Has the process find a disk that takes no file of more than some bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))


@pytest.mark.parametrize("name", EACH)
def test_a_full_disk_is_said_in_a_line_and_costs_nothing(store, name):
    forget(store, name)
    there = store.stamp(ARTIFACTS[name])
    done = make(store, name, preexec_fn=full)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"{name}: ")
    assert store.stamp(ARTIFACTS[name]) == there
    assert make(store, name).returncode == 0


@pytest.mark.slow
def test_inputs_that_change_meanwhile_are_seen(store):
    process = subprocess.Popen(
        command(store, "gcn_weights"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not owners(store.locks) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    stamp = store.stamp(TRACK_METADATA)
    write_json(store.path(TRACK_METADATA) / STAMP_FILE, vars(stamp) | {"data_version": "another"})
    before = store.stamp(GCN_WEIGHTS)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "track_metadata was rebuilt while gcn_weights was made from it: materialize gcn_weights again." in told
    assert store.stamp(GCN_WEIGHTS) == before


@pytest.mark.faults
@pytest.mark.parametrize("name", ["edge_table", "gcn_weights"])
def test_memory_that_runs_out_is_said_in_a_line_and_costs_nothing(store, name):
    there = store.stamp(ARTIFACTS[name])
    starved = [sys.executable, "-m", "algorhythms_assets_tests.starved", name, "--store", str(store.root)]
    done = subprocess.run(starved, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"{name}: memory ran out (")
    assert "ALGORHYTHMS_SLURM_REQUESTS" in told
    assert store.stamp(ARTIFACTS[name]) == there
    assert make(store, name).returncode == 0
