"""The payload that trains, killed amid its work."""

import subprocess
import sys
import time
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from algorhythms_assets.contracts import GCN_WEIGHTS
from algorhythms_assets.model import gcn_weights
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.graph.test_edges import csr

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


def test_only_the_last_factors_are_kept(monkeypatch):
    held = []

    def iterations(*_):
        for number in range(6):
            factors = torch.full((3, 2), float(number))
            held.append(weakref.ref(factors))
            # This one, and the one that the caller was given last.
            assert sum(one() is not None for one in held) <= 2
            yield factors

    monkeypatch.setattr(gcn_weights, "train_factors", iterations)
    work = SimpleNamespace(config=GcnConfig(factors=2), progress=lambda steps, *_: steps)
    factors, fold_in = gcn_weights._factors(work, csr([[0, 1], [1, 2]]), 3)
    assert factors.tolist() == [[5, 5]] * 3
    assert fold_in.shape == (2, 2)
