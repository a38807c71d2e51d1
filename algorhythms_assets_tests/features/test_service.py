"""The client against a real HTTP server: what it understands, what it retries, and what it says when it gives up."""

import base64
import json
import logging
import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from algorhythms_ask.features import FEATURES
from pydantic import SecretStr

from algorhythms_assets.features.service import ClientCredentials, FeatureApi, FixedHeaders
from algorhythms_assets.resources.http.client import PoliteClient, Politeness, ServiceError, retry_after
from algorhythms_assets_tests.features.conftest import track_ids
from algorhythms_assets_tests.services import features_server as service

LOG = logging.getLogger("test")
IDS = track_ids(60)[30:]
BATCH = f"/audio-features for 30 tracks from {IDS[0]}: "


@pytest.fixture(scope="module")
def sleeper():
    """A client that notes its pauses instead of taking them; one for all tests, since certificates load slowly."""
    slept = []
    client = PoliteClient(Politeness(rate=1e6, timeout=0.5, attempts=3, longest_wait=100), LOG, sleep=slept.append)
    yield client, slept
    client.close()


@pytest.fixture
def client(sleeper):
    return sleeper[0]


@pytest.fixture
def slept(sleeper):
    sleeper[1].clear()
    return sleeper[1]


@pytest.fixture
def api(client, server):
    return FeatureApi(client, server.url, FixedHeaders({}))


@pytest.fixture
def spotify(client, server):
    server.needs_token = True
    account = ClientCredentials(
        client, server.token_url, SecretStr(service.CLIENT_ID), SecretStr(service.CLIENT_SECRET)
    )
    return FeatureApi(client, server.url, account)


def assert_right(answer):
    assert list(answer.features) == IDS
    for track, features in answer.features.items():
        true = service.features_of(track)
        assert features == (true and {name: true[name] for name in FEATURES})
    assert None in answer.features.values()
    assert not answer.refused


def test_known_answers(api, server):
    assert_right(api.ask(IDS))
    assert server.asked == [IDS]


@pytest.mark.parametrize(
    "fault",
    [
        service.status(429),
        service.status(500),
        service.status(503, Retry_After="1"),
        service.dropped,
        service.cut,
        service.truncated,
        service.trickle,
        service.body(b""),
        service.body(b"<html>"),
        service.body(b"[" * 100_000),
        service.body(b'"' + b"x" * 5_000_000 + b'"'),
        service.body(b'{"audio_features": {}}'),
        service.answers(lambda rows: rows[:-1]),
        service.answers(lambda rows: [*rows, None]),
        service.answers(lambda rows: [*rows[:-1], rows[2]]),
        service.answers(lambda rows: [*rows[:-1], {**rows[2], "id": "x" * 22}]),
        service.answers(lambda rows: [*rows[:-1], "x"]),
        service.answers(lambda rows: [*rows[:-1], {"id": ["x"]}]),
        service.answers(lambda rows: [row and {**row, "energy": 7} for row in rows]),
    ],
)
def test_what_passes_is_retried_and_what_does_not_ends_with_one_line_naming_address_and_batch(
    api, server, slept, fault
):
    server.faults += [fault] * 2
    assert_right(api.ask(IDS))
    pauses = [pause for pause in slept if pause > 0.01]
    assert len(pauses) == 2
    assert 0.5 <= pauses[0] <= 1
    assert 1 <= pauses[1] <= 2
    server.faults += [fault] * 3
    with pytest.raises(ServiceError) as raised:
        api.ask(IDS)
    said = str(raised.value)
    assert said.startswith(f"GET {server.url}{BATCH}")
    assert said.endswith("; given up after 3 attempts.")
    assert "\n" not in said
    assert len(server.asked) == 6


def test_entries_are_matched_by_id_and_not_by_position(api, server):
    server.faults.append(service.answers(lambda rows: rows[::-1]))
    assert_right(api.ask(IDS))


@pytest.mark.parametrize("wrong", [{"energy": 1.5}, {"key": 3.5}, {"tempo": None}, {"valence": float("nan")}])
def test_impossible_features_of_a_track_are_left_out_and_the_others_stay(api, server, wrong):
    odd = next(track for track in IDS if service.features_of(track))
    server.faults.append(
        service.answers(lambda rows: [row and (row | wrong if row["id"] == odd else row) for row in rows])
    )
    answer = api.ask(IDS)
    assert list(answer.refused) == [odd]
    assert next(iter(wrong)) in answer.refused[odd]
    assert set(answer.features) == set(IDS) - {odd}


@pytest.mark.parametrize("code", [301, 400, 404, 414])
def test_a_refusal_is_not_retried(api, server, code):
    server.faults.append(service.status(code))
    with pytest.raises(ServiceError, match=f"30 tracks.*HTTP {code}: .*ALGORHYTHMS_FEATURES"):
        api.ask(IDS)
    assert len(server.asked) == 1


def test_a_service_that_is_not_there_is_told(client, slept):
    with pytest.raises(ServiceError, match=r"no connection .*given up after 3 attempts"):
        FeatureApi(client, "http://127.0.0.1:9/v1", FixedHeaders({})).ask(IDS)


