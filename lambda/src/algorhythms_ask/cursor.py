"""Where the next page begins: opaque to who asks, and good for one request and one release."""

import base64
import binascii
import hashlib
import json

from algorhythms_ask.problems import ProblemError, invalid
from algorhythms_ask.requests import RecommendationsIn
from algorhythms_ask.wish import MOST_PAGED

OF_ANOTHER_RELEASE = "urn:algorhythms:problem:cursor-of-another-release"


def start_of(request: RecommendationsIn, version: str) -> int:
    """Returns the position at which the page of a request begins.

    Raises:
        ProblemError: its cursor is none, of another request, or of a release that is no longer served.
    """
    if not request.cursor:
        return 0
    try:
        release, asked, start = json.loads(base64.urlsafe_b64decode(request.cursor.encode()))
        if not (isinstance(release, str) and type(start) is int and 0 < start < MOST_PAGED):
            raise ValueError
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise invalid("That is no cursor", {"/cursor": "is none that an answer had"}) from None
    if asked != _hash(request):
        raise invalid("The cursor is of another request", {"/cursor": "the request has to stay the same"})
    if release != version:
        detail = f"{release} gave the cursor, {version} is served now: begin again with an empty one."
        raise ProblemError(400, "The cursor is of another release", detail, type_=OF_ANOTHER_RELEASE)
    return start


def cursor(request: RecommendationsIn, version: str, start: int) -> str:
    """Returns the cursor of the page that begins there."""
    return base64.urlsafe_b64encode(json.dumps([version, _hash(request), start]).encode()).decode()


def _hash(request: RecommendationsIn) -> str:
    content = request.model_dump_json(exclude={"cursor", "count"})
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
