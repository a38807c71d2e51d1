"""Requests the features of a batch of tracks from a service: `GET /audio-features?ids=`, as Spotify and ReccoBeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr

from algorhythms_assets.features.answers import Answer, reader
from algorhythms_assets.resources.http.client import PoliteClient, RefusedError, ServiceError, WrongAnswerError

CLOSED = (
    "HTTP 403: Spotify has closed audio features to new apps since 2024-11-27. Set ALGORHYTHMS_FEATURES to a CSV or "
    "Parquet file, to the http(s):// address of another service, or to none."
)


class Account(Protocol):
    """Credentials: gives the headers of a request, and explains refusals."""

    def headers(self) -> dict[str, str]:
        """Returns the headers to send."""

    def renew(self) -> bool:
        """Renews the headers after a 401; returns whether it could."""

    def refusal(self, status: int) -> str | None:
        """Returns what a refusal means and what to do, or None if it is not about credentials."""


@dataclass(frozen=True)
class FixedHeaders:
    """The headers that the user configured, for a drop-in replacement of Spotify's API."""

    chosen: Mapping[str, SecretStr]

    def headers(self) -> dict[str, str]:
        """Returns the headers to send."""
        return {name: value.get_secret_value() for name, value in self.chosen.items()}

    def renew(self) -> bool:
        """Cannot."""
        return False

    def refusal(self, status: int) -> str | None:
        """Returns what a refusal means."""
        if status in (401, 403):
            return f"HTTP {status}: access denied. Set the service's credentials in ALGORHYTHMS_FEATURES_HEADERS."
        return None


class ClientCredentials:
    """A Spotify app: its id and secret are exchanged for a token, which is renewed when it expires."""

    def __init__(self, client: PoliteClient, token_url: str, client_id: SecretStr, client_secret: SecretStr) -> None:
        self._client = client
        self._url = token_url
        self._id = client_id
        self._secret = client_secret
        self._token: SecretStr | None = None

    def headers(self) -> dict[str, str]:
        """Returns the headers to send."""
        self._token = self._token or self._new_token()
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    def renew(self) -> bool:
        """Makes the next request get a new token first."""
        self._token = None
        return True

    def refusal(self, status: int) -> str | None:
        """Returns what a refusal means."""
        if status == 403:
            return CLOSED
        return "HTTP 401: Spotify rejects a new token." if status == 401 else None

    def _new_token(self) -> SecretStr:
        try:
            return self._client.json(
                f"POST {self._url}",
                _token,
                "POST",
                self._url,
                data={"grant_type": "client_credentials"},
                auth=(self._id.get_secret_value(), self._secret.get_secret_value()),
            )
        except RefusedError as error:
            raise ServiceError(
                f"POST {self._url}: {error}. Spotify refuses this app a token: check "
                f"ALGORHYTHMS_FEATURES_CLIENT_ID and ALGORHYTHMS_FEATURES_CLIENT_SECRET.{_words(error)}"
            ) from None


class FeatureApi:
    """Spotify's API, or one with the same interface, under a base URL."""

    def __init__(self, client: PoliteClient, url: str, account: Account) -> None:
        self._client = client
        self._url = f"{url}/audio-features"
        self._account = account

    def ask(self, ids: Sequence[str]) -> Answer:
        """Returns what the service knows about the tracks with these bare ids.

        Raises:
            ServiceError: the request failed; the message names the URL and the batch.
        """
        what = f"GET {self._url} for {len(ids)} tracks from {ids[0]}"
        try:
            try:
                return self._request(what, ids)
            except RefusedError as error:
                # Tokens last an hour; fetching a large snapshot takes longer.
                if error.status != 401 or not self._account.renew():
                    raise
                return self._request(what, ids)
        except RefusedError as error:
            meaning = self._account.refusal(error.status) or _refusal(error.status, len(ids))
            raise ServiceError(f"{what}: {meaning}{_words(error)}") from None

    def _request(self, what: str, ids: Sequence[str]) -> Answer:
        headers = self._account.headers()
        return self._client.json(what, reader(ids), "GET", self._url, params={"ids": ",".join(ids)}, headers=headers)


def _token(content: Any) -> SecretStr:
    token = content.get("access_token") if isinstance(content, dict) else None
    # The HTTP client's error would quote a token that cannot be sent.
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise WrongAnswerError('the answer has no "access_token"')
    return SecretStr(token)


def _words(error: RefusedError) -> str:
    return f' It says: "{error.words}"' if error.words else ""


def _refusal(status: int, tracks: int) -> str:
    if status == 400:
        return (
            f"HTTP 400: the service rejects this request. Does it accept {tracks} tracks at a time (set by "
            "ALGORHYTHMS_FEATURES_BATCH), and is the base URL in ALGORHYTHMS_FEATURES right?"
        )
    if status in (413, 414):
        return f"HTTP {status}: too many tracks at a time; lower ALGORHYTHMS_FEATURES_BATCH."
    if 300 <= status < 400:
        return f"HTTP {status}: redirected; set ALGORHYTHMS_FEATURES to the target of the redirect."
    return f"HTTP {status}: unknown request; is the base URL in ALGORHYTHMS_FEATURES right?"
