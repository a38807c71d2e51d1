"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class EvaluationConfig(BaseModel):
    """How much is evaluated."""

    playlists: int = Field(10_000, ge=1, le=10_000, description="at most so many test playlists, the first by bucket")
    resamples: int = Field(1000, ge=100, le=100_000, description="of the bootstrap")
    seed: int = Field(0, description="of the bootstrap")
