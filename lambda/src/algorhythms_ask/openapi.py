"""What the OpenAPI document contains in addition to what FastAPI derives from the code."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from algorhythms_ask import contract, requests


class _WithoutDefaults(GenerateJsonSchema):
    """Leaves defaults to descriptions: generators of clients treat a field with a default as a required one."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


# The models that FastAPI does not see, because `parsed_request` reads the body and handlers answer with problems.
_SCHEMAS = models_json_schema(
    [
        (requests.RecommendationsIn, "validation"),
        (requests.BatchIn, "validation"),
        (requests.ResolveIn, "validation"),
        (contract.Problem, "serialization"),
    ],
    ref_template="#/components/schemas/{model}",
    schema_generator=_WithoutDefaults,
)[1]["$defs"]


def body(model: type[BaseModel]) -> dict[str, Any]:
    """Returns the OpenAPI description of a request body of that model."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": True,
            "description": "JSON, whatever the Content-Type says.",
            "content": {"application/json": {"schema": schema}},
        }
    }


def problem(description: str) -> dict[str, Any]:
    """Returns the OpenAPI description of a response that is a problem."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


MALFORMED_RESPONSE = problem("The request is malformed; `errors` says where.")
UNCHANGED = {"description": "The release is still that of `If-None-Match`, so the answer is still the same."}
UNAVAILABLE = problem("The index does not answer; the same request may succeed later.")
# How a request with a body may fail.
FAILURES: dict[int | str, dict[str, Any]] = {
    400: MALFORMED_RESPONSE,
    408: problem("The body does not come."),
    413: problem(f"The body has more than {requests.MAX_BODY_BYTES} bytes."),
    415: problem("The body is packed in another way than by gzip."),
    503: UNAVAILABLE,
}


class Documented(FastAPI):
    """An application whose document has all models."""

    def openapi(self) -> dict[str, Any]:
        """Returns the OpenAPI document."""
        document = super().openapi()
        document["components"]["schemas"].update(_SCHEMAS)
        return document
