"""The stage's configuration."""

from pydantic import BaseModel, Field


class RawPlaylistsConfig(BaseModel):
    """Which slices are parsed."""

    folder: str = Field(description="folder or s3:// prefix of slice files")
    keys: list[str] | None = Field(None, description="names of the slices, without suffix; default: all in the folder")
    max_rejected_share: float = Field(
        0.5, ge=0, le=1, description="a slice fails if a larger share of its playlists is set aside"
    )


class TrackMetadataConfig(BaseModel):
    """How the playlists are split."""

    holdout: float = Field(0.1, ge=0, le=0.4, description="share of playlists for validation, and as many for test")
