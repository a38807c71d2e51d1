"""Events of the Lambda function: HTTP requests through any of AWS's front doors, and other events."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The method, the path without its stage, and the identifier that the front door gave the request."""

    method: str
    path: str
    request_id: str | None


def asked(event: object) -> Asked | None:
    """Returns the request in an event of an HTTP API, a function URL, a REST API or a load balancer, else None."""
    if not isinstance(event, dict) or not isinstance(context := event.get("requestContext"), dict):
        return None
    known = "elb" in context or "version" in event or "resource" in event
    place = context.get("http") if event.get("version") == "2.0" else event
    if not known or not isinstance(place, dict):
        return None
    method, path = place.get("method", place.get("httpMethod")), place.get("path")
    if not isinstance(method, str) or not isinstance(path, str):
        return None
    # REST APIs and load balancers give paths without a stage.
    stage = context.get("stage") if "version" in event else None
    return Asked(method, _without_stage(path, stage), context.get("requestId"))


def as_asked(event: Event, path: str) -> Event:
    """Returns the event with another path, and without requesting an encoding that its front door cannot pass on."""
    if event.get("version") == "2.0":
        context = event["requestContext"]
        return event | {"requestContext": context | {"http": context["http"] | {"path": path}}}
    if "version" in event or "resource" not in event:
        return event | {"path": path}
    # A REST API passes on a compressed answer as base64 unless it is configured for every type; it can compress itself.
    kept = {
        kind: {name: value for name, value in (event.get(kind) or {}).items() if name.lower() != "accept-encoding"}
        for kind in ("headers", "multiValueHeaders")
    }
    return event | {"path": path} | kept


def body_is_what_it_says(event: Event) -> bool:
    """Returns whether a body that is declared as base64 is valid base64."""
    body = event.get("body")
    if not event.get("isBase64Encoded") or not body:
        return True
    try:
        base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return False
    return True


def _without_stage(path: str, stage: object) -> str:
    # A custom domain maps to a stage without naming it in the path.
    return re.sub(rf"^/{re.escape(stage)}(?=/|$)", "", path) if isinstance(stage, str) else path
