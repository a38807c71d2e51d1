"""What Dagster shows as out of date: what has changed and what follows from it, and nothing else."""

import shutil

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from algorhythms_assets.contracts import ARTIFACTS, DEGREE_REPORT, RAW_PLAYLISTS, TRACK_METADATA
from algorhythms_assets.definitions import defs
from algorhythms_assets.deployments import resources
from algorhythms_assets.ingest.partitions import SLICES_NAME, ranges
from algorhythms_assets.settings import Settings


@pytest.fixture
def made(demo, tmp_path):
    """A finished store, Dagster's history with it."""
    store = shutil.copytree(demo.store.root, tmp_path / "store")
    settings = Settings(store=store, playlists=str(demo.playlists), features=demo.features)
    with dg.DagsterInstance.from_config(str(store / ".dagster")) as instance:
        yield instance, settings


def stale(instance, of=defs):
    """The assets, and the partitions of slices, that are not fresh."""
    resolver = CachingStaleStatusResolver(instance, of.resolve_asset_graph(), LoadingContextForTest(instance))
    slices = dg.AssetKey(RAW_PLAYLISTS.name)
    found = {
        key
        for key in instance.get_dynamic_partitions(SLICES_NAME)
        if resolver.get_status(slices, key) is not StaleStatus.FRESH
    }
    whole = {name for name in ARTIFACTS if name != RAW_PLAYLISTS.name}
    return found | {name for name in whole if resolver.get_status(dg.AssetKey(name)) is not StaleStatus.FRESH}


def version(instance, name):
    return instance.get_latest_materialization_event(dg.AssetKey(name)).asset_materialization.tags[
        "dagster/data_version"
    ]


def materialize(instance, settings, job, **how):
    here = dg.Definitions(
        assets=defs.assets, asset_checks=defs.asset_checks, jobs=defs.jobs, resources=resources(settings)
    )
    assert here.resolve_job_def(job).execute_in_process(instance=instance, **how).success


def test_the_same_input_a_second_time_makes_nothing_stale(made):
    instance, settings = made
    assert stale(instance) == set()
    names = (RAW_PLAYLISTS.name, TRACK_METADATA.name, DEGREE_REPORT.name)
    before = {name: version(instance, name) for name in names}
    slices = instance.get_dynamic_partitions(SLICES_NAME)
    [(_, tags)] = ranges(slices, set(slices))
    materialize(instance, settings, "ingest_slices", tags=tags)
    for name in (TRACK_METADATA.name, DEGREE_REPORT.name):
        materialize(instance, settings, "retrain", asset_selection=[dg.AssetKey(name)])
    assert {name: version(instance, name) for name in names} == before
    assert stale(instance) == set()


def test_another_input_makes_stale_what_is_made_of_it(made):
    instance, settings = made
    changed = settings.model_copy(update={"holdout": 0.2})
    materialize(instance, changed, "retrain", asset_selection=[dg.AssetKey(TRACK_METADATA.name)])
    # Dagster asks of each asset for its own inputs; what is further down follows when these are made.
    assert stale(instance) == {name for name, artifact in ARTIFACTS.items() if TRACK_METADATA.name in artifact.inputs}


def test_another_config_in_the_file_makes_stale_what_it_is_of(made):
    instance, _ = made
    changed = dg.map_asset_specs(
        lambda spec: (
            spec.replace_attributes(code_version='1 {"resamples": 200}')
            if spec.key.to_user_string() == "evaluation_report"
            else spec
        ),
        defs.assets,
    )
    assert stale(instance, dg.Definitions(assets=changed, resources=defs.resources)) == {"evaluation_report"}