def test_retry_after_is_honoured_in_seconds_and_as_a_date(api, server, slept):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    server.faults += [service.status(429, Retry_After="17"), service.status(429, Retry_After=date)]
    assert_right(api.ask(IDS))
    first, second = [pause for pause in slept if pause > 0.01]
    assert first == 17
    assert 38 <= second <= 41


def test_a_real_pause_is_as_long_as_asked_for(server):
    client = PoliteClient(Politeness(rate=1e6, timeout=5, attempts=2, longest_wait=100), LOG)
    server.faults.append(service.status(429, Retry_After="1"))
    assert_right(FeatureApi(client, server.url, FixedHeaders({})).ask(IDS))
    assert server.times[1] - server.times[0] >= 1


def test_a_pause_beyond_patience_ends_at_once(api, server, slept):
    server.faults.append(service.status(429, Retry_After="86400"))
    with pytest.raises(ServiceError, match="HTTP 429, and it asks for a pause of 86400 s, more than 100 s"):
        api.ask(IDS)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 -0000", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30),
    ],
)
def test_forms_of_retry_after(headers, seconds):
    assert retry_after(headers) == seconds


def test_no_more_requests_a_second_than_allowed(server):
    client = PoliteClient(Politeness(rate=20, timeout=5, attempts=3, longest_wait=100), LOG)
    api = FeatureApi(client, server.url, FixedHeaders({}))
    started = time.monotonic()
    for _ in range(11):
        api.ask(IDS)
    assert len(server.times) == 11
    assert 0.5 <= server.times[-1] - started < 2


def test_chosen_headers_are_sent_and_a_refusal_names_the_setting_but_not_the_value(client):
    with service.FeaturesServer(header=("X-Api-Key", "sesame")) as server:
        assert_right(FeatureApi(client, server.url, FixedHeaders({"X-Api-Key": SecretStr("sesame")})).ask(IDS))
        with pytest.raises(ServiceError, match=r"HTTP 401: .*ALGORHYTHMS_FEATURES_HEADERS") as raised:
            FeatureApi(client, server.url, FixedHeaders({"X-Api-Key": SecretStr("wrong-word")})).ask(IDS)
        assert "wrong-word" not in str(raised.value)


def test_an_expired_token_is_renewed_once(spotify, server):
    assert_right(spotify.ask(IDS))
    server.expire_tokens()
    assert_right(spotify.ask(IDS))
    assert len(server.asked) == 3
    assert len(server.tokens) == 2
    server.faults += [service.status(401)] * 2
    with pytest.raises(ServiceError, match="HTTP 401: Spotify rejects a new token"):
        spotify.ask(IDS)
    assert len(server.asked) == 5


def test_a_closed_endpoint_says_what_to_do_instead(spotify, server):
    server.faults.append(service.status(403))
    with pytest.raises(ServiceError, match=r"2024-11-27.*CSV or Parquet.*http\(s\)://.*none"):
        spotify.ask(IDS)
    assert len(server.asked) == 1


def test_a_refused_secret_names_the_settings(client, server):
    account = ClientCredentials(client, server.token_url, SecretStr(service.CLIENT_ID), SecretStr("mistyped"))
    with pytest.raises(ServiceError, match=r"api/token: HTTP 400\. .*CLIENT_SECRET") as raised:
        FeatureApi(client, server.url, account).ask(IDS)
    assert "mistyped" not in str(raised.value)
    assert server.asked == []


@pytest.fixture
def reccobeats():
    with service.ReccoBeats() as running:
        yield running


def assert_right_of_reccobeats(answer, ids=IDS):
    assert list(answer.features) == ids
    for track, features in answer.features.items():
        true = service.known_to_reccobeats(track)
        if true is None:
            assert features is None
            continue
        assert {name for name, value in features.items() if math.isnan(value)} == set(service.UNKNOWN)
        assert {name: features[name] for name in FEATURES if name in true}.items() <= true.items()
    assert None in answer.features.values()
    assert not answer.refused


def test_answers_in_reccobeats_schema(client, reccobeats):
    assert_right_of_reccobeats(FeatureApi(client, reccobeats.url, FixedHeaders({})).ask(IDS))


def test_a_batch_that_is_too_large_for_reccobeats_is_told_in_its_words(client, reccobeats):
    ids = track_ids(41)
    with pytest.raises(ServiceError) as raised:
        FeatureApi(client, reccobeats.url, FixedHeaders({})).ask(ids)
    said = str(raised.value)
    assert "HTTP 400: the service rejects this request. Does it accept 41 tracks at a time" in said
    assert "ALGORHYTHMS_FEATURES_BATCH" in said
    assert said.endswith('It says: "ids: size must be between 1 and 40, so ask for at most 40 ids at a time"')
    assert len(reccobeats.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        service.body(b'{"content": {}}'),
        service.content(lambda rows: [*rows, {**rows[0], "href": f"https://open.spotify.com/track/{'x' * 22}"}]),
        service.content(lambda rows: [*rows, {**rows[0], "href": None}]),
        service.content(lambda rows: [*rows, {**rows[0], "href": "https://open.spotify.com/album/x"}]),
        service.content(lambda rows: [*rows, "x"]),
        service.content(lambda rows: [row | {"energy": 7} for row in rows]),
    ],
)
def test_what_is_not_in_reccobeats_schema_is_retried(client, reccobeats, slept, fault):
    reccobeats.faults.append(fault)
    assert_right_of_reccobeats(FeatureApi(client, reccobeats.url, FixedHeaders({})).ask(IDS))
    assert len(reccobeats.asked) == 2


