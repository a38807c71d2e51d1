import base64
import gzip
import importlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CONTEXT = SimpleNamespace(aws_request_id="8ba4")
EVENTS = Path(__file__).parents[1] / "events"


def _load(monkeypatch: pytest.MonkeyPatch, store: Path) -> Any:
    monkeypatch.setenv("ALGORHYTHMS_STORE", str(store))
    monkeypatch.delitem(sys.modules, "algorhythms_ask.handler", raising=False)
    return importlib.import_module("algorhythms_ask.handler")


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, store: Path) -> Callable[[str], tuple[int, Any]]:
    """Hands an event to the function as Lambda would; returns status and body as API Gateway would send them."""
    module = _load(monkeypatch, store)

    def call(name: str) -> tuple[int, Any]:
        answer = module.handler(json.loads((EVENTS / f"{name}.json").read_text()), CONTEXT)
        json.dumps(answer)
        body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]
        return answer["statusCode"], json.loads(body)

    return call


@pytest.mark.parametrize("name", sorted(path.stem for path in EVENTS.glob("post_*.json")))
def test_recommends_for_any_form_of_the_event(invoke: Callable[[str], tuple[int, Any]], name: str) -> None:
    status, answer = invoke(name)
    assert status == 200
    assert [(node["id"], node["score"]) for node in answer["recommendation_nodes"]] == [
        ("rock1", 1.0),
        ("jazz1", 0.875),
    ]


