"""What can be chosen at the stage."""

from typing import Literal

from pydantic import BaseModel, Field


class GraphSampleConfig(BaseModel):
    """How large the sample is."""

    nodes: int = Field(200, ge=1, le=10_000, description="tracks drawn; all their neighbours come along")
    share: float | None = Field(None, gt=0, le=1, description="of all tracks with playlists, drawn instead of `nodes`")
    seed: int = Field(0, description="of the draw")


# The column of the edge table that makes an edge strong.
STRENGTH = {"origin": "weight", "playlists": "playlists", "proximity": "proximity"}


class PygGraphConfig(BaseModel):
    """How the graph is thinned, and how its edges are weighted."""

    weighting: Literal["origin", "playlists", "proximity"] = Field(
        "proximity",
        description="proximity: sum of 1 / distance of positions; origin: of 1 / (distance * tracks in the playlist); "
        "playlists: how many hold both",
    )
    neighbours: int = Field(
        30, ge=1, le=1000, description="strongest neighbours kept of each track; an edge stays if either end keeps it"
    )
