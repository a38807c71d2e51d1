import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from algorhythms_ask.__main__ import main
from algorhythms_ask.requests import MAX_COUNT, MAX_SONGS
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

DOCUMENT = Path(__file__).parents[1] / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return content


def test_the_document_in_the_repository_is_that_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    assert capsys.readouterr().out == DOCUMENT.read_text(), "run `make openapi`"


def test_the_document_is_what_the_endpoint_shows(client: TestClient, document: dict[str, Any]) -> None:
    assert client.get("/openapi.json").json() == document


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_models_are_shared(document: dict[str, Any]) -> None:
    assert {"RecommendationsIn", "SongIn", "RecommendationsOut", "Problem", "FieldProblem"} <= {
        *document["components"]["schemas"]
    }
    assert "$defs" not in DOCUMENT.read_text()


def test_errors_are_problems_and_none_is_a_422(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert "422" not in operation["responses"]
            for status, response in operation["responses"].items():
                expected = {"200": ["application/json"], "304": []}.get(status, ["application/problem+json"])
                assert list(response.get("content", ())) == expected


def test_the_root_is_left_to_those_who_know_it(client: TestClient, document: dict[str, Any]) -> None:
    assert "/" not in document["paths"]
    body = {"songs": [{"id": "rock2"}]}
    assert client.post("/", json=body).content == client.post("/recommendations", json=body).content


def test_there_is_one_body_and_no_default_that_would_make_a_field_required(document: dict[str, Any]) -> None:
    assert list(document["paths"]["/recommendations"]["post"]["requestBody"]["content"]) == ["application/json"]
    for model in ("RecommendationsIn", "SongIn"):
        assert all("default" not in field for field in document["components"]["schemas"][model]["properties"].values())
        assert "required" not in document["components"]["schemas"][model]


def test_every_operation_has_one_tag(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert len(operation["tags"]) == 1


def test_examples_are_what_they_are_examples_of(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    examples = {name: schema["examples"] for name, schema in schemas.items() if "examples" in schema}
    assert {*examples} == {"RecommendationsIn", "RecommendationsOut", "ResolveIn", "Problem"}
    for name, [example] in examples.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(example)
        # What options ask for is not in it.
        assert {*schemas[name].get("required", [])} <= {*example} <= {*schemas[name]["properties"]}


def test_the_example_request_is_accepted(client: TestClient, document: dict[str, Any]) -> None:
    [request] = document["components"]["schemas"]["RecommendationsIn"]["examples"]
    [shown] = document["components"]["schemas"]["RecommendationsOut"]["examples"]
    answer = client.post("/", json=request).json()
    # The tiny catalogue of the tests knows the track by another name.
    for same in ("unresolved", "notices", "coverage"):
        assert answer[same] == shown[same]
    assert [node["id"] for node in answer["source_nodes"]] == [node["id"] for node in shown["source_nodes"]]


def test_limits_stand_in_the_document(document: dict[str, Any], conforms: Callable[[str, Any], None]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["RecommendationsIn"]["properties"]["count"]["maximum"] == MAX_COUNT
    assert schemas["RecommendationsIn"]["properties"]["songs"]["maxItems"] == MAX_SONGS
    conforms("RecommendationsIn", {"count": 1, "songs": [{"id": "x"}], "anything": "else"})
