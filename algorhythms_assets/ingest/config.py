"""What can be chosen at the stage."""

from pathlib import Path

from pydantic import BaseModel, Field


class RawPlaylistsConfig(BaseModel):
    """Which slices are parsed."""

    folder: Path = Field(description="folder of slice files")
    keys: list[str] | None = Field(None, description="the slices, without suffix; all of the folder when left out")


class TrackMetadataConfig(BaseModel):
    """How the playlists are split."""

    holdout: float = Field(0.1, ge=0, le=0.4, description="share of playlists for validation, and as many for test")
