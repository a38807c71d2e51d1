"""A bad day: whatever runs is killed again and again, at any moment; in the end one run finishes, and it is whole."""

import json
import os
import random
import subprocess
import sys

import dagster as dg
import psutil
import pytest
from algorhythms_ask.release import load_release

from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS, RELEASE
from algorhythms_assets.release.history import current, history
from algorhythms_assets.resources.lock import owners
from algorhythms_assets.resources.store import Store
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets_tests.conftest import ROOT, run_demo
from algorhythms_assets_tests.services.dagster import end


def run_and_kill(store, playlists, holdout, seconds):
    """Runs the main job and kills it with everything that it started; returns whether it had ended before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALGORHYTHMS_")} | {
        "ALGORHYTHMS_STORE": str(store.root),
        "ALGORHYTHMS_PLAYLISTS": str(playlists),
        "ALGORHYTHMS_FEATURES": "none",
        # Another share makes everything anew, so that there is always something to be killed in.
        "ALGORHYTHMS_HOLDOUT": str(holdout),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "algorhythms_assets.demo"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        tree = psutil.Process(process.pid)
        end([tree, *tree.children(recursive=True)])
        return False
    return True


def whole_or_absent(store):
    """Checks that nothing half can be read: each artifact has its stamp, and what serves can be loaded."""
    for artifact in ARTIFACTS.values():
        if artifact not in (RAW_PLAYLISTS, RELEASE):
            store.stamp(artifact)
    if current(store) is not None:
        load_release(store.root)


@pytest.mark.faults
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("kills", [3, 100])
def test_after_any_kills_one_run_finishes(tmp_path, kills):
    write_sample(tmp_path / "sample", playlists=120, slice_size=40, seed=5)
    store, playlists = Store(tmp_path / "store"), tmp_path / "sample" / "playlists"
    chance = random.Random(7)
    finished = 0
    for number in range(kills):
        finished += run_and_kill(store, playlists, (0.1, 0.15)[number // 4 % 2], chance.uniform(1, 30))
        whole_or_absent(store)
    assert finished < kills
    done = run_demo(store.root, playlists)
    assert done.returncode == 0, done.stdout + done.stderr
    assert owners(store.locks) == []
    assert list(store.root.rglob(".*.tmp")) == []
    assert store.inputs(RELEASE)
    assert history(store)[-1] == current(store)
    assert load_release(store.root).version == current(store)["version"]
    evaluated = json.loads((store.root / "evaluation_report" / "report.json").read_text())
    assert evaluated["version"] == current(store)["version"]
    with dg.DagsterInstance.from_config(str(store.root / ".dagster")) as instance:
        unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.QUEUED]
        assert instance.get_runs(dg.RunsFilter(statuses=unfinished)) == []
