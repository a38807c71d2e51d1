"""The Lambda function: everything is loaded once per process, then API Gateway's events go to the application.

Each request is one line of the log, in JSON: who asked for what is not in it. CloudWatch reads metrics out of the line.
"""

import os

# A function has one processor or less. It is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")

import contextlib
import json
import logging
import re
import sys
import time
from typing import Any

from mangum import Mangum

from algorhythms_ask.http import create_app
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError
from algorhythms_ask.releases import Releases, source

# Lambda has put a handler there, which adds the request's id; it leaves out all below warnings.
logging.getLogger("algorhythms_ask").setLevel(logging.INFO)

_releases = Releases(source())
# What cannot be served now may be later: until then requests are told so.
with contextlib.suppress(NotServableError, IndexUnavailableError):
    _releases.current()
_answer = Mangum(create_app(_releases), lifespan="off")

_METRICS = {"Duration": "Milliseconds", "ColdStart": "Count", "Failed": "Count", "Unavailable": "Count"}
_started = False


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers an event of an HTTP API or a function URL (payload format 2.0)."""
    global _started
    began = time.monotonic()
    request = event["requestContext"]
    # A stage that is not $default stands before the path.
    stage = rf"^/{re.escape(request['stage'])}(?=/|$)"
    request["http"]["path"] = re.sub(stage, "", request["http"]["path"])
    answer: dict[str, Any] = _answer(event, context)
    status = answer["statusCode"]
    _tell(
        {
            "level": "INFO",
            "requestId": context.aws_request_id,
            "apiRequestId": request.get("requestId"),
            "method": request["http"]["method"],
            # Only what kind of path: a track's identifier is what a person listens to.
            "route": "/" + request["http"]["path"].strip("/").partition("/")[0][:30],
            "status": status,
            "Duration": round((time.monotonic() - began) * 1000, 1),
            "ColdStart": int(not _started),
            "Failed": int(status >= 500 and status != 503),
            "Unavailable": int(status == 503),
        }
    )
    _started = True
    return answer


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
    # One write, or lines of the log could mix.
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