def test_what_reccobeats_lacks_is_missing_what_is_impossible_is_refused_and_the_first_of_a_track_counts(
    client, reccobeats
):
    odd, poor, bare = [track for track in IDS if service.features_of(track)][:3]
    change = {odd: {"energy": 7}, poor: {"key": None}, bare: dict.fromkeys(FEATURES)}
    link = "https://open.spotify.com/track/"
    reccobeats.faults.append(
        service.content(
            lambda rows: [
                changed
                for row in rows
                for changed in (row | change.get(row["href"].removeprefix(link), {}), row | {"tempo": 1})
            ]
        )
    )
    answer = FeatureApi(client, reccobeats.url, FixedHeaders({})).ask(IDS)
    assert list(answer.refused) == [odd]
    assert math.isnan(answer.features[poor]["key"])
    assert answer.features[poor]["tempo"] == service.features_of(poor)["tempo"]
    assert answer.features[bare] is None


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (b'{"error": "at most 40 ids"}', "application/json", "at most 40 ids"),
        (b'{"error": {"status": 400, "message": "invalid id"}}', "application/json", "invalid id"),
        (b'{"error": "Bad Request", "message": "ids: too many"}', "application/json", "ids: too many"),
        (b'{"title": "Bad Request", "detail": "too many"}', "application/problem+json", "too many"),
        (b'{"errors": [{"message": "first"}, {"message": "second"}]}', "application/json", "first"),
        (b'{"message": "two\\nlines\\u0007 \\u202e and more"}', "application/json", "two lines and more"),
        (b'"plainly"', "application/json", "plainly"),
        (b"too many\r\nids", "text/plain; charset=utf-8", "too many ids"),
        (b'{"error": "' + b"x" * 5000 + b'"}', "application/json", "x" * 200 + "…"),
    ],
)
def test_a_services_own_words_are_shown_in_one_short_line(api, server, body, content_type, shown):
    server.faults.append(service.body(body, 400, content_type))
    with pytest.raises(ServiceError) as raised:
        api.ask(IDS)
    assert str(raised.value).endswith(f'It says: "{shown}"')


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>no</html>", b"{", b"[]", b"{}", b"[" * 100_000, b'{"error": {"code": 3}}', b'{"error": ""}', b"\xff"],
)
def test_where_a_service_says_nothing_nothing_is_shown(api, server, body):
    server.faults.append(service.body(body, 400, "text/html"))
    with pytest.raises(ServiceError) as raised:
        api.ask(IDS)
    assert "It says" not in str(raised.value)


def test_what_a_service_says_when_it_is_busy_is_shown_in_the_end(api, server, slept):
    server.faults += [service.status(503)] * 3
    with pytest.raises(ServiceError, match=r'HTTP 503 \("as told"\); given up after 3 attempts\.$'):
        api.ask(IDS)
    server.faults.append(service.status(429, Retry_After="86400"))
    with pytest.raises(ServiceError, match=r'more than 100 s\. It says: "as told"$'):
        api.ask(IDS)


@pytest.mark.parametrize(
    "repeated", ["Bearer sesame-open-up", "SESAME-OPEN-UP", "sesame-open-up", "sesame-\x00open-up"]
)
def test_a_secret_that_a_service_repeats_is_blotted_out(client, server, repeated):
    text = json.dumps({"error": f"the key {repeated} is not known, {'x' * 190} {repeated}"}).encode()
    server.faults += [service.body(text, code) for code in (400, 401, 500, 500, 500)]
    api = FeatureApi(client, server.url, FixedHeaders({"Authorization": SecretStr("Bearer sesame-open-up")}))
    for _ in range(3):
        with pytest.raises(ServiceError, match="the key") as raised:
            api.ask(IDS)
        assert "open-up" not in str(raised.value).casefold().replace(" ", "")


def test_credentials_that_spotify_repeats_are_blotted_out(client, server):
    account = ClientCredentials(client, server.token_url, SecretStr(service.CLIENT_ID), SecretStr("mis-typed"))
    basic = base64.b64encode(f"{service.CLIENT_ID}:mis-typed".encode()).decode()
    server.token_fault = {"error": "invalid_client", "error_description": f"mis-typed of {service.CLIENT_ID}: {basic}"}
    with pytest.raises(ServiceError, match=r'It says: "\*\*\* of \*\*\*: \*\*\*"$'):
        FeatureApi(client, server.url, account).ask(IDS)
