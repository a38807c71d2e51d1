"""Failures are told once the receiver takes them: never lost, never twice, never in a flood, never with the address."""

import logging
import os
import subprocess
import sys
import time

import dagster as dg
import pytest

from algorhythms_assets.operate import alerts as module
from algorhythms_assets.operate.alerts import Alert, alerts, message, send
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.services.webhook import receiving

SECRET = "s3cr3t-path"
SLACK = f"https://hooks.slack.com/services/{SECRET}"


@pytest.fixture
def instance():
    with dg.DagsterInstance.local_temp() as instance:
        yield instance


@pytest.fixture
def receiver(monkeypatch):
    with receiving(f"/{SECRET}") as receiver:
        monkeypatch.setenv("ALGORHYTHMS_ALERT_URL", receiver.url)
        yield receiver


def run(instance, fails="", warns=""):
    """Materializes an asset whose payload fails with words, or whose check does."""

    @dg.asset
    def vectors() -> None:
        if fails:
            raise dg.Failure(fails)

    @dg.asset_check(asset=vectors)
    def norms() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=not warns, severity=dg.AssetCheckSeverity.WARN, description=warns)

    return dg.materialize([vectors, norms], instance=instance, raise_on_error=False).run_id


def tick(instance, cursor=None):
    """One tick; returns what it says, and the cursor that Dagster would keep."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"settings": Settings()})
    result = alerts(context)
    if isinstance(result, dg.SkipReason):
        return result.skip_message, cursor
    return result.skip_reason.skip_message, result.cursor


def test_a_failed_run_and_a_failed_check_are_told_in_one_message_and_once(instance, receiver):
    _, cursor = tick(instance)
    failed, warned, _ = run(instance, fails="no room\non the disk"), run(instance, warns="3 of 9 norms"), run(instance)
    said, cursor = tick(instance, cursor)
    assert said == "runs reported: 2"
    [sent] = receiver.messages
    lines = sent["text"].splitlines()
    assert lines[0] == "algorhythms: 2 runs, 1 failed and 1 with failed checks"
    assert lines[1] == f"✗ materialization {failed[:8]}: vectors: no room on the disk"
    assert lines[2] == f"! materialization {warned[:8]}: vectors: check norms warns: 3 of 9 norms"
    assert [(told["run"], told["failed"], told["url"]) for told in sent["runs"]] == [
        (failed, True, f"http://127.0.0.1:3000/runs/{failed}"),
        (warned, False, f"http://127.0.0.1:3000/runs/{warned}"),
    ]
    assert tick(instance, cursor) == ("nothing failed", cursor)
    assert len(receiver.messages) == 1


def test_what_failed_before_it_was_there_is_not_told(instance, receiver):
    run(instance, fails="long ago")
    said, cursor = tick(instance)
    assert said == "reports failures from now on"
    assert tick(instance, cursor)[0] == "nothing failed"


def test_a_run_whose_process_is_gone_is_told(instance, receiver):
    _, cursor = tick(instance)
    gone = dg.DagsterRun(job_name="retrain", status=dg.DagsterRunStatus.STARTED)
    instance.add_run(gone)
    instance.report_run_failed(gone, "Its process is gone")
    tick(instance, cursor)
    assert f"✗ retrain {gone.run_id[:8]}: Its process is gone" in receiver.messages[0]["text"]


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_what_is_refused_is_told_at_the_next_tick(instance, receiver, status):
    _, cursor = tick(instance)
    run(instance, fails="no room")
    receiver.status = status
    said, later = tick(instance, cursor)
    assert said == f"the webhook answers HTTP {status}; the failures are reported at the next tick"
    assert later == cursor
    receiver.status = 200
    assert tick(instance, later)[0] == "runs reported: 1"
    assert len(receiver.messages) == 1


def test_a_receiver_that_is_away_loses_nothing(instance, monkeypatch):
    with receiving() as away:
        monkeypatch.setenv("ALGORHYTHMS_ALERT_URL", away.url)
        _, cursor = tick(instance)
    run(instance, fails="first")
    said, cursor = tick(instance, cursor)
    assert "the webhook cannot be reached (ConnectError)" in said
    run(instance, fails="second")
    with receiving() as back:
        monkeypatch.setenv("ALGORHYTHMS_ALERT_URL", back.url)
        tick(instance, cursor)
        [sent] = back.messages
    assert "first" in sent["text"]
    assert "second" in sent["text"]


def test_an_answer_that_trickles_in_takes_no_longer_than_a_tick_may(receiver):
    receiver.seconds = 30
    started = time.monotonic()
    assert send(receiver.url, {"text": "hello"}, timeout=1) == "the webhook did not answer within 1 s"
    assert time.monotonic() - started < 10


def test_many_failures_are_one_short_message(instance, receiver, monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 2)
    found = [Alert(f"{number:032}", "retrain", True, [f"step: {'x' * 100}"] * 3) for number in range(1000)]
    text = message(receiver.url, found, "http://ui")["text"]
    assert text.splitlines()[-2] == "… and 2990 more"
    assert len(text) < 5000
    _, cursor = tick(instance)
    for number in range(3):
        run(instance, fails=f"failure {number}")
    for told in ("runs reported: 2", "runs reported: 1", "nothing failed"):
        said, cursor = tick(instance, cursor)
        assert said == told
    assert receiver.asked == 2


def test_slack_gets_its_own_shape_and_no_markup():
    sent = message(SLACK, [Alert("r" * 32, "retrain", True, ["step: <!channel> & more"])], "http://ui")
    assert set(sent) == {"text"}
    assert "step: &lt;!channel&gt; &amp; more" in sent["text"]


def test_the_address_stands_in_no_log_and_no_tick(instance, receiver, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    _, cursor = tick(instance)
    run(instance, fails="no room")
    for status in (500, 200):
        receiver.status = status
        said, cursor = tick(instance, cursor)
        assert SECRET not in said
    for url in (f"http://127.0.0.1:1/{SECRET}", f"http://no.such.host.invalid/{SECRET}", f"http://[{SECRET}"):
        assert SECRET not in send(url, {"text": ""})
    assert len(receiver.messages) == 1
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize(("url", "there"), [("", False), (SLACK, True)], ids=["unset", "set"])
def test_only_where_a_webhook_is_set_is_there_the_sensor(url, there):
    program = "from algorhythms_assets.definitions import defs; print([sensor.name for sensor in defs.sensors])"
    environment = os.environ | {"ALGORHYTHMS_ALERT_URL": url}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ("'alerts'" in done.stdout) is there
