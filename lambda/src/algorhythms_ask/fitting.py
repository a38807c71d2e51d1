"""An answer as it is sent, if Lambda could send it: no request gets here what it would not get there.

What an option asks for is in it only where it was asked for.
"""

import json

from fastapi import Response
from pydantic import BaseModel

from algorhythms_ask.problems import ProblemError

# Lambda takes 6 MiB with headers, and counts the answer as a string within JSON, in ASCII.
MAX_ANSWER_BYTES = 6_200_000

# A letter of two bytes becomes \uXXXX.
_LONGEST_ESCAPE = 3


def fitting(answer: BaseModel, advice: str) -> Response:
    """Returns an answer as JSON.

    Raises:
        ProblemError: it is too large; the problem gives the advice.
    """
    content = answer.model_dump_json(exclude_unset=True)
    encoded = content.encode()
    if len(encoded) * _LONGEST_ESCAPE > MAX_ANSWER_BYTES and (size := len(json.dumps(content))) > MAX_ANSWER_BYTES:
        raise ProblemError(
            400, "The answer would be too large", f"It would have {size} bytes of at most {MAX_ANSWER_BYTES}. {advice}."
        )
    return Response(encoded, media_type="application/json")
