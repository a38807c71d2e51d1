"""What can be chosen at the stage."""

from pydantic import BaseModel, Field


class DocumentsConfig(BaseModel):
    """What an index holds."""

    neighbours: int = Field(20, ge=0, le=100, description="strongest neighbours kept in each track's document")


class SearchIndexConfig(DocumentsConfig):
    """What an index holds, and where it is. Who may write there is no part of it, see `algorhythms_ask.connection`."""

    index: str = Field("embedded", description="embedded, or the http(s):// address of an Elasticsearch cluster")
    blocked: str = Field("", description="version of the list of what is blocked, so that another is noticed")
