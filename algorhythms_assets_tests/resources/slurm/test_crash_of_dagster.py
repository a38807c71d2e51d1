"""A job outlives a crash of Dagster, and the next run of the same work goes on with it."""

import json
import shutil

import dagster as dg
import pytest

from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.services.dagster import running, until
from algorhythms_assets_tests.services.slurm import Cluster, slurm  # noqa: F401 (a fixture)

SETTINGS = {"DEPLOYMENT": "slurm", "SLURM_REQUESTS": json.dumps({"gcn_weights": {"memory_gb": 2}})}


@pytest.mark.faults
def test_after_a_crash_of_everything_the_job_is_taken_up_again(slurm: Cluster, demo, tmp_path):  # noqa: F811
    store = Store(shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".dagster")))
    training, log = {"epochs": 60}, tmp_path / "log"
    with running(store.root, demo.playlists, log, **SETTINGS) as dagster:
        run = dagster.launch("gcn_weights", gcn_weights=training)
        [folder] = until(lambda: [each for each in folders(store.root / "slurm", "gcn_weights") if each.job], "job")
        job = folder.job
        dagster.kill()
    with running(store.root, demo.playlists, log, **SETTINGS) as dagster:
        assert dagster.status(run) == "FAILURE"
        again = dagster.launch("gcn_weights", gcn_weights=training)
        assert dagster.ended(again, 180) == "SUCCESS"
    assert [each.job for each in folders(store.root / "slurm", "gcn_weights")] == [job]
    with dg.DagsterInstance.from_config(str(store.root / ".dagster")) as instance:
        [event] = instance.fetch_materializations(dg.AssetKey("gcn_weights"), limit=5).records
    assert str(event.asset_materialization.metadata["Slurm job"].value) == job
