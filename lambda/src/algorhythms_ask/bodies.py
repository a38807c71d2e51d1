"""Reads the body of a request within limits of time and size, decompresses it, and removes a byte order mark."""

import asyncio
import codecs
import zlib
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from algorhythms_ask.problems import MALFORMED, ProblemError, invalid, pointer
from algorhythms_ask.requests import MAX_BODY_BYTES

Model = TypeVar("Model", bound=BaseModel)

# A slow phone takes a few seconds to send a body. Without a limit, a stalled client would keep its connection for ever.
SECONDS = 20.0

# Nobody reads the rest of such a body: without this header, the connection would wait for it.
_CLOSE = {"Connection": "close"}


async def body_of(request: Request) -> bytes:
    """Returns the body of a request.

    Raises:
        ProblemError: it is too large, compressed with anything but gzip, or not complete in time.
    """
    packing = request.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip"):
        raise ProblemError(
            415,
            "The body is packed in an unknown way",
            f"{packing:.50}: send it plain or gzip",
            {"Accept-Encoding": "gzip"},
        )
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
    except TimeoutError:
        detail = f"The body did not arrive within {SECONDS:.0f} seconds."
        raise ProblemError(408, "The request takes too long", detail, _CLOSE) from None
    content = _inflated(body) if packing == "gzip" else bytes(body)
    return content.removeprefix(codecs.BOM_UTF8)


def _inflated(body: bytes | bytearray) -> bytes:
    packed = zlib.decompressobj(wbits=31)
    try:
        # No more than this is ever decompressed, whatever the body claims to contain.
        content = packed.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise ProblemError(400, "The body is not gzip", f"Its header says so, but: {error}") from None
    if len(content) > MAX_BODY_BYTES:
        raise _too_large()
    if not packed.eof or packed.unused_data:
        raise ProblemError(400, "The body is not gzip", "It is cut off, or other data follows it.")
    return content


def _too_large() -> ProblemError:
    return ProblemError(413, "The request is too large", f"A body has at most {MAX_BODY_BYTES} bytes.", _CLOSE)


def parsed(model: type[Model], body: bytes) -> Model:
    """Returns a body as an instance of the model.

    Raises:
        ProblemError: it is not valid; the problem names the wrong fields.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise malformed(error) from error


def malformed(error: ValidationError) -> ProblemError:
    """Returns the problem for an invalid body, which names the wrong fields."""
    errors = error.errors(include_url=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return ProblemError(400, "The body is not JSON", errors[0]["msg"])
    return invalid(MALFORMED, {pointer(wrong["loc"]): wrong["msg"] for wrong in errors})
