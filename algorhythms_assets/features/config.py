"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class AudioFeaturesConfig(BaseModel):
    """Where features come from. Secrets and manners of asking are no part of it, see `settings.FeatureSettings`."""

    source: str = Field(
        "none",
        description="file of features (CSV, JSON lines or Parquet; see docs/features.md); http(s):// address of a "
        "service with Spotify's or ReccoBeats' schema; spotify; or none",
    )
    content: str | None = Field(None, description="checksum of the file, so that a changed file is noticed")
    address: str | None = Field(None, description="the address behind the source spotify, so that another is noticed")