def test_a_stage_is_no_part_of_a_longer_name(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    # A custom domain leads to a stage without naming it in the path.
    event = json.loads((EVENTS / "post_recommendations.json").read_text())
    event["requestContext"]["stage"] = "rec"
    assert _load(monkeypatch, store).handler(event, CONTEXT)["statusCode"] == 200


def test_finds_tracks(invoke: Callable[[str], tuple[int, Any]]) -> None:
    status, answer = invoke("get_tracks")
    assert (status, [track["id"] for track in answer["tracks"]]) == (200, ["rock1", "rock2"])
    status, answer = invoke("get_load_balancer_tracks")
    assert (status, [track["id"] for track in answer["tracks"]]) == (200, ["rock2"])
    status, answer = invoke("get_track")
    assert (status, answer["track_name"]) == (200, "Crossing")


def test_errors_are_problems(invoke: Callable[[str], tuple[int, Any]]) -> None:
    status, answer = invoke("get_unknown")
    assert (status, answer["status"], answer["detail"]) == (404, 404, "GET /nowhere")


@pytest.mark.parametrize("name", sorted(path.stem for path in EVENTS.glob("bad_*.json")))
def test_an_event_that_cannot_be_read_is_a_400(invoke: Callable[[str], tuple[int, Any]], name: str) -> None:
    status, answer = invoke(name)
    assert (status, answer["status"]) == (400, 400)
    assert answer["detail"]


@pytest.mark.parametrize("name", [*sorted(path.stem for path in EVENTS.glob("other_*.json")), "text"])
def test_what_is_no_request_is_left_alone_with_a_line(
    monkeypatch: pytest.MonkeyPatch, store: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    module = _load(monkeypatch, store)
    with caplog.at_level("INFO", "algorhythms_ask"):
        caplog.clear()
        event = "text" if name == "text" else json.loads((EVENTS / f"{name}.json").read_text())
        assert module.handler(event, CONTEXT) == {"ignored": "the event is not an HTTP request"}
    [record] = caplog.records
    assert "not an HTTP request" in record.getMessage()
    assert record.levelname == "INFO"


def test_a_load_balancer_gets_headers_in_the_form_that_it_sent(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    module = _load(monkeypatch, store)
    single, multi = (
        module.handler(json.loads((EVENTS / f"post_load_balancer{form}.json").read_text()), CONTEXT)
        for form in ("", "_multi_value")
    )
    assert single["headers"]["content-type"] == "application/json"
    assert multi["multiValueHeaders"]["content-type"] == ["application/json"]
    assert "headers" not in multi


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("post_recommendations", True),
        ("post_function_url", True),
        ("post_http_api_1", True),
        ("post_load_balancer", True),
        ("post_load_balancer_multi_value", True),
        # It would give on the base64 as it is.
        ("post_rest_api", False),
    ],
)
def test_a_large_answer_is_packed_where_that_comes_through(
    monkeypatch: pytest.MonkeyPatch, store: Path, name: str, packed: bool
) -> None:
    event = json.loads((EVENTS / f"{name}.json").read_text())
    body = {"songs": [{"id": f"new{i}", "artist": "The Sparks"} for i in range(50)]}
    event |= {"body": json.dumps(body), "isBase64Encoded": False}
    if "headers" in event:
        event["headers"]["accept-encoding"] = "gzip"
    if "multiValueHeaders" in event:
        event["multiValueHeaders"]["accept-encoding"] = ["gzip"]
    answer = _load(monkeypatch, store).handler(event, CONTEXT)
    assert answer["isBase64Encoded"] == packed
    content = gzip.decompress(base64.b64decode(answer["body"])) if packed else answer["body"].encode()
    assert len(json.loads(content)["recommendation_nodes"]) == 12
    headers = answer.get("headers") or {name: value for name, [value] in answer["multiValueHeaders"].items()}
    assert headers.get("content-encoding") == ("gzip" if packed else None)


def test_a_packed_request_is_unpacked(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    event = json.loads((EVENTS / "post_recommendations_base64.json").read_text())
    event["body"] = base64.b64encode(gzip.compress(base64.b64decode(event["body"]))).decode()
    event["headers"]["content-encoding"] = "gzip"
    assert _load(monkeypatch, store).handler(event, CONTEXT)["statusCode"] == 200


def test_a_request_goes_by_lambda_s_identifier_or_its_own(
    monkeypatch: pytest.MonkeyPatch, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = _load(monkeypatch, store)
    event = json.loads((EVENTS / "get_tracks.json").read_text())
    assert module.handler(event, CONTEXT)["headers"]["x-request-id"] == "8ba4"
    event["headers"]["x-request-id"] = "mine"
    assert module.handler(event, CONTEXT)["headers"]["x-request-id"] == "mine"
    balanced = json.loads((EVENTS / "get_load_balancer_tracks.json").read_text())
    assert module.handler(balanced, CONTEXT)["multiValueHeaders"]["x-request-id"] == ["8ba4"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["requestId"], line["clientRequestId"]) for line in lines] == [
        ("8ba4", "8ba4"),
        ("8ba4", "mine"),
        ("8ba4", "8ba4"),
    ]


def test_a_problem_goes_as_text(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    event = json.loads((EVENTS / "post_rest_api.json").read_text()) | {"body": "{"}
    answer = _load(monkeypatch, store).handler(event, CONTEXT)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (400, False)
    assert json.loads(answer["body"])["title"] == "The body is not JSON"


def test_answers_a_preflight(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    event = json.loads((EVENTS / "options_preflight.json").read_text())
    answer = _load(monkeypatch, store).handler(event, CONTEXT)
    assert answer["statusCode"] == 200
    assert answer["headers"]["access-control-allow-origin"] == "*"


def test_a_failure_inside_is_an_answer(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    module = _load(monkeypatch, store)

    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("algorhythms_ask.embedded.EmbeddedIndex.fetch", fail)
    answer = module.handler(json.loads((EVENTS / "post_recommendations.json").read_text()), CONTEXT)
    assert answer["statusCode"] == 500
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert "secret" not in json.dumps(answer)


def test_a_store_with_nothing_released_says_so_until_something_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: Path
) -> None:
    module = _load(monkeypatch, tmp_path)
    event = json.loads((EVENTS / "get_tracks.json").read_text())
    answer = module.handler(event, CONTEXT)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "30")
    shutil.copytree(store, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(module._releases, "_next", 0)
    assert module.handler(event, CONTEXT)["statusCode"] == 200


def test_a_request_is_a_line_of_the_log_with_metrics_and_nothing_of_what_was_asked(
    monkeypatch: pytest.MonkeyPatch, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = _load(monkeypatch, store)
    for name in ("post_recommendations", "get_track", "get_unknown"):
        module.handler(json.loads((EVENTS / f"{name}.json").read_text()), CONTEXT)
    told = capsys.readouterr().out
    assert "0VjIjW4GlUZAMYd2vXMi3b" not in told
    lines = [json.loads(line) for line in told.splitlines()]
    assert [(line["method"], line["route"], line["status"], line["ColdStart"]) for line in lines] == [
        ("POST", "/recommendations", 200, 1),
        ("GET", "/tracks", 200, 0),
        ("GET", "/nowhere", 404, 0),
    ]
    for line in lines:
        assert line["requestId"] == "8ba4"
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert {metric["Name"] for metric in directive["Metrics"]} <= {*line}
        assert all(dimension in line for [dimension] in directive["Dimensions"])


def test_trouble_is_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = _load(monkeypatch, tmp_path)
    module.handler(json.loads((EVENTS / "get_tracks.json").read_text()), CONTEXT)
    line = json.loads(capsys.readouterr().out)
    assert (line["status"], line["Unavailable"], line["Failed"]) == (503, 1, 0)


def test_an_index_that_is_away_at_the_start_is_told_apart_and_taken_up_later(
    monkeypatch: pytest.MonkeyPatch, versions: Path
) -> None:
    (versions / "search_index").rename(versions / "away")
    module = _load(monkeypatch, versions)
    event = json.loads((EVENTS / "get_tracks.json").read_text())
    answer = module.handler(event, CONTEXT)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]
    assert json.loads(body)["title"] == "The index does not answer"
    (versions / "away").rename(versions / "search_index")
    monkeypatch.setattr(module._releases, "_next", 0)
    assert module.handler(event, CONTEXT)["statusCode"] == 200
