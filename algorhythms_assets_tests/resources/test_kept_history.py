"""Dagster that forgets what it does when it ends does nothing to a store."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets.deployments import resources
from algorhythms_assets.ingest.sensors import new_slices
from algorhythms_assets.release.sensors import enough_new_playlists
from algorhythms_assets.resources.kept_history import forgets
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import ROOT


def test_dg_launch_without_a_home_says_what_to_do_and_does_nothing(demo):
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    environment |= {"ALGORHYTHMS_STORE": str(demo.store.root), "ALGORHYTHMS_PLAYLISTS": str(demo.playlists)}
    before = (demo.store.root / "degree_report" / "artifact.json").stat().st_mtime_ns
    command = [Path(sys.executable).with_name("dg"), "launch", "--assets", "degree_report"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "Dagster was started without DAGSTER_HOME" in done.stdout + done.stderr
    assert (demo.store.root / "degree_report" / "artifact.json").stat().st_mtime_ns == before


def test_sensors_say_it_too_and_a_home_of_ones_own_is_fine(tmp_path):
    settings = Settings(store=tmp_path / "store", playlists=str(tmp_path))
    temporary = tmp_path / ".tmp_dagster_home_x"
    temporary.mkdir()
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(temporary))) as instance:
        context = dg.build_sensor_context(instance=instance, resources=resources(settings))
        assert "use `make dev`" in new_slices(context).skip_reason.skip_message
        assert "use `make dev`" in enough_new_playlists(context).skip_message
    with dg.DagsterInstance.from_config(str(dagster_home(settings.store))) as instance:
        assert forgets(instance) is None
