"""Which runs count as interrupted, and that what they held of a pool is freed, with or without a daemon."""

import time

import dagster as dg
import pytest

from algorhythms_assets.operate import interrupted
from algorhythms_assets.operate.interrupted import end_interrupted_runs
from algorhythms_assets.resources.declared import GPU_POOL


@pytest.fixture
def instance():
    with dg.DagsterInstance.local_temp() as instance:
        instance.event_log_storage.set_concurrency_slots(GPU_POOL, 1)
        yield instance


def holding(instance, status):
    """The id of a run that holds the pool."""
    run = dg.DagsterRun(job_name="retrain", status=status)
    instance.add_run(run)
    assert instance.event_log_storage.claim_concurrency_slot(GPU_POOL, run.run_id, "gcn_weights").is_claimed
    return run.run_id


def is_free(instance):
    claim = instance.event_log_storage.claim_concurrency_slot(GPU_POOL, "next", "gcn_weights")
    instance.event_log_storage.free_concurrency_slots_for_run("next")
    return claim.is_claimed


@pytest.mark.parametrize("ended", [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED])
def test_what_an_ended_run_held_is_free_again(instance, ended):
    holding(instance, ended)
    assert not is_free(instance)
    end_interrupted_runs(instance)
    assert is_free(instance)


def test_what_a_run_holds_it_keeps(instance):
    holding(instance, dg.DagsterRunStatus.STARTED)
    end_interrupted_runs(instance)
    assert not is_free(instance)


def test_what_a_deleted_run_held_is_free_again(instance):
    run = holding(instance, dg.DagsterRunStatus.FAILURE)
    instance.run_storage.delete_run(run)
    end_interrupted_runs(instance)
    assert is_free(instance)


def test_a_run_that_waited_in_the_queue_for_long_has_its_time_to_start(monkeypatch):
    monkeypatch.setattr(interrupted, "_START_SECONDS", 2)
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.DagsterRun(job_name="retrain", status=dg.DagsterRunStatus.NOT_STARTED)
        instance.add_run(run)
        time.sleep(3)
        starting = dg.DagsterEvent(dg.DagsterEventType.PIPELINE_STARTING.value, run.job_name)
        instance.report_dagster_event(starting, run.run_id)
        assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.STARTING
        assert end_interrupted_runs(instance) == []
        time.sleep(3)
        assert end_interrupted_runs(instance) == [run.run_id]
