"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class AudioFeaturesConfig(BaseModel):
    """Where features come from."""

    source: str = Field(
        "none", description="CSV or Parquet file with Spotify's columns and a track_uri, uri, track_id or id; or none"
    )
    content: str | None = Field(None, description="checksum of the file, so that a changed file is noticed")
