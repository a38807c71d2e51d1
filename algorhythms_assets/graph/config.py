"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class GraphSampleConfig(BaseModel):
    """How large the sample is."""

    nodes: int = Field(200, ge=1, le=10_000, description="tracks drawn; all their neighbours come along")
    seed: int = Field(0, description="of the draw")


class PygGraphConfig(BaseModel):
    """How the graph is thinned."""

    neighbours: int = Field(
        30, ge=1, le=1000, description="strongest neighbours kept of each track; an edge stays if either end keeps it"
    )
