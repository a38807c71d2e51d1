"""The user's settings, from the environment; `docs/settings.md` documents each."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BeforeValidator,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from algorhythms_assets.contracts import ARTIFACTS
from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.store import InputError


def _one_of(*choices: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is not supported; choose one of: {', '.join(choices)}")
        return value

    return AfterValidator(check)


def _engine(value: str) -> str:
    if not re.fullmatch(r"duckdb|spark|yarn|local(\[[\d*, ]+\])?|(spark|k8s)://.+", value):
        raise ValueError(
            f"{value!r} is not an engine; choose duckdb, a Spark master (local[*], spark://host:7077, yarn, k8s://…), "
            "or spark for the master in Spark's own configuration"
        )
    return value


def base_url(text: str, secrets_in: str = "ALGORHYTHMS_FEATURES_HEADERS") -> str:
    """Returns the URL of a service in the canonical form that is stored, compared and shown.

    Raises:
        ValueError: it is not a URL, or contains a secret. The message does not repeat it.
    """
    try:
        url = TypeAdapter(AnyHttpUrl).validate_python(text.strip())
    except ValidationError:
        raise ValueError("not a well-formed http:// or https:// URL") from None
    if url.username or url.password or url.query or url.fragment:
        raise ValueError(
            "the URL must not contain a user, password, query or fragment, because it is stored and shown: "
            f"put credentials into {secrets_in}"
        )
    return str(url).rstrip("/")


def _index(value: str) -> str:
    if value == "embedded":
        return value
    if not is_url(value):
        raise ValueError(f"{value!r} is not an index; choose embedded, or the URL of an Elasticsearch cluster")
    return base_url(value, "DATABASE_USER and DATABASE_PASS, or DATABASE_API_KEY")


def _at_home(place: str) -> str:
    """Expands `~` to the user's home, which make and `.env` do not."""
    return str(Path(place).expanduser()) if place.startswith("~") else place


def is_url(source: str) -> bool:
    """Returns whether a feature source is the URL of a service."""
    return re.match("https?://", source.strip(), re.IGNORECASE) is not None


def _postgres_url(value: SecretStr | None) -> SecretStr | None:
    # Dagster passes it to SQLAlchemy, whose default driver is not the one that dagster-postgres installs.
    if value and not re.fullmatch(r"postgresql\+psycopg2://[^\s/]+/[^\s/]+", value.get_secret_value()):
        raise ValueError(
            "has to be postgresql+psycopg2://user:password@host:port/database, with special characters as %XX"
        )
    return value or None


class _FromEnvironment(BaseSettings):
    @classmethod
    def read(cls) -> Self:
        """Returns the settings from the environment.

        Raises:
            InputError: a setting is invalid; the message names its environment variable, but not its value.
        """
        try:
            return cls()
        except ValidationError as error:
            lines = (
                f"{cls.model_config['env_prefix']}{str(wrong['loc'][0]).upper()}: "
                f"{wrong['msg'].removeprefix('Value error, ')}"
                for wrong in error.errors()
            )
            raise InputError("\n".join(lines)) from None


class Settings(_FromEnvironment):
    """The settings, each from the environment variable ALGORHYTHMS_ plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="ALGORHYTHMS_", frozen=True, hide_input_in_errors=True)

    deployment: Annotated[str, _one_of("local", "slurm")] = Field(
        "local", description="where payloads run: local or slurm"
    )
    releases: Annotated[str, _one_of("store", "bucket")] = Field(
        "store", description="where endpoints find releases: store, or bucket for MODEL_BUCKET as well"
    )
    playlists: Annotated[str, AfterValidator(_at_home)] | None = Field(
        None, description="folder or s3:// prefix of slices; default: a generated sample"
    )
    features: str | None = Field(
        None,
        description="CSV, JSON Lines or Parquet file of audio features, http(s):// URL of a service, `spotify`, or "
        "`none`; default: those of the sample if it is used, else none",
    )
    store: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        Path("var/store"), description="folder of all artifacts"
    )
    ui_port: int = Field(3000, ge=1, le=65535, description="port of Dagster's UI on 127.0.0.1")
    index: Annotated[str, AfterValidator(_index)] = Field(
        "embedded",
        validate_default=True,
        description="where vectors are searched: embedded, or the URL of an Elasticsearch cluster",
    )
    engine: Annotated[str, AfterValidator(_engine)] = Field(
        "duckdb", description="what runs SQL and blocks: duckdb, a Spark master, or spark"
    )
    config: Annotated[Path, AfterValidator(Path.expanduser)] | None = Field(
        None, description="YAML file of what assets are configured with where a run says nothing else"
    )
    retrain_after: int = Field(
        1000, ge=1, description="number of new or changed playlists that triggers a new snapshot"
    )
    holdout: float = Field(
        0.1,
        ge=0,
        le=0.4,
        description="share of playlists for validation, and the same for test",
    )

    keep_days: int = Field(
        90, ge=1, description="days after which `prune` frees ended runs, Slurm's logs and interrupted work"
    )
    postgres_url: Annotated[SecretStr | None, AfterValidator(_postgres_url)] = Field(
        None, description="PostgreSQL for Dagster's history, instead of SQLite in the store; secret"
    )

    @field_validator("index")
    @classmethod
    def _index_that_releases_reach(cls, index: str, info: ValidationInfo) -> str:
        if index == "embedded" and info.data.get("releases") == "bucket":
            raise ValueError("releases in a bucket need the URL of an Elasticsearch cluster here")
        return index

    @field_validator("features")
    @classmethod
    def _address_without_secrets(cls, source: str | None) -> str | None:
        return base_url(source) if source and is_url(source) else source and _at_home(source)

    @property
    def in_use(self) -> dict[str, str]:
        """What artifacts are made from and with, as shown on their pages in Dagster's UI; it contains no secret."""
        return {
            "deployment": self.deployment,
            "store": str(self.store.absolute()),
            "playlists": self.slices,
            "engine": self.engine,
            "index": self.index,
            "releases": self.releases,
        }

    @property
    def sample(self) -> Path:
        """The location of the generated sample, the default for playlists and features."""
        return self.store / "sample"

    @property
    def slices(self) -> str:
        """The folder or s3:// prefix of slices."""
        return self.playlists or str(self.sample / "playlists")

    @property
    def feature_source(self) -> str:
        """The file of audio features, the URL of a service, `spotify`, or `none`."""
        if self.features is not None:
            return self.features
        return "none" if self.playlists else str(self.sample / "audio_features.csv")


