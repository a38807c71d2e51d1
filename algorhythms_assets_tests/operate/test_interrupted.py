"""What an ended run held of a pool is given back, with a daemon or without."""

import dagster as dg
import pytest

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
