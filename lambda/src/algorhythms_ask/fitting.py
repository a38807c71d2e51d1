"""Serialises an answer if Lambda could send it: a request that fails there also fails on the local server.

Fields of an option are included only if the option was requested.
"""

import json

from fastapi import Response
from pydantic import BaseModel

from algorhythms_ask.problems import ProblemError

# Lambda's limit is 6 MiB with headers, and applies to the answer encoded as a JSON string in ASCII.
MAX_ANSWER_BYTES = 6_200_000

# A letter of two bytes becomes \uXXXX.
_LONGEST_ESCAPE = 3


def fitting(answer: BaseModel, advice: str) -> Response:
    """Returns an answer as JSON.

    Raises:
        ProblemError: the answer is too large; the problem includes the advice.
    """
    content = answer.model_dump_json(exclude_unset=True)
    encoded = content.encode()
    if len(encoded) * _LONGEST_ESCAPE > MAX_ANSWER_BYTES and (size := len(json.dumps(content))) > MAX_ANSWER_BYTES:
        raise ProblemError(
            400,
            "The answer would be too large",
            f"It would have {size} bytes; the maximum is {MAX_ANSWER_BYTES}. {advice}.",
        )
    return Response(encoded, media_type="application/json")
