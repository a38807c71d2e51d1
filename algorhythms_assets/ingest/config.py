"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class RawPlaylistsConfig(BaseModel):
    """Which slices are parsed."""

    folder: str = Field(description="folder or s3:// prefix of slice files")
    keys: list[str] | None = Field(None, description="the slices, without suffix; all of the folder when left out")
    max_rejected_share: float = Field(
        0.5, ge=0, le=1, description="a slice of whose playlists a larger share is set aside fails"
    )


class TrackMetadataConfig(BaseModel):
    """How the playlists are split."""

    holdout: float = Field(0.1, ge=0, le=0.4, description="share of playlists for validation, and as many for test")
