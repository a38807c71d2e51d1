"""Answers without a body: to HEAD, which is a GET for the headers only, and to clients that already have the body."""

from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_A_BODY = ("content-length", "content-type")


def tag_of(version: str) -> str:
    """Returns the ETag of a release's answers; weak, because an answer may be compressed or not."""
    return f'W/"{quote(version, safe="")}"'


class Bodiless:
    """Middleware that leaves out bodies that the client does not need."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        asked_with = ",".join(Headers(scope=scope).getlist("if-none-match"))
        known = {tag.strip().removeprefix("W/") for tag in asked_with.split(",")}
        bodiless = scope["method"] == "HEAD"

        async def send_without(message: Message) -> None:
            nonlocal bodiless
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = MutableHeaders(raw=message["headers"])
                tag = headers.get("etag", "")
                if tag and known & {"*", tag.removeprefix("W/")}:
                    for name in _OF_A_BODY:
                        del headers[name]
                    message = {**message, "status": 304, "headers": headers.raw}
                    bodiless = True
            elif message["type"] == "http.response.body" and bodiless:
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_without)
