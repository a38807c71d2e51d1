"""Every request has an identifier: the client's, else Lambda's, else a new one. The answer and the log contain it."""

import logging
import re
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"

# It goes into the log, where anything else could forge lines.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:=+/@-]{1,128}")
_current: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIds:
    """Gives each request its identifier."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        made = getattr(scope.get("aws.context"), "aws_request_id", None) or uuid.uuid4().hex
        identifier = given if _WELL_FORMED.fullmatch(given) else str(made)

        async def send_with_identifier(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = identifier
            await send(message)

        token = _current.set(identifier)
        try:
            await self._app(scope, receive, send_with_identifier)
        finally:
            _current.reset(token)


def name_in(log: logging.Logger) -> None:
    """Adds the identifier of its request to each record of a log, as `request_id`."""
    log.addFilter(_named)


def _named(record: logging.LogRecord) -> bool:
    record.request_id = _current.get()
    return True
