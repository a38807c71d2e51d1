"""Many requests in one: they share the calls to the index, and an invalid one does not affect the others."""

from typing import Any

from pydantic import ValidationError

from algorhythms_ask import contract
from algorhythms_ask.answer import answer_of
from algorhythms_ask.asked import refuse_faulty, songs_of, wish_of
from algorhythms_ask.bodies import malformed
from algorhythms_ask.problems import ProblemError, invalid
from algorhythms_ask.release import Release
from algorhythms_ask.requests import MAX_BATCH_COUNT, BatchIn, RecommendationsIn


def answered(batch: BatchIn, release: Release) -> contract.BatchOut:
    """Returns the answer to each request, or its problem, in order.

    Raises:
        ProblemError: together they ask for too many tracks.
    """
    responses: list[contract.BatchResponse | None] = []
    asked = []
    for item in batch.requests:
        try:
            request = _request(item)
            songs = songs_of(request.songs)
            asked.append((len(responses), request, songs, wish_of(request, songs, release.version)))
            responses.append(None)
        except ProblemError as error:
            responses.append(_problem(error))
    total = sum(request.count for _, request, _, _ in asked)
    if total > MAX_BATCH_COUNT:
        raise invalid(
            "The batch is too large", {"/requests": f"ask for {total} tracks; the maximum is {MAX_BATCH_COUNT}"}
        )
    answers = release.recommender.recommend([wish for *_, wish in asked])
    for (place, request, songs, _), answer in zip(asked, answers, strict=True):
        try:
            refuse_faulty(songs, answer)
            out = answer_of(release, request, songs, answer)
            responses[place] = contract.BatchResponse(status=200, answer=out)
        except ProblemError as error:
            responses[place] = _problem(error)
    return contract.BatchOut(responses=[response for response in responses if response is not None])


def _request(item: dict[str, Any]) -> RecommendationsIn:
    try:
        return RecommendationsIn.model_validate(item)
    except ValidationError as error:
        raise malformed(error) from error


def _problem(error: ProblemError) -> contract.BatchResponse:
    return contract.BatchResponse(status=error.problem.status, problem=error.problem)
