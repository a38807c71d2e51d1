"""What the user chooses, from the environment; `docs/settings.md` documents each."""

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
            raise ValueError(f"{value!r} is not known to this version, which knows: {', '.join(choices)}")
        return value

    return AfterValidator(check)


def _engine(value: str) -> str:
    if not re.fullmatch(r"duckdb|spark|yarn|local(\[[\d*, ]+\])?|(spark|k8s)://.+", value):
        raise ValueError(
            f"{value!r} is no engine; there are duckdb, Spark masters (local[*], spark://host:7077, yarn, k8s://…), "
            "and spark, for the master that Spark's own configuration names"
        )
    return value


def base_url(text: str, secrets_in: str = "ALGORHYTHMS_FEATURES_HEADERS") -> str:
    """Returns the address of a service in the one form that is stored, compared and shown.

    Raises:
        ValueError: it is no address, or has a secret in it. The message does not repeat it.
    """
    try:
        url = TypeAdapter(AnyHttpUrl).validate_python(text.strip())
    except ValidationError:
        raise ValueError("not a well-formed http:// or https:// address") from None
    if url.username or url.password or url.query or url.fragment:
        raise ValueError(
            "the address must hold no user, password, query or fragment, since it is stored and shown: "
            f"put credentials into {secrets_in}"
        )
    return str(url).rstrip("/")


def _index(value: str) -> str:
    if value == "embedded":
        return value
    if not is_url(value):
        raise ValueError(f"{value!r} is no index; there are embedded, and the address of an Elasticsearch cluster")
    return base_url(value, "DATABASE_USER and DATABASE_PASS, or DATABASE_API_KEY")


def _at_home(place: str) -> str:
    """Returns a place with `~` as the user's home, which make and `.env` leave as it is."""
    return str(Path(place).expanduser()) if place.startswith("~") else place


def is_url(source: str) -> bool:
    """Tells whether a feature source is the address of a service."""
    return re.match("https?://", source.strip(), re.IGNORECASE) is not None


class _FromEnvironment(BaseSettings):
    @classmethod
    def read(cls) -> Self:
        """Returns the settings of the environment.

        Raises:
            InputError: one is not valid; the message names its environment variable and not its value.
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
        "local", description="where payloads run: local, or slurm"
    )
    releases: Annotated[str, _one_of("store", "bucket")] = Field(
        "store", description="where endpoints find releases: in the store, or in the bucket MODEL_BUCKET, too"
    )
    playlists: Annotated[str, AfterValidator(_at_home)] | None = Field(
        None, description="folder or s3:// prefix of slices; else a generated sample"
    )
    features: str | None = Field(
        None,
        description="CSV, JSON lines or Parquet file of audio features, http(s):// address of a service, `spotify`, or "
        "`none`; without it the sample's, else none",
    )
    store: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        Path("var/store"), description="folder of all artifacts"
    )
    ui_port: int = Field(3000, ge=1, le=65535, description="port of Dagster's UI on 127.0.0.1")
    index: Annotated[str, AfterValidator(_index)] = Field(
        "embedded",
        validate_default=True,
        description="where vectors are searched: embedded, or the address of an Elasticsearch cluster",
    )
    engine: Annotated[str, AfterValidator(_engine)] = Field(
        "duckdb", description="what runs SQL and blocks: duckdb, a Spark master, or spark"
    )
    retrain_after: int = Field(1000, ge=1, description="so many new or changed playlists make a new snapshot")
    holdout: float = Field(
        0.1,
        ge=0,
        le=0.4,
        description="share of playlists for validation, and the same for test",
    )

    @field_validator("index")
    @classmethod
    def _index_that_releases_reach(cls, index: str, info: ValidationInfo) -> str:
        if index == "embedded" and info.data.get("releases") == "bucket":
            raise ValueError("releases in a bucket want the address of an Elasticsearch cluster here")
        return index

    @field_validator("features")
    @classmethod
    def _address_without_secrets(cls, source: str | None) -> str | None:
        return base_url(source) if source and is_url(source) else source and _at_home(source)

    @property
    def sample(self) -> Path:
        """Where the generated sample lies, which stands in for playlists and features that are not named."""
        return self.store / "sample"

    @property
    def slices(self) -> str:
        """The folder or s3:// prefix of slices."""
        return self.playlists or str(self.sample / "playlists")

    @property
    def feature_source(self) -> str:
        """The file of audio features, the address of a service, `spotify`, or `none`."""
        if self.features is not None:
            return self.features
        return "none" if self.playlists else str(self.sample / "audio_features.csv")


