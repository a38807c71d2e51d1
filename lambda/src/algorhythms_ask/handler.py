"""The Lambda function: everything is loaded once per process, then API Gateway's events go to the application."""

import contextlib
import os
import re
from pathlib import Path
from typing import Any

from mangum import Mangum

from algorhythms_ask.http import create_app
from algorhythms_ask.release import LocalStore, NotServableError
from algorhythms_ask.releases import Releases

_releases = Releases(LocalStore(Path(os.environ.get("ALGORHYTHMS_STORE", "var/store"))))
# What cannot be served now may be later: until then requests are told so.
with contextlib.suppress(NotServableError):
    _releases.current()
_answer = Mangum(create_app(_releases), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers an event of an HTTP API or a function URL (payload format 2.0)."""
    request = event["requestContext"]
    # A stage that is not $default stands before the path.
    stage = rf"^/{re.escape(request['stage'])}(?=/|$)"
    request["http"]["path"] = re.sub(stage, "", request["http"]["path"])
    return _answer(event, context)