def _headers(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            raise ValueError('must be a JSON object of strings, e.g. {"X-Api-Key": "…"}') from None
    if not isinstance(value, dict) or not all(isinstance(text, str | SecretStr) for text in value.values()):
        raise ValueError('must be a JSON object of strings, e.g. {"X-Api-Key": "…"}')
    for name, text in value.items():
        plain = text.get_secret_value() if isinstance(text, SecretStr) else text
        # An HTTP client would quote a value that it cannot send, in an error that ends up in a log.
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[!-~]([ -~]*[!-~])?", plain):
            raise ValueError("names and values of headers must be printable ASCII without line breaks")
    return value


Address = Annotated[str, AfterValidator(base_url)]


class FeatureSettings(_FromEnvironment):
    """How audio features are requested from services, each from ALGORHYTHMS_FEATURES_ plus its name in capitals.

    Payloads read them from their own environment, so that secrets pass neither through Dagster nor into the store.
    """

    model_config = SettingsConfigDict(env_prefix="ALGORHYTHMS_FEATURES_", frozen=True, hide_input_in_errors=True)

    headers: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_headers)] = Field(
        {}, description="JSON object of headers sent to an http(s):// source, e.g. with its API key"
    )
    client_id: SecretStr | None = Field(None, description="client id of the Spotify app, for the source `spotify`")
    client_secret: SecretStr | None = Field(None, description="client secret of the Spotify app")
    batch: int = Field(100, ge=1, le=100, description="tracks per request; Spotify accepts at most 100")
    rate: float = Field(5, gt=0, description="maximum requests per second")
    save_every: int = Field(
        10, ge=1, description="batches between two writes to disk; a killed run requests at most this many again"
    )
    timeout: float = Field(30, gt=0, description="seconds until a request times out")
    attempts: int = Field(6, ge=1, le=100, description="attempts at a batch before the run fails")
    longest_wait: float = Field(600, ge=0, description="in seconds; the run fails if a service asks for a longer wait")
    spotify_url: Address = Field("https://api.spotify.com/v1", description="base URL of Spotify's API")
    token_url: Address = Field("https://accounts.spotify.com/api/token", description="URL of Spotify's tokens")


def _webhook(url: SecretStr | None) -> SecretStr | None:
    try:
        TypeAdapter(AnyHttpUrl | None).validate_python(url and url.get_secret_value())
    except ValidationError:
        raise ValueError("not a well-formed http:// or https:// address") from None
    return url


class AlertSettings(_FromEnvironment):
    """Who is told of failures, from ALGORHYTHMS_ALERT_ plus the name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="ALGORHYTHMS_ALERT_", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    url: Annotated[SecretStr | None, AfterValidator(_webhook)] = Field(
        None, description="webhook that is told of failed runs and checks; whoever knows it can post there"
    )


def _requests(value: Any) -> Any:
    """Returns the overridden requests by asset, each field validated as in `Request`."""
    example = 'e.g. {"gcn_weights": {"gpus": 1, "partition": "gpu"}}'
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            raise ValueError(f"must be a JSON object, {example}") from None
    if not isinstance(value, dict) or not all(isinstance(parts, dict) for parts in value.values()):
        raise ValueError(f"must be a JSON object with an object for each asset, {example}")
    unknown = sorted(value.keys() - ARTIFACTS.keys())
    if unknown:
        raise ValueError(f"unknown asset: {', '.join(unknown)}")
    known = [part.name for part in fields(Request)]
    for asset, parts in value.items():
        strange = sorted(parts.keys() - set(known))
        if strange:
            raise ValueError(f"{asset} cannot request {', '.join(strange)}; choose from: {', '.join(known)}")
        try:
            checked = TypeAdapter(Request).validate_python(parts)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise ValueError(f"{asset}: {wrong['loc'][0]}: {wrong['msg']}") from None
        value[asset] = {part: getattr(checked, part) for part in parts}
    return value


class SlurmSettings(_FromEnvironment):
    """Where and how jobs run in the deployment `slurm`, each from ALGORHYTHMS_SLURM_ plus its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="ALGORHYTHMS_SLURM_", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    partition: str | None = Field(None, description="partition of jobs; default: the cluster's")
    account: str | None = Field(None, description="account that jobs are charged to; default: the user's")
    run_dir: Path | None = Field(
        None, description="shared folder of job scripts and logs; default: `slurm` in the store"
    )
    memory: Annotated[str, _one_of("per-node", "per-core", "none")] = Field(
        "per-node", description="how jobs request memory: per-node (--mem), per-core (--mem-per-cpu), or none"
    )
    setup: str = Field("", description="shell commands before each payload, e.g. `module load cuda`")
    requests: Annotated[dict[str, dict[str, Any]], NoDecode, BeforeValidator(_requests)] = Field(
        {}, description="JSON object that overrides the resources that assets declare"
    )
