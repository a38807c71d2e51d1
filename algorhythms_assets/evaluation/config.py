"""The stage's configuration."""

from pydantic import BaseModel, Field


class EvaluationConfig(BaseModel):
    """How much is evaluated."""

    playlists: int = Field(10_000, ge=1, le=10_000, description="maximum number of test playlists, the first by bucket")
    resamples: int = Field(1000, ge=100, le=100_000, description="resamples of the bootstrap")
    seed: int = Field(0, description="random seed of the bootstrap")