def _headers(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            raise ValueError('has to be a JSON object of texts, e.g. {"X-Api-Key": "…"}') from None
    if not isinstance(value, dict) or not all(isinstance(text, str | SecretStr) for text in value.values()):
        raise ValueError('has to be a JSON object of texts, e.g. {"X-Api-Key": "…"}')
    for name, text in value.items():
        plain = text.get_secret_value() if isinstance(text, SecretStr) else text
        # An HTTP client would quote what it cannot send, in an error that ends up in a log.
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[!-~]([ -~]*[!-~])?", plain):
            raise ValueError("names and values of headers have to be printable ASCII without line breaks")
    return value


Address = Annotated[str, AfterValidator(base_url)]


class FeatureSettings(_FromEnvironment):
    """How services are asked for audio features, each from ALGORHYTHMS_FEATURES_ plus its name in capitals.

    Payloads read them from their own environment, so that secrets pass neither through Dagster nor into the store.
    """

    model_config = SettingsConfigDict(env_prefix="ALGORHYTHMS_FEATURES_", frozen=True, hide_input_in_errors=True)

    headers: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_headers)] = Field(
        {}, description="JSON object of headers sent to an http(s):// source, e.g. with its API key"
    )
    client_id: SecretStr | None = Field(None, description="client id of the Spotify app, for the source `spotify`")
    client_secret: SecretStr | None = Field(None, description="client secret of the Spotify app")
    batch: int = Field(100, ge=1, le=100, description="tracks a request; Spotify takes at most 100")
    rate: float = Field(5, gt=0, description="requests a second at most")
    save_every: int = Field(10, ge=1, description="batches between two writes to disk: what a killed run asks again")
    timeout: float = Field(30, gt=0, description="seconds until a request counts as failed")
    attempts: int = Field(6, ge=1, le=100, description="tries of a batch until the run fails")
    longest_wait: float = Field(600, ge=0, description="seconds; a service that asks for a longer wait fails the run")
    spotify_url: Address = Field("https://api.spotify.com/v1", description="base address of Spotify's API")
    token_url: Address = Field("https://accounts.spotify.com/api/token", description="where Spotify gives tokens")


def _requests(value: Any) -> Any:
    """Returns what is to be requested instead, by asset, with every part as `Request` knows it."""
    example = 'e.g. {"gcn_weights": {"gpus": 1, "partition": "gpu"}}'
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            raise ValueError(f"has to be a JSON object, {example}") from None
    if not isinstance(value, dict) or not all(isinstance(parts, dict) for parts in value.values()):
        raise ValueError(f"has to be a JSON object of an object for each asset, {example}")
    unknown = sorted(value.keys() - ARTIFACTS.keys())
    if unknown:
        raise ValueError(f"there is no asset {', '.join(unknown)}")
    known = [part.name for part in fields(Request)]
    for asset, parts in value.items():
        strange = sorted(parts.keys() - set(known))
        if strange:
            raise ValueError(f"{asset} cannot request {', '.join(strange)}, but: {', '.join(known)}")
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

    partition: str | None = Field(None, description="partition of jobs; else the cluster's default")
    account: str | None = Field(None, description="account that jobs are charged to; else the user's default")
    run_dir: Path | None = Field(None, description="shared folder of job scripts and logs; else `slurm` in the store")
    memory: Annotated[str, _one_of("per-node", "per-core", "none")] = Field(
        "per-node", description="how jobs ask for memory: per-node (--mem), per-core (--mem-per-cpu), or none"
    )
    setup: str = Field("", description="lines of shell before each payload, e.g. `module load cuda`")
    requests: Annotated[dict[str, dict[str, Any]], NoDecode, BeforeValidator(_requests)] = Field(
        {}, description="JSON object of what assets request instead of what they declare"
    )
