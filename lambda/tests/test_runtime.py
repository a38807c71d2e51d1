"""The very zips that are deployed, invoked through Lambda's runtime interface."""

import email
import hashlib
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from algorhythms_assets_tests.services.lambda_runtime import (
    ARCHITECTURE,
    Function,
    lambda_zips,  # noqa: F401 (fixture)
    make_zips,
    running_function,
)

EVENTS = Path(__file__).parents[1] / "events"


@pytest.fixture(scope="module")
def function(lambda_zips: Path, store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:  # noqa: F811
    folder = tmp_path_factory.mktemp("function")
    with running_function(lambda_zips, folder, {"ALGORHYTHMS_STORE": str(store)}) as function:
        yield function


@pytest.mark.parametrize("name", sorted(path.stem for path in EVENTS.glob("post_*.json")))
def test_it_recommends(function: Function, name: str) -> None:
    answer = function.invoke(json.loads((EVENTS / f"{name}.json").read_text()))
    assert answer["statusCode"] == 200
    nodes = json.loads(answer["body"])["recommendation_nodes"]
    assert [(node["id"], node["score"]) for node in nodes] == [("rock1", 1.0), ("jazz1", 0.875)]


@pytest.mark.parametrize("name", sorted(path.stem for path in EVENTS.glob("other_*.json")))
def test_what_is_no_request_is_no_failure(function: Function, name: str) -> None:
    answer = function.invoke(json.loads((EVENTS / f"{name}.json").read_text()))
    assert answer == {"ignored": "the event is not an HTTP request"}


def test_its_log_is_json_with_the_request_s_id(function: Function) -> None:
    function.invoke(json.loads((EVENTS / "get_unknown.json").read_text()))
    lines = [json.loads(line) for line in function.log.read_text().splitlines() if line.startswith("{")]
    told = [line for line in lines if "_aws" in line]
    assert told[-1]["status"] == 404
    assert len(told[-1]["requestId"]) == 36
    assert any(line.get("message") == "release v1 serves" for line in lines)


def test_with_nothing_released_it_says_so(
    lambda_zips: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    with running_function(lambda_zips, tmp_path, {"ALGORHYTHMS_STORE": str(tmp_path / "none")}) as function:
        answer = function.invoke(json.loads((EVENTS / "get_tracks.json").read_text()))
        assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "30")


def test_it_answers_from_s3_and_elasticsearch_and_takes_up_a_release(
    lambda_zips: Path,  # noqa: F811
    tmp_path: Path,
    publish: Callable[[str], Any],
) -> None:
    settings = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "MODEL_", "DATABASE_"))}
    settings["RELEASE_KEY"] = os.environ["RELEASE_KEY"]
    event = json.loads((EVENTS / "post_root.json").read_text())
    with running_function(lambda_zips, tmp_path, settings) as function:

        def version() -> Any:
            answer = function.invoke(event)
            assert answer["statusCode"] == 200, answer
            return json.loads(answer["body"])["model_version"]

        assert version() == "v1"
        publish("v2")
        deadline = time.monotonic() + 15
        while version() != "v2":
            assert time.monotonic() < deadline, function.log.read_text()
            time.sleep(0.5)


def test_the_bill_of_materials_is_valid_and_names_what_is_in_the_layer(lambda_zips: Path) -> None:  # noqa: F811
    layer, path = lambda_zips / f"layer-{ARCHITECTURE}.zip", lambda_zips / f"layer-{ARCHITECTURE}.cdx.json"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text()) is None
    bill = json.loads(path.read_text())
    [told] = bill["metadata"]["component"]["hashes"]
    assert told == {"alg": "SHA-256", "content": hashlib.sha256(layer.read_bytes()).hexdigest()}
    with zipfile.ZipFile(layer) as archive:
        abouts = [
            email.message_from_bytes(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".dist-info/METADATA")
        ]
    assert {(part["name"], part["version"]) for part in bill["components"]} == {
        (about["Name"], about["Version"]) for about in abouts
    }
    assert {"fastapi", "numpy", "pydantic", "urllib3"} <= {part["name"] for part in bill["components"]}
    # A package without a licence may not be handed on.
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []


@pytest.mark.faults
def test_the_same_inputs_give_the_same_bytes(lambda_zips: Path, tmp_path: Path) -> None:  # noqa: F811
    make_zips(tmp_path)
    for name in ("function.zip", f"layer-{ARCHITECTURE}.zip", f"layer-{ARCHITECTURE}.cdx.json"):
        assert (tmp_path / name).read_bytes() == (lambda_zips / name).read_bytes(), name
