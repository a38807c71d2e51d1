"""Features of a snapshot from a service: what is asked for, kept and told, also by runs that were killed."""

import logging
import os
import signal
import subprocess
import time

import pyarrow.parquet as pq
import pytest
from algorhythms_ask.features import FEATURES

from algorhythms_assets.contracts import AUDIO_FEATURES, AUDIO_FEATURES_SCHEMA
from algorhythms_assets.features.cache import FOLDER, FeatureCache
from algorhythms_assets.resources.store import InputError
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.features.conftest import (
    command,
    environment,
    made,
    metadata,
    run_payload,
    snapshot_of,
    track_ids,
)
from algorhythms_assets_tests.services import features_server as service

IDS = track_ids(230)
URIS = [f"spotify:track:{track}" for track in IDS]
HAVE = sorted(f"spotify:track:{track}" for track in IDS if service.features_of(track))


@pytest.fixture(autouse=True)
def _manners(monkeypatch, request):
    if "real_plot" not in request.fixturenames:
        # A second each, and one test looks at it.
        monkeypatch.setattr("algorhythms_assets.features.audio_features._plotted", lambda _: {})
    for name, value in {"RATE": "10000", "BATCH": "50", "SAVE_EVERY": "2", "ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"ALGORHYTHMS_FEATURES_{name}", value)


@pytest.fixture
def real_plot():
    """For the test that looks at it."""


def rows(store):
    return pq.read_table(store.path(AUDIO_FEATURES))


def test_the_features_of_a_snapshot_and_no_request_when_it_is_made_again(tmp_path, server, real_plot):
    store = snapshot_of(tmp_path, [*URIS, "local:track:1", "spotify:track:short"])
    told = made(store, server.url)
    table = rows(store)
    assert table.schema.equals(AUDIO_FEATURES_SCHEMA)
    assert table["track_uri"].to_pylist() == HAVE
    for row in table.to_pylist():
        true = service.features_of(row["track_uri"].removeprefix("spotify:track:"))
        assert {name: row[name] for name in FEATURES} == pytest.approx({name: true[name] for name in FEATURES})
    assert sorted(track for batch in server.asked for track in batch) == sorted(IDS)
    assert [len(batch) for batch in server.asked] == [50, 50, 50, 50, 30]
    assert (told["tracks asked for now"], told["requests"], told["dagster/row_count"]) == (230, 5, len(HAVE))
    assert told["share of tracks"] == round(len(HAVE) / 232, 4)
    assert told["distributions"]["raw_value"].startswith("![distributions](data:image/png;base64,")
    again = made(store, server.url)
    assert (again["tracks asked for now"], again["requests"]) == (0, 0)
    assert rows(store).equals(table)
    assert len(server.asked) == 5


def test_a_new_snapshot_asks_only_for_new_tracks(tmp_path, server):
    made(snapshot_of(tmp_path, URIS[:180]), server.url)
    before = len(server.asked)
    store = snapshot_of(tmp_path, URIS[100:], "another")
    assert made(store, server.url)["tracks asked for now"] == 50
    assert sorted(track for batch in server.asked[before:] for track in batch) == sorted(IDS[180:])
    assert rows(store)["track_uri"].to_pylist() == sorted(set(HAVE) & set(URIS[100:]))


def test_another_address_is_another_source(tmp_path, server):
    store = snapshot_of(tmp_path, URIS[:10])
    made(store, server.url)
    stamp = store.require(AUDIO_FEATURES)
    with service.FeaturesServer() as other:
        made(store, other.url)
        assert len(other.asked) == 1
    assert store.require(AUDIO_FEATURES).data_version != stamp.data_version
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_a_failed_run_keeps_what_it_has_says_how_much_and_goes_on(tmp_path, server):
    store = snapshot_of(tmp_path, URIS)

    def fail_at_the_fourth(handler, ids):
        handler.service.faults.clear()
        service.status(500)(handler, ids)

    good = service.answers(lambda rows: rows)
    server.faults += [good, good, good, fail_at_the_fourth]
    with pytest.raises(InputError) as raised:
        made(store, server.url)
    said = str(raised.value)
    assert f"{server.url}/audio-features for 50 tracks from " in said
    assert "HTTP 500" in said
    assert "150 of 230 tracks are fetched and kept in" in said
    assert not store.path(AUDIO_FEATURES).exists()
    assert made(store, server.url)["tracks asked for now"] == 80
    assert len(server.asked) == 6
    assert rows(store)["track_uri"].to_pylist() == HAVE


def test_impossible_features_are_left_out_and_asked_for_again(tmp_path, server, caplog):
    store = snapshot_of(tmp_path, URIS[:10])
    odd = next(uri for uri in URIS[:10] if uri in HAVE)
    server.faults.append(
        service.answers(lambda rows: [row and row | ({"tempo": -1} if row["uri"] == odd else {}) for row in rows])
    )
    assert made(store, server.url)["rows refused"] == 1
    assert f"skipped the features of {odd.removeprefix('spotify:track:')}: tempo must be" in caplog.text
    assert odd not in rows(store)["track_uri"].to_pylist()
    assert made(store, server.url)["tracks asked for now"] == 1
    assert odd in rows(store)["track_uri"].to_pylist()


def test_a_damaged_part_of_the_cache_is_fetched_again(tmp_path, server, caplog):
    store = snapshot_of(tmp_path, URIS)
    made(store, server.url)
    first, *_ = sorted((tmp_path / FOLDER).glob("*/part-*.parquet"))
    first.write_bytes(first.read_bytes()[:100])
    assert made(store, server.url)["tracks asked for now"] == 100
    assert "its tracks are requested again" in caplog.text
    assert rows(store)["track_uri"].to_pylist() == HAVE


def test_what_killed_runs_left_is_removed_when_it_is_old(tmp_path, server):
    store = snapshot_of(tmp_path, URIS[:5])
    made(store, server.url)
    [folder] = (tmp_path / FOLDER).iterdir()
    old, young = folder / ".part-1.parquet.1.tmp", folder / ".part-2.parquet.2.tmp"
    for path in (old, young):
        path.touch()
    os.utime(old, (0, 0))
    assert len(FeatureCache(store, server.url, logging.getLogger("test")).read()) == 5
    assert not old.exists()
    assert young.exists()


def test_killed_twice_and_resumed_asks_for_hardly_more_than_needed(tmp_path, server):
    """Needed are 40 requests; each kill may cost what was not yet on disk: two batches and the one under way."""
    uris = [f"spotify:track:{track}" for track in track_ids(2000)]
    store = snapshot_of(tmp_path, uris)
    server.delay = 0.02
    manners = {"BATCH": 50, "SAVE_EVERY": 2}
    for until in (13, 29):
        process = subprocess.Popen(
            command(store, server.url), env=environment(**manners), cwd=ROOT, stderr=subprocess.DEVNULL
        )
        while len(server.asked) < until:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not store.path(AUDIO_FEATURES).exists()
    told = metadata(run_payload(store, server.url, **manners))
    assert 40 <= len(server.asked) <= 40 + 2 * 3
    assert told["requests"] <= 40 - 10 - 14
    assert rows(store)["track_uri"].to_pylist() == sorted(
        uri for uri in uris if service.features_of(uri.removeprefix("spotify:track:"))
    )


def test_progress_is_told_with_rate_and_time_left(tmp_path, server, monkeypatch, caplog):
    monkeypatch.setattr("algorhythms_assets.payload._PROGRESS_SECONDS", 0)
    with caplog.at_level(logging.INFO):
        made(snapshot_of(tmp_path, URIS), server.url)
    assert "0 of 230 tracks are in the cache; requesting 230" in caplog.text
    assert "3 of 5 batches of 50 tracks, " in caplog.text
    assert " s left" in caplog.text


def test_features_that_a_service_does_not_know_are_null_said_once_and_asked_for_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ALGORHYTHMS_FEATURES_BATCH", "40")
    store = snapshot_of(tmp_path, URIS)
    with service.ReccoBeats() as server:
        told = made(store, server.url)
        again = made(store, server.url)
        assert len(server.asked) == 6
    for about in (told, again):
        assert about["features missing"] == ", ".join(service.UNKNOWN)
    assert caplog.text.count("does not provide duration_ms, time_signature: the model does without") == 2
    table = rows(store)
    assert table["track_uri"].to_pylist() == HAVE
    assert {name for name in FEATURES if table[name].null_count} == set(service.UNKNOWN)
    for row in table.to_pylist():
        true = service.known_to_reccobeats(row["track_uri"].removeprefix("spotify:track:"))
        assert row["tempo"] == pytest.approx(true["tempo"])


def test_a_batch_that_is_too_large_is_told_in_the_services_words(tmp_path):
    with service.ReccoBeats() as server, pytest.raises(InputError) as raised:
        made(snapshot_of(tmp_path, URIS), server.url)
    assert 'It says: "ids: size must be between 1 and 40' in str(raised.value)
    assert "ALGORHYTHMS_FEATURES_BATCH" in str(raised.value)
