"""The monthly retraining asks for what has changed, and for nothing else."""

import json
import shutil

import dagster as dg
import pytest

from algorhythms_assets.deployments import resources
from algorhythms_assets.operate.schedules import monthly_retraining
from algorhythms_assets.release.sensors import enough_new_playlists
from algorhythms_assets.resources.store import STAMP_FILE
from algorhythms_assets.settings import Settings


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        yield instance


@pytest.fixture
def place(demo, tmp_path):
    store = shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".dagster"))
    return Settings(store=store, playlists=str(demo.playlists), features=demo.features, retrain_after=1)


def ask(instance, settings, of=monthly_retraining, build=dg.build_schedule_context):
    return of(build(instance=instance, resources=resources(settings)))


def test_it_is_off_until_a_person_turns_it_on():
    assert monthly_retraining.default_status == dg.DefaultScheduleStatus.STOPPED


def test_where_nothing_has_changed_it_asks_for_nothing(instance, place):
    assert ask(instance, place).skip_message == "nothing has changed since the last release"


def test_without_playlists_it_asks_for_nothing(instance, tmp_path):
    assert ask(instance, Settings(store=tmp_path)).skip_message == "there are no playlists in the store yet"


def test_it_asks_for_what_has_changed_and_what_follows_from_it(instance, place):
    stamp = place.store / "degree_report" / STAMP_FILE
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"data_version": "another"}))
    request = ask(instance, place)
    assert [key.to_user_string() for key in request.asset_selection] == ["degree_report", "release"]


def test_while_a_training_is_under_way_it_asks_for_none(instance, place):
    changed = place.model_copy(update={"holdout": 0.2})
    request = ask(instance, changed)
    run = dg.DagsterRun(job_name="retrain", tags=request.tags, status=dg.DagsterRunStatus.STARTED)
    instance.add_run(run)
    assert ask(instance, changed).skip_message == f"run {run.run_id} is under way"


def test_the_sensor_takes_its_run_for_one_of_the_same_playlists(instance, place):
    shutil.rmtree(place.store / "releases")
    request = ask(instance, place)
    run = dg.DagsterRun(job_name="retrain", tags=request.tags, status=dg.DagsterRunStatus.STARTED)
    instance.add_run(run)
    skipped = ask(instance, place, enough_new_playlists, dg.build_sensor_context)
    assert f"run {run.run_id} is training on them" in skipped.skip_message


def test_it_reads_no_artifact_whole_since_a_tick_has_a_minute(instance, place, monkeypatch):
    def read(path):
        raise AssertionError(path)

    monkeypatch.setattr("algorhythms_assets.plan.damage", read)
    assert ask(instance, place).skip_message == "nothing has changed since the last release"
