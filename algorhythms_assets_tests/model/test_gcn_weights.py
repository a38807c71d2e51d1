"""The payload that trains, killed amid its work."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from algorhythms_assets.contracts import GCN_WEIGHTS
from algorhythms_assets_tests.conftest import ROOT

# It is killed after the first; the others have to take longer than that takes.
SHORT = ["--epochs", "4", "--factor_iterations", "1"]


@pytest.mark.slow
def test_a_killed_training_goes_on_after_its_last_epoch_and_makes_the_same(demo, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for store in (whole, killed):
        store.mkdir()
        for needed in GCN_WEIGHTS.inputs:
            (store / needed).symlink_to(demo.store.root / needed)
    subprocess.run(_command(whole), check=True, capture_output=True, cwd=ROOT)
    process = subprocess.Popen(_command(killed), stderr=subprocess.DEVNULL, cwd=ROOT)
    while not list(killed.glob(".gcn_weights.*.tmp/checkpoint.safetensors")):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    done = subprocess.run(_command(killed), check=True, capture_output=True, text=True, cwd=ROOT)
    assert "resuming an interrupted attempt" in done.stderr
    for name in ("model.safetensors", "factors.npy", "fold_in.npy", "training.json"):
        assert (killed / "gcn_weights" / name).read_bytes() == (whole / "gcn_weights" / name).read_bytes(), name
    assert _files(killed) == _files(whole)


def _command(store: Path) -> list[str]:
    return [sys.executable, "-m", GCN_WEIGHTS.module, "--store", str(store), *SHORT]


def _files(store: Path) -> set[str]:
    return {path.name for path in (store / "gcn_weights").iterdir()}
