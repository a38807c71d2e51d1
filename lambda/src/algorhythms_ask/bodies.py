"""The body of a request: whole within its time and bounds, inflated, and without a byte order mark."""

import asyncio
import codecs
import zlib
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from algorhythms_ask.problems import MALFORMED, ProblemError, invalid, pointer
from algorhythms_ask.requests import MAX_BODY_BYTES

Model = TypeVar("Model", bound=BaseModel)

# A whole body takes a slow telephone a few seconds. Who stalls would keep a connection for ever.
SECONDS = 20.0

# What is left of a body nobody reads: without this the connection would wait for it.
_CLOSE = {"Connection": "close"}


async def body_of(request: Request) -> bytes:
    """Returns the body of a request.

    Raises:
        ProblemError: it is too large, packed in another way than by gzip, or not whole in time.
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
        detail = f"The body was not there within {SECONDS:.0f} seconds."
        raise ProblemError(408, "The request takes too long", detail, _CLOSE) from None
    content = _inflated(body) if packing == "gzip" else bytes(body)
    return content.removeprefix(codecs.BOM_UTF8)


def _inflated(body: bytes | bytearray) -> bytes:
    packed = zlib.decompressobj(wbits=31)
    try:
        # No more than this is ever made of it, whatever it claims to hold.
        content = packed.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise ProblemError(400, "The body is not gzip", f"Its header says so, but: {error}") from None
    if len(content) > MAX_BODY_BYTES:
        raise _too_large()
    if not packed.eof or packed.unused_data:
        raise ProblemError(400, "The body is not gzip", "It is cut off, or more stands behind it.")
    return content


def _too_large() -> ProblemError:
    return ProblemError(413, "The request is too large", f"A body has at most {MAX_BODY_BYTES} bytes.", _CLOSE)


def parsed(model: type[Model], body: bytes) -> Model:
    """Returns the model that a body is.

    Raises:
        ProblemError: it is none; the problem names the fields.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise malformed(error) from error


def malformed(error: ValidationError) -> ProblemError:
    """Returns the problem that names the fields which are not as they have to be."""
    errors = error.errors(include_url=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return ProblemError(400, "The body is not JSON", errors[0]["msg"])
    return invalid(MALFORMED, {pointer(wrong["loc"]): wrong["msg"] for wrong in errors})
