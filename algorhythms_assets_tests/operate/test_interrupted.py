"""Which runs count as interrupted: those that wait in the queue, or have only just left it, do not."""

import time

import dagster as dg

from algorhythms_assets.operate import interrupted
from algorhythms_assets.operate.interrupted import end_interrupted_runs


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
