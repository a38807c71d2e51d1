"""Reports failed runs, and failed checks of successful runs, to a webhook."""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import dagster as dg
import httpx

from algorhythms_assets.settings import AlertSettings, Settings

# Seconds for the whole request; a tick has 60.
TIMEOUT = 10.0
# Runs examined in a tick; the rest are examined in the next one.
MOST_RUNS = 50
# Lines of one message.
MOST_LINES = 10
_LONGEST_LINE = 500
_SLACK = "hooks.slack.com"
_End: TypeAlias = Literal[dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_SUCCESS]
_ENDS: tuple[_End, ...] = (dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_SUCCESS)


@dataclass(frozen=True)
class Alert:
    """One run that a person should look at, with a line for each failure."""

    run: str
    job: str
    failed: bool
    lines: Sequence[str]


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reports failed runs and failed checks to the webhook ALGORHYTHMS_ALERT_URL once the run has ended: at "
    "most one message a tick. What cannot be delivered is sent at the next tick.",
)
def alerts(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
) -> dg.SensorResult | dg.SkipReason:
    """Requests no run. Its cursor is the last end of a run that was handled, by kind of end."""
    url = AlertSettings.read().url
    if url is None:
        return dg.SkipReason("no webhook: ALGORHYTHMS_ALERT_URL is not set")
    if context.cursor is None:
        cursor = {end.value: _last(context.instance, end) for end in _ENDS}
        return dg.SensorResult(skip_reason="reports failures from now on", cursor=json.dumps(cursor))
    cursor = json.loads(context.cursor)
    found: list[Alert] = []
    for end in _ENDS:
        for record in _ended(context.instance, end, cursor[end.value]):
            cursor[end.value] = record.storage_id
            found += _alert(context.instance, record.event_log_entry.run_id)
    if not found:
        return dg.SensorResult(skip_reason="nothing failed", cursor=json.dumps(cursor))
    address = url.get_secret_value()
    problem = send(address, message(address, found, f"http://127.0.0.1:{settings.ui_port}"))
    if problem:
        told = f"{problem}; the failures are reported at the next tick"
        context.log.warning(told)
        return dg.SkipReason(told)
    return dg.SensorResult(skip_reason=f"runs reported: {len(found)}", cursor=json.dumps(cursor))


def _last(instance: dg.DagsterInstance, end: _End) -> int:
    records = instance.fetch_run_status_changes(end, limit=1).records
    return records[0].storage_id if records else 0


def _ended(instance: dg.DagsterInstance, end: _End, after: int) -> Sequence[dg.EventLogRecord]:
    wanted = dg.RunStatusChangeRecordsFilter(end, after_storage_id=after)
    return instance.fetch_run_status_changes(wanted, limit=MOST_RUNS, ascending=True).records


def _alert(instance: dg.DagsterInstance, run_id: str) -> Iterator[Alert]:
    """Yields what to report of a run, unless all went well or its history was deleted."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        return
    failed = run.status == dg.DagsterRunStatus.FAILURE
    lines = [*_failures(instance, run_id)] if failed else []
    lines += _checks(instance, run_id)
    if failed or lines:
        yield Alert(run_id, "materialization" if run.job_name.startswith("__") else run.job_name, failed, lines)


def _failures(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    """Yields the message of each step that failed by itself, or of the run if no step did."""
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    events = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=kinds) if entry.dagster_event]
    steps = [event for event in events if event.event_type == dg.DagsterEventType.STEP_FAILURE]
    for event in steps:
        data = event.step_failure_data
        words = data.user_failure_data.description if data.user_failure_data else data.error and data.error.message
        yield f"{event.step_key}: {_short(words or event.message or 'failed')}"
    if not steps:
        yield from (_short(event.message or "failed") for event in events)


def _checks(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        if entry.dagster_event is None:
            continue
        check = entry.dagster_event.asset_check_evaluation_data
        if not check.passed:
            bad = "failed" if check.severity is dg.AssetCheckSeverity.ERROR else "warns"
            name = f"{check.asset_key.to_user_string()}: check {check.check_name} {bad}"
            yield f"{name}: {_short(check.description)}" if check.description else name


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"


def message(url: str, found: Sequence[Alert], ui: str) -> dict[str, Any]:
    """Returns the body for the webhook: Slack's format for Slack, otherwise text and data."""
    failed = sum(alert.failed for alert in found)
    heads = [
        f"{failed} failed" if failed else "",
        f"{len(found) - failed} with failed checks" if failed < len(found) else "",
    ]
    head = f"algorhythms: {len(found)} run{'s' * (len(found) > 1)}, {' and '.join(filter(None, heads))}"
    lines = [
        f"{'✗' if alert.failed else '!'} {alert.job} {alert.run[:8]}: {line}" for alert in found for line in alert.lines
    ]
    more = [f"… and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    text = "\n".join([head, *lines[:MOST_LINES], *more, f"{ui}/runs"])
    if urlsplit(url).hostname == _SLACK:
        # Escapes markup, including a mention of everybody.
        return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    runs = [
        {
            "run": alert.run,
            "job": alert.job,
            "failed": alert.failed,
            "what": list(islice(alert.lines, MOST_LINES)),
            "url": f"{ui}/runs/{alert.run}",
        }
        for alert in found
    ]
    return {"text": text, "runs": runs}


def send(url: str, body: dict[str, Any], timeout: float = TIMEOUT) -> str | None:
    """Posts a message; returns None if it was accepted, else the reason, which never contains the address."""
    # Both log addresses; httpx does at INFO.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        status = asyncio.run(_post(url, body, timeout))
    except TimeoutError:
        return f"the webhook did not answer within {timeout:g} s"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"the webhook cannot be reached ({type(error).__name__})"
    return None if 200 <= status < 300 else f"the webhook answers HTTP {status}"


async def _post(url: str, body: dict[str, Any], timeout: float) -> int:
    # httpx limits each step of a request; a trickle would take longer than a tick.
    async with (
        asyncio.timeout(timeout),
        httpx.AsyncClient(timeout=timeout) as client,
        client.stream("POST", url, json=body) as response,
    ):
        return response.status_code
