"""The Lambda function: loads everything once per process, then passes the requests in events to the application.

Each request is one JSON line in the log, without who asked for what. CloudWatch extracts metrics from the line.
"""

import os

# A function has at most one processor. Numpy reads this on import.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")

import contextlib
import json
import logging
import sys
import time
from typing import Any

from mangum import Mangum

from algorhythms_ask.contract import Problem
from algorhythms_ask.events import Event, as_asked, asked, body_is_what_it_says
from algorhythms_ask.http import create_app
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError
from algorhythms_ask.releases import Releases, source

# Lambda's handler there adds the request's id, but drops everything below warnings.
_log = logging.getLogger("algorhythms_ask")
_log.setLevel(logging.INFO)

_releases = Releases(source())
# A release that cannot be served now may be later; until then requests get an error.
with contextlib.suppress(NotServableError, IndexUnavailableError):
    _releases.current()
# Other types are sent as base64, which a REST API passes on unchanged.
_TEXT = ["text/", "application/json", "application/problem+json"]
_application = Mangum(create_app(_releases), lifespan="off", text_mime_types=_TEXT)

_METRICS = {"Duration": "Milliseconds", "ColdStart": "Count", "Failed": "Count", "Unavailable": "Count"}
_started = False


def handler(event: object, context: Any) -> Event:
    """Answers an event that is a request, and ignores any other: a warm-up or a timer must not raise an alarm."""
    global _started
    began = time.monotonic()
    request = asked(event)
    if request is None or not isinstance(event, dict):
        kind = sorted(map(str, event))[:20] if isinstance(event, dict) else type(event).__name__
        _log.info("ignored an event that is not an HTTP request, with %.300s", kind)
        return {"ignored": "the event is not an HTTP request"}
    answer = _answer(event, request.path, context)
    status = answer["statusCode"]
    _tell(
        {
            "level": "INFO",
            "requestId": context.aws_request_id,
            "apiRequestId": request.request_id,
            "clientRequestId": _identifier(answer),
            "method": request.method,
            # Only the kind of path: a track's identifier reveals what a person listens to.
            "route": "/" + request.path.strip("/").partition("/")[0][:30],
            "status": status,
            "Duration": round((time.monotonic() - began) * 1000, 1),
            "ColdStart": int(not _started),
            "Failed": int(status >= 500 and status != 503),
            "Unavailable": int(status == 503),
        }
    )
    _started = True
    return answer


def _answer(event: Event, path: str, context: Any) -> Event:
    if not body_is_what_it_says(event):
        return _refused("The body is not base64", "The event declares its body as base64, but it is not.")
    try:
        answer: Event = _application(as_asked(event, path), context)
    except Exception:
        # The application handles its own failures; this one is in the event, such as a Host header without a host.
        _log.warning("cannot read an event", exc_info=True)
        return _refused("The request cannot be read", "A header or another part of it is malformed.")
    return answer


def _identifier(answer: Event) -> str | None:
    found: str | None = answer.get("headers", {}).get("x-request-id")
    return found or next(iter(answer.get("multiValueHeaders", {}).get("x-request-id", ())), None)


def _refused(title: str, detail: str) -> Event:
    headers = {"content-type": "application/problem+json", "access-control-allow-origin": "*"}
    return {
        "statusCode": 400,
        "headers": headers,
        # A load balancer reads only one of the two.
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": Problem(title=title, status=400, detail=detail).model_dump_json(),
        "isBase64Encoded": False,
    }


def _tell(line: dict[str, Any]) -> None:
    """Prints a line in CloudWatch's embedded metric format."""
    line["function"] = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")
    line["_aws"] = {
        "Timestamp": int(time.time() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": "algorhythms",
                "Dimensions": [["function"]],
                "Metrics": [{"Name": name, "Unit": unit} for name, unit in _METRICS.items()],
            }
        ],
    }
    # A single write, so that lines of the log cannot interleave.
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
