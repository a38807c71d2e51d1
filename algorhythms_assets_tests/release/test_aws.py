"""Artifacts here, releases in S3, the index on Elasticsearch."""

import json
import shutil

import boto3
import dagster as dg
import pytest
from algorhythms_ask.http import create_app
from algorhythms_ask.releases import Releases, source
from fastapi.testclient import TestClient

from algorhythms_assets.deployments import resources
from algorhythms_assets.release.assets import release
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.checks import served_is_what_was_released
from algorhythms_assets.release.publish import publish
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import run_demo
from algorhythms_assets_tests.services.s3 import bucket  # noqa: F401 (fixture)


def test_the_main_job_releases_in_the_bucket_what_an_endpoint_without_the_store_answers_from(
    demo,
    tmp_path,
    elasticsearch_node,
    bucket,  # noqa: F811
    monkeypatch,
):
    store = Store(shutil.copytree(demo.store.root, tmp_path / "store"))
    monkeypatch.setenv("MODEL_BUCKET", bucket)
    settings = {"RELEASES": "bucket", "INDEX": elasticsearch_node.url}
    done = run_demo(store.root, demo.playlists, demo.features, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    current = json.loads((store.root / "releases" / "current.json").read_text())
    released = boto3.client("s3").get_object(Bucket=bucket, Key="releases/current.json")["Body"].read()
    assert json.loads(released) == current

    monkeypatch.setenv("DATABASE_URL", elasticsearch_node.url)
    monkeypatch.chdir(tmp_path)
    client = TestClient(create_app(Releases(source())))
    assert client.get("/health").json()["model_version"] == current["version"]
    answer = client.post("/", json={"count": 5, "songs": [{"id": "unknown"}]}).json()
    assert len(answer["recommendation_nodes"]) == 5

    # Released again, what the bucket has lost comes back.
    boto3.client("s3").delete_object(Bucket=bucket, Key="releases/current.json")
    assert checked(store, INDEX=elasticsearch_node.url, monkeypatch=monkeypatch) == (
        f"the bucket serves nothing, the store says {current['version']}: materialize release again"
    )
    boto3.client("s3").delete_object(Bucket=bucket, Key=f"{current['bundle']}/manifest.json")
    publish(store, force=False, bucket=Bucket(boto3.client("s3")))
    assert checked(store, INDEX=elasticsearch_node.url, monkeypatch=monkeypatch) == f"{current['version']} serves"
    assert Releases(source()).current().version == current["version"]


def checked(store, monkeypatch, **settings):
    """Runs the check in the deployment; returns what it says."""
    for name, value in {"RELEASES": "bucket", "STORE": str(store.root), **settings}.items():
        monkeypatch.setenv(f"ALGORHYTHMS_{name}", value)
    evaluated = dg.Definitions(
        assets=[release], asset_checks=[served_is_what_was_released], resources=resources(Settings.read())
    )
    job = evaluated.resolve_implicit_global_asset_job_def()
    selection = dg.AssetSelection.checks(served_is_what_was_released)
    subset = job.get_subset(
        asset_selection=set(), asset_check_selection=selection.resolve_checks(evaluated.resolve_asset_graph())
    )
    [event] = subset.execute_in_process().get_asset_check_evaluations()
    return event.description


def test_it_wants_an_index_that_endpoints_reach(monkeypatch):
    monkeypatch.setenv("ALGORHYTHMS_RELEASES", "bucket")
    with pytest.raises(InputError, match="ALGORHYTHMS_INDEX: releases in a bucket need the URL"):
        Settings.read()
