"""Cursors: where the next page begins; opaque to clients, and valid for one request and one release."""

import base64
import binascii
import hashlib
import json

from algorhythms_ask.problems import ProblemError, invalid
from algorhythms_ask.requests import RecommendationsIn
from algorhythms_ask.tastes import MOST
from algorhythms_ask.wish import LEAST_PAGED, MOST_PAGED, paged

OF_ANOTHER_RELEASE = "urn:algorhythms:problem:cursor-of-another-release"


def place_of(request: RecommendationsIn, version: str) -> tuple[int, int]:
    """Returns the position at which a request's page begins, and how many tracks all its pages are taken from.

    Raises:
        ProblemError: its cursor is invalid, from another request, or from a release that is no longer served.
    """
    if request.cursor is None:
        return 0, 0
    if not request.cursor:
        return 0, paged(request.count)
    try:
        release, asked, start, tracks = json.loads(base64.urlsafe_b64decode(request.cursor.encode()))
        if not (isinstance(release, str) and type(start) is type(tracks) is int and start > 0):
            raise ValueError
        # Two tastes have twice as many positions.
        if not (LEAST_PAGED <= tracks <= MOST_PAGED and start < MOST_PAGED * MOST):
            raise ValueError
        release.encode()
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise invalid("The cursor is invalid", {"/cursor": "is not from an answer"}) from None
    if asked != _hash(request):
        raise invalid("The cursor is from another request", {"/cursor": "the request must stay the same"})
    if release != version:
        detail = f"The cursor is from {release}, but {version} is served now: start again with an empty cursor."
        raise ProblemError(400, "The cursor is from another release", detail, type_=OF_ANOTHER_RELEASE)
    return start, tracks


def cursor(request: RecommendationsIn, version: str, start: int) -> str:
    """Returns the cursor of the request's next page, which begins at `start`."""
    _, tracks = place_of(request, version)
    return base64.urlsafe_b64encode(json.dumps([version, _hash(request), start, tracks]).encode()).decode()


def _hash(request: RecommendationsIn) -> str:
    content = request.model_dump_json(exclude={"cursor", "count"})
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
