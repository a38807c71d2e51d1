"""What is secret stays secret: nothing in the store, Dagster's history or any output shows it."""

import dagster as dg
import pytest
from pydantic import ValidationError

from algorhythms_assets.contracts import AUDIO_FEATURES
from algorhythms_assets.features.assets import audio_features
from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import FeatureSettings, Settings
from algorhythms_assets_tests.features.conftest import made, metadata, run_payload, snapshot_of, track_ids
from algorhythms_assets_tests.services import features_server as service

URIS = [f"spotify:track:{track}" for track in track_ids(120)]
KEY = "sesame-open-up"
SECRETS = (KEY, service.CLIENT_ID, service.CLIENT_SECRET, "secret-token", "Bearer", "Basic")


def found_in(text):
    return [secret for secret in SECRETS if secret in text]


def files_with_secrets(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert paths
    return [path for path in paths if any(secret.encode() in path.read_bytes() for secret in SECRETS)]


@pytest.fixture
def keyed():
    with service.FeaturesServer(header=("X-Api-Key", KEY)) as server:
        yield server


@pytest.fixture
def spotify(server):
    server.needs_token = True
    return server


def spotify_settings(server):
    return {
        "SPOTIFY_URL": server.url,
        "TOKEN_URL": server.token_url,
        "CLIENT_ID": service.CLIENT_ID,
        "CLIENT_SECRET": service.CLIENT_SECRET,
    }


def materialized(monkeypatch, tmp_path, source, settings):
    """Materializes the asset as Dagster does, its history beside the store."""
    for name, value in settings.items():
        monkeypatch.setenv(f"ALGORHYTHMS_FEATURES_{name}", value)
    store = snapshot_of(tmp_path / "store", URIS)
    chosen = Settings(features=source, store=store.root)
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        return dg.materialize(
            [audio_features],
            resources={"compute": LocalCompute(store, "duckdb"), "settings": chosen},
            instance=instance,
            raise_on_error=False,
        )


def test_a_drop_in_with_faults_on_a_terminal(tmp_path, keyed):
    keyed.faults += [service.status(500), service.truncated]
    done = run_payload(snapshot_of(tmp_path, URIS), keyed.url, HEADERS=f'{{"X-Api-Key": "{KEY}"}}')
    told = metadata(done)
    assert told["source"] == keyed.url
    assert told["requests"] == len(keyed.asked) == 4
    assert "HTTP 500; again in" in done.stderr
    assert "is no JSON" in done.stderr
    assert files_with_secrets(tmp_path) == []
    assert found_in(done.stdout + done.stderr) == []


def test_spotify_under_dagster_and_the_stamp_knows_its_address(monkeypatch, tmp_path, spotify, capfd):
    monkeypatch.setenv("ALGORHYTHMS_FEATURES_RATE", "1000")
    spotify.faults.append(service.status(401))
    result = materialized(monkeypatch, tmp_path, "spotify", spotify_settings(spotify))
    assert result.success
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["requests"].value == 5
    assert len(spotify.asked) == 3
    assert len(spotify.tokens) == 2
    stamp = snapshot_of(tmp_path / "store", URIS).require(AUDIO_FEATURES)
    assert stamp.config == {"source": "spotify", "content": None, "address": spotify.url}
    assert files_with_secrets(tmp_path) == []
    assert found_in("".join(capfd.readouterr())) == []


def test_a_failure_is_one_line_without_secrets(monkeypatch, tmp_path, spotify, capfd):
    spotify.faults.append(service.status(403))
    result = materialized(monkeypatch, tmp_path, "spotify", spotify_settings(spotify))
    [failure] = [event for event in result.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert "2024-11-27" in said
    assert "0 of 120 tracks are fetched" in said
    assert "\n" not in said
    assert files_with_secrets(tmp_path) == []
    assert found_in("".join(capfd.readouterr())) == []


def test_an_app_without_secret_is_told_what_to_set(tmp_path):
    with pytest.raises(InputError, match="ALGORHYTHMS_FEATURES_CLIENT_ID"):
        made(snapshot_of(tmp_path, URIS), "spotify")


@pytest.mark.parametrize(
    "wrong",
    [
        "sesame",
        '["sesame"]',
        '{"X-Api-Key": 3, "Other": "sesame"}',
        '{"X-Api-Key": "sesame\\nX: y"}',
        '{"X Api": "sesame"}',
        '{"X-Api-Key": "sesame é"}',
    ],
)
def test_wrong_headers_are_told_by_name_and_not_shown(monkeypatch, wrong):
    monkeypatch.setenv("ALGORHYTHMS_FEATURES_HEADERS", wrong)
    with pytest.raises(InputError, match=r"^ALGORHYTHMS_FEATURES_HEADERS: ") as raised:
        FeatureSettings.read()
    assert "sesame" not in str(raised.value)


def test_settings_show_no_secret(monkeypatch):
    monkeypatch.setenv("ALGORHYTHMS_FEATURES_HEADERS", '{"X-Api-Key": "sesame"}')
    monkeypatch.setenv("ALGORHYTHMS_FEATURES_CLIENT_SECRET", "sesame")
    settings = FeatureSettings.read()
    assert settings.headers["X-Api-Key"].get_secret_value() == "sesame"
    assert "sesame" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize("secret", ["http://me:sesame@x/v1", "https://x/v1?key=sesame", "HTTP://x/#sesame", "http://"])
def test_an_address_with_a_secret_is_refused_and_not_shown(secret, tmp_path):
    with pytest.raises(ValidationError) as raised:
        Settings(features=secret)
    assert "sesame" not in str(raised.value)
    with pytest.raises(InputError) as refused:
        made(snapshot_of(tmp_path, URIS), secret)
    assert "sesame" not in str(refused.value)


def test_an_address_has_one_form():
    assert Settings(features="HTTP://Example.org/v1/").feature_source == "http://example.org/v1"
    assert Settings(features="spotify").feature_source == "spotify"
    assert Settings(features="data/f.csv").feature_source == "data/f.csv"
