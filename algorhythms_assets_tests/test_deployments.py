import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest
from dagster_aws.s3 import S3Resource
from pydantic import ValidationError

from algorhythms_assets.contracts import EDGE_TABLE
from algorhythms_assets.deployments import resources
from algorhythms_assets.graph.assets import edge_table
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.graph.conftest import counted, snapshot  # noqa: F401 (fixtures)
from algorhythms_assets_tests.services.spark import require_java


def given(resource):
    """What assets are given of a resource."""
    return resource.create_resource(dg.build_init_resource_context())


def test_assets_are_given_the_settings_as_they_are(tmp_path, monkeypatch):
    """Each setting, so that none is forgotten in the resource that shows them."""
    changed = {
        "releases": "bucket",
        "playlists": "/somewhere",
        "features": "none",
        "store": tmp_path,
        "ui_port": 4000,
        "index": "http://cluster.example:9200",
        "engine": "local[2]",
        "config": tmp_path / "config.yaml",
        "retrain_after": 7,
        "holdout": 0.2,
        "deployment": "slurm",
        "keep_days": 7,
    }
    # Dagster itself reads where its history is, from the environment; no asset needs it.
    assert set(changed) == set(Settings.model_fields) - {"postgres_url"}
    for settings in (Settings(store=tmp_path), Settings(**changed)):
        assert given(resources(settings)["settings"]) == settings


def test_what_the_ui_shows_of_resources_is_readable_and_holds_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("ALGORHYTHMS_SLURM_SETUP", "export TOKEN=s3cr3t")
    monkeypatch.setenv("ALGORHYTHMS_SLURM_PARTITION", "long")
    monkeypatch.setenv("ALGORHYTHMS_ALERT_URL", "https://hooks.slack.com/s3cr3t")
    monkeypatch.setenv("ALGORHYTHMS_POSTGRES_URL", "postgresql+psycopg2://dagster:s3cr3t@127.0.0.1/dagster")
    made = resources(Settings(store=tmp_path, deployment="slurm", playlists="/data/mpd"))
    shown = {name: made[name].model_dump() for name in ("settings", "compute")}
    assert shown["settings"]["playlists"] == "/data/mpd"
    assert shown["compute"]["partition"] == "long"
    assert shown["compute"]["store"] == str(tmp_path)
    assert "s3cr3t" not in str(shown)
    assert "s3cr3t" in given(made["compute"]).client.setup


def test_the_plain_deployment_knows_no_spark(tmp_path):
    assert "pyspark" not in resources(Settings(store=tmp_path))


@pytest.mark.parametrize("engine", ["local[2]", "local", "spark://host:7077", "yarn", "k8s://https://host:443"])
def test_a_spark_master_becomes_the_resource_pyspark(engine, tmp_path):
    made = resources(Settings(store=tmp_path, engine=engine))
    assert made["pyspark"].spark_config["spark.master"] == engine
    assert given(made["compute"]).spark == made["pyspark"].spark_config


def test_spark_leaves_the_master_to_its_own_configuration(tmp_path):
    assert "spark.master" not in resources(Settings(store=tmp_path, engine="spark"))["pyspark"].spark_config


@pytest.mark.parametrize(("setting", "memory"), [(None, "per-node"), ("per-core", "per-core"), ("none", "none")])
def test_jobs_ask_for_memory_as_the_setting_says(setting, memory, tmp_path, monkeypatch):
    if setting:
        monkeypatch.setenv("ALGORHYTHMS_SLURM_MEMORY", setting)
    assert given(resources(Settings(store=tmp_path, deployment="slurm"))["compute"]).client.memory == memory


@pytest.mark.parametrize("engine", ["sparkle", "local[x]", "spark://", ""])
def test_what_is_no_engine_is_refused(engine, tmp_path):
    with pytest.raises(ValidationError, match="not an engine"):
        Settings(store=tmp_path, engine=engine)


def test_payloads_under_dagster_run_on_the_session_that_the_resource_configures(counted, tmp_path):  # noqa: F811
    require_java()
    shutil.copytree(counted.root / "track_metadata", tmp_path / "track_metadata")
    compute = given(resources(Settings(store=tmp_path, engine="local[2]"))["compute"])
    (tmp_path / "events").mkdir()
    # What ran on Spark, and as what, Spark tells.
    told = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (tmp_path / "events").as_uri(),
        "spark.eventLog.compress": "false",
    }
    compute = replace(compute, spark={**compute.spark, **told, "spark.app.name": "configured"})
    done = dg.materialize([edge_table], resources={"compute": compute})
    [event] = done.asset_materializations_for_node("edge_table")
    assert event.metadata["dagster/row_count"].value == sum(
        pq.read_metadata(path).num_rows for path in counted.path(EDGE_TABLE).glob("*.parquet")
    )
    log = "".join(path.read_text() for path in (tmp_path / "events").rglob("*") if path.is_file())
    assert '"spark.master":"local[2]"' in log
    assert '"SparkListenerTaskEnd"' in log


def test_where_payloads_run_and_where_releases_go_are_two_choices(tmp_path):
    chosen = {"store": tmp_path, "deployment": "slurm", "releases": "bucket", "index": "http://cluster.example:9200"}
    made = resources(Settings(**chosen))
    assert isinstance(given(made["compute"]), SlurmCompute)
    assert isinstance(made["s3"], S3Resource)


def test_a_tilde_is_the_users_home_wherever_a_place_is_named(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    for name in ("STORE", "PLAYLISTS", "FEATURES", "CONFIG"):
        monkeypatch.setenv(f"ALGORHYTHMS_{name}", f"~/{name.lower()}")
    settings = Settings.read()
    assert settings.store == Path("/home/someone/store")
    assert settings.config == Path("/home/someone/config")
    assert (settings.slices, settings.feature_source) == ("/home/someone/playlists", "/home/someone/features")
