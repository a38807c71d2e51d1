"""What the user chooses, from the environment; `README.md` documents each."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _one_of(*choices: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is not known to this version, which knows: {', '.join(choices)}")
        return value

    return AfterValidator(check)


class Settings(BaseSettings):
    """The settings, each from the environment variable ALGORHYTHMS_ plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="ALGORHYTHMS_", frozen=True)

    deployment: Annotated[str, _one_of("local")] = Field("local", description="where payloads run")
    playlists: Path | None = Field(None, description="folder of slices; without it a generated sample")
    features: str | None = Field(
        None, description="CSV or Parquet file of audio features, or `none`; without it the sample's, else none"
    )
    store: Path = Field(Path("var/store"), description="folder of all artifacts")
    index: Annotated[str, _one_of("embedded")] = Field("embedded", description="where vectors are searched")
    engine: Annotated[str, _one_of("duckdb")] = Field("duckdb", description="what runs SQL and blocks")
    holdout: float = Field(
        0.1,
        ge=0,
        le=0.4,
        description="share of playlists for validation, and the same for test",
    )

    @property
    def sample(self) -> Path:
        """Where the generated sample lies, which stands in for playlists and features that are not named."""
        return self.store / "sample"

    @property
    def slices(self) -> Path:
        """The folder of slices."""
        return self.playlists or self.sample / "playlists"

    @property
    def feature_source(self) -> str:
        """The file of audio features, or `none`."""
        if self.features is not None:
            return self.features
        return "none" if self.playlists else str(self.sample / "audio_features.csv")
