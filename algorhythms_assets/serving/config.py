"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class SearchIndexConfig(BaseModel):
    """How the index is built."""

    neighbours: int = Field(20, ge=0, le=100, description="strongest neighbours kept in each track's document")
