"""The stage's configuration."""

from typing import Literal

from pydantic import BaseModel, Field


class GraphSampleConfig(BaseModel):
    """How large the sample is."""

    nodes: int = Field(200, ge=1, le=10_000, description="tracks to draw; all their neighbours are included")
    share: float | None = Field(
        None, gt=0, le=1, description="share of all tracks with playlists to draw, instead of `nodes`"
    )
    seed: int = Field(0, description="random seed of the draw")


# The column of the edge table that measures an edge's strength.
STRENGTH = {"origin": "weight", "playlists": "playlists", "proximity": "proximity"}


class PygGraphConfig(BaseModel):
    """How the graph is pruned, and how its edges are weighted."""

    weighting: Literal["origin", "playlists", "proximity"] = Field(
        "proximity",
        description="proximity: sum of 1 / distance of positions; origin: of 1 / (distance * tracks in the playlist); "
        "playlists: how many contain both",
    )
    neighbours: int = Field(
        30,
        ge=1,
        le=1000,
        description="number of strongest neighbours kept per track; an edge is kept if either end keeps it",
    )
