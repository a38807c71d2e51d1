"""The Lambda function: everything is loaded once per process, then API Gateway's events go to the application."""

import os
import re
from pathlib import Path
from typing import Any

from mangum import Mangum

from algorhythms_ask.http import create_app
from algorhythms_ask.release import load_release

_answer = Mangum(create_app(load_release(Path(os.environ.get("ALGORHYTHMS_STORE", "var/store")))), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers an event of an HTTP API or a function URL (payload format 2.0)."""
    request = event["requestContext"]
    # A stage that is not $default stands before the path.
    stage = rf"^/{re.escape(request['stage'])}(?=/|$)"
    request["http"]["path"] = re.sub(stage, "", request["http"]["path"])
    return _answer(event, context)
