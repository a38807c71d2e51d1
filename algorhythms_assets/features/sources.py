"""Sources of audio features: one interface, and the implementations that `ALGORHYTHMS_FEATURES` chooses from."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from algorhythms_ask.features import FEATURES

from algorhythms_assets.features.cache import FeatureCache
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.features.fetching import fetch
from algorhythms_assets.features.files import read_features
from algorhythms_assets.features.service import Account, ClientCredentials, FeatureApi, FixedHeaders
from algorhythms_assets.payload import Work
from algorhythms_assets.resources.http.client import PoliteClient, Politeness
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import FeatureSettings, base_url, is_url


@dataclass(frozen=True)
class Found:
    """Valid features by track URI, NaN where one is missing; the number of invalid ones; and figures to report."""

    features: pd.DataFrame
    refused: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class FeatureSource(Protocol):
    """Knows the audio features of tracks."""

    def find(self, uris: Sequence[str]) -> Found:
        """Returns the features of all these tracks that have any; features of other tracks may be included.

        Raises:
            InputError: the source cannot be read.
        """


class NoSource:
    """No features: the model works without them."""

    def find(self, uris: Sequence[str]) -> Found:  # noqa: ARG002
        """Returns no features."""
        return Found(pd.DataFrame(columns=list(FEATURES)))


@dataclass(frozen=True)
class FileSource:
    """A file of features, as `files` reads them."""

    path: Path

    def find(self, uris: Sequence[str]) -> Found:
        """Returns all features of the file."""
        read = read_features(self.path, known=uris)
        told: dict[str, Any] = {"rows that repeat a track": read.repeated}
        if read.missing:
            told["features missing"] = ", ".join(read.missing)
        return Found(read.features, read.refused, told, read.warnings)


@dataclass(frozen=True)
class DropInSource:
    """A drop-in replacement for Spotify's service, under another URL."""

    work: Work[Any]
    settings: FeatureSettings
    url: str

    def find(self, uris: Sequence[str]) -> Found:
        """Returns the features of the tracks, fetched now or by earlier runs."""
        with closing(_client(self.work, self.settings)) as client:
            return _fetched(self.work, self.settings, client, self.url, FixedHeaders(self.settings.headers), uris)


@dataclass(frozen=True)
class SpotifySource:
    """Spotify's own API, for apps made before it was closed."""

    work: Work[Any]
    settings: FeatureSettings

    def find(self, uris: Sequence[str]) -> Found:
        """Returns the features of the tracks, fetched now or by earlier runs."""
        client_id, client_secret = self.settings.client_id, self.settings.client_secret
        if not client_id or not client_secret:
            raise InputError(
                "the source spotify needs ALGORHYTHMS_FEATURES_CLIENT_ID and ALGORHYTHMS_FEATURES_CLIENT_SECRET "
                "of an app made before 2024-11-28"
            )
        self.work.log.warning(
            "Spotify's developer terms forbid training models on its content: continue only if you have the right to"
        )
        with closing(_client(self.work, self.settings)) as client:
            account = ClientCredentials(client, self.settings.token_url, client_id, client_secret)
            return _fetched(self.work, self.settings, client, self.settings.spotify_url, account, uris)


def open_source(work: Work[AudioFeaturesConfig]) -> FeatureSource:
    """Returns the source that the config names; secrets and request limits come from the environment.

    Raises:
        InputError: a setting is invalid.
    """
    source = work.config.source
    if source == "none":
        return NoSource()
    if source == "spotify":
        return SpotifySource(work, FeatureSettings.read())
    if is_url(source):
        try:
            return DropInSource(work, FeatureSettings.read(), base_url(source))
        except ValueError as error:
            raise InputError(f"source: {error}") from None
    return FileSource(Path(source))


def _client(work: Work[Any], settings: FeatureSettings) -> PoliteClient:
    manners = Politeness(settings.rate, settings.timeout, settings.attempts, settings.longest_wait)
    return PoliteClient(manners, work.log)


def _fetched(
    work: Work[Any],
    settings: FeatureSettings,
    client: PoliteClient,
    url: str,
    account: Account,
    uris: Sequence[str],
) -> Found:
    api, cache = FeatureApi(client, url, account), FeatureCache(work.store, url, work.log)
    fetched = fetch(work, api, cache, uris, settings.batch, settings.save_every)
    told: dict[str, Any] = {"tracks asked for now": fetched.asked, "requests": client.requests}
    missing = [name for name in FEATURES if not fetched.features[name].notna().any()]
    if len(fetched.features) and missing:
        told["features missing"] = ", ".join(missing)
    warnings = []
    if "features missing" in told:
        warnings = [f"{url} does not provide {told['features missing']}: the model does without"]
    return Found(fetched.features, fetched.refused, told, warnings)
