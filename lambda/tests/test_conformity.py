"""Requests made from the OpenAPI document: whatever is asked, the answer is as the document says, and no failure."""

import pytest
import schemathesis
from algorhythms_ask.http import create_app
from algorhythms_ask.release import Release
from algorhythms_ask.requests import BatchIn, RecommendationsIn
from hypothesis import HealthCheck, settings
from pydantic import ValidationError
from schemathesis import Case, CheckContext, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)


def _bad_data_is_rejected(context: CheckContext, response: Response, case: Case) -> bool | None:
    model = BatchIn if case.path.endswith(":batch") else RecommendationsIn
    try:
        model.model_validate(case.body)
    except ValidationError:
        return negative_data_rejection(context, response, case)
    # Features that are not needed fail nothing, and a bad request of a batch fails by itself.
    return None


_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    _bad_data_is_rejected,
]
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


class _Served:
    """What is released; the document does not depend on it, and is read before there is any."""

    release: Release
    refused = None

    def current(self) -> Release:
        return self.release


_served = _Served()
_document = schemathesis.openapi.from_asgi("/openapi.json", create_app(_served))


@pytest.fixture(autouse=True)
def _released(release: Release) -> None:
    _served.release = release


@_document.parametrize()
@settings(max_examples=150, deadline=None, suppress_health_check=_SLOW)
def test_every_answer_is_as_the_document_says(case: Case) -> None:
    case.call_and_validate(checks=_CHECKS)


@pytest.mark.faults
@_document.parametrize()
@settings(max_examples=1500, deadline=None, suppress_health_check=_SLOW)
def test_ten_thousand_answers_are_as_the_document_says(case: Case) -> None:
    case.call_and_validate(checks=_CHECKS)
