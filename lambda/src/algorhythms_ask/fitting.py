"""An answer as it is sent, if Lambda could send it: no request gets here what it would not get there.

What an option asks for is in it only where it was asked for.
"""

import json

from fastapi import Response

from algorhythms_ask.contract import RecommendationsOut
from algorhythms_ask.problems import ProblemError

# Lambda takes 6 MiB with headers, and counts the answer as a string within JSON, in ASCII.
MAX_ANSWER_BYTES = 6_200_000

# A letter of two bytes becomes \uXXXX.
_LONGEST_ESCAPE = 3


def fitting(answer: RecommendationsOut, terms: bool) -> Response:
    """Returns the answer as JSON, with or without what scores are made of.

    Raises:
        ProblemError: it is too large.
    """
    if terms:
        content = answer.model_dump_json(exclude_unset=True)
    else:
        without = answer.model_copy(update={"edges": []})
        content = without.model_dump_json(exclude_unset=True, exclude={"recommendation_nodes": {"__all__": {"terms"}}})
    advice = 'Ask with "terms": false' if terms else "Ask for fewer tracks, or with shorter names and identifiers"
    return sendable(content, advice)


def sendable(content: str, advice: str) -> Response:
    """Returns JSON as an answer.

    Raises:
        ProblemError: it is too large; the advice says what else to ask for.
    """
    encoded = content.encode()
    if len(encoded) * _LONGEST_ESCAPE > MAX_ANSWER_BYTES and (size := len(json.dumps(content))) > MAX_ANSWER_BYTES:
        raise ProblemError(
            400, "The answer would be too large", f"It would have {size} bytes of at most {MAX_ANSWER_BYTES}. {advice}."
        )
    return Response(encoded, media_type="application/json")
