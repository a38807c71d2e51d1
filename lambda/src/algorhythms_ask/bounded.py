"""Reads an HTTP response within limits of time and size."""

import time

import urllib3

# The files of a bundle are a few hundred kilobytes, and what an index finds is less.
_LARGEST = 256 << 20


class TooLargeError(urllib3.exceptions.HTTPError):
    """The answer is larger than any that is expected."""


def content_of(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Returns the body of a response that was not preloaded, and gives its connection back.

    urllib3's time-out applies to each packet, so a response that trickles in would never exceed it.

    Raises:
        TimeoutError: it was not complete at the deadline, in the seconds of `time.monotonic`.
        TooLargeError: it is larger than 256 MiB.
        urllib3.exceptions.HTTPError: the connection broke.
    """
    content = bytearray()
    try:
        while piece := response.read1(1 << 20):
            content += piece
            if time.monotonic() > deadline:
                raise TimeoutError
            if len(content) > _LARGEST:
                raise TooLargeError
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return bytes(content)
