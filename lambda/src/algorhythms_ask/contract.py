"""Requests and answers as the endpoint's users see them; the OpenAPI document is made from these models."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from algorhythms_ask import examples
from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, LIMITS

MAX_SONGS = 500
MAX_COUNT = 500
DEFAULT_COUNT = 20
MAX_BODY_BYTES = 1 << 20

Text = Annotated[str, Field(max_length=500)]


def _whole(value: object) -> object:
    # To JSON Schema 5.0 is an integer, and some languages write it so.
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Features are judged where they are needed: bad ones of one song must not fail the others.
AudioFeatures = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "title": "AudioFeatures",
            "type": "object",
            "properties": {
                name: {
                    "type": ["integer" if name in CATEGORICAL_FEATURES else "number", "null"],
                    "minimum": LIMITS[name][0],
                    "maximum": LIMITS[name][1],
                }
                for name in FEATURES
            },
        }
    ),
]


class SongIn(BaseModel):
    """A seed. Other fields are tolerated and ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)

    id: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="A Spotify track as URI, link or bare identifier, or any other identifier the playlists used.",
        examples=["spotify:track:0VjIjW4GlUZAMYd2vXMi3b"],
    )
    name: Text | None = Field(
        None, validation_alias=AliasChoices("name", "track_name"), description="Also accepted as `track_name`."
    )
    artist: Text | None = Field(
        None,
        validation_alias=AliasChoices("artist", "track_artist"),
        description="Name or URI; stands in when the track is unknown. Also accepted as `track_artist`.",
    )
    album: Text | None = Field(
        None,
        validation_alias=AliasChoices("album", "track_album"),
        description="URI, or name together with `artist`; stands in when the track is unknown. "
        "Also accepted as `track_album`.",
    )
    features: AudioFeatures | None = Field(
        None, description="Spotify's 13 audio features, which place a track that is otherwise unknown."
    )


class RecommendationsIn(BaseModel):
    """Songs to continue, and how many to recommend."""

    model_config = ConfigDict(strict=True, extra="ignore", json_schema_extra={"examples": [examples.REQUEST]})

    count: Annotated[int, BeforeValidator(_whole)] = Field(
        DEFAULT_COUNT,
        ge=1,
        le=MAX_COUNT,
        description=f"How many tracks to recommend; {DEFAULT_COUNT} if it is left out.",
        examples=[5],
    )
    songs: list[SongIn] = Field(min_length=1, max_length=MAX_SONGS, description="The playlist so far, in its order.")
    terms: bool = Field(
        True,
        description="Whether the answer tells what scores are made of, in `terms` and `edges`; it does if this is left "
        "out. They are most of a large answer.",
    )


class SourceNode(BaseModel):
    """A song of the request, once."""

    id: str = Field(description="The identifier in full.")
    track_name: str | None
    track_artist: str | None
    resolved_by: Literal["track", "album", "artist", "features"] | None = Field(
        description="What it was placed by; null if it is unknown."
    )


class Terms(BaseModel):
    """What a score is made of: it is exactly `popularity` plus the sum of `seeds`."""

    seeds: list[float] = Field(description="One term for each source node that was placed, in their order.")
    popularity: float


def _terms_may_lack(schema: dict[str, Any]) -> None:
    schema["required"].remove("terms")


class RecommendationNode(BaseModel):
    """A recommended track."""

    model_config = ConfigDict(json_schema_extra=_terms_may_lack)

    id: str
    score: float
    track_name: str | None
    track_artist: str | None
    terms: Terms = Field(description="Left out if the request says `terms: false`.")


class Edge(BaseModel):
    """A song of the request that speaks for a recommended track; the strongest ten for each recommendation."""

    source: str
    target: str
    weight: float = Field(description="The seed's term in the score.")


class Unresolved(BaseModel):
    """A song that had no say, and why."""

    id: str
    reason: str


class Coverage(BaseModel):
    """How many songs were placed by what."""

    track: int
    album: int
    artist: int
    features: int
    unresolved: int


class RecommendationsOut(BaseModel):
    """The continuation of a playlist."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ANSWER]})

    model_version: str
    source_nodes: list[SourceNode]
    recommendation_nodes: list[RecommendationNode] = Field(description="Best first.")
    edges: list[Edge]
    unresolved: list[Unresolved]
    notices: list[str] = Field(description="Sentences for the listener.")
    coverage: Coverage


class Track(BaseModel):
    """A track that can be recommended."""

    id: str
    track_name: str | None
    track_artist: str | None
    album: str | None
    playlists: int = Field(description="In how many training playlists it stands.")


class Neighbour(BaseModel):
    """A track that shares playlists with another."""

    id: str
    playlists: int = Field(description="In how many training playlists both stand.")


class TrackDetail(Track):
    """A track with its strongest neighbours."""

    neighbours: list[Neighbour]


class TracksOut(BaseModel):
    """Tracks found by name, the most popular first."""

    tracks: list[Track]


# Why a release does not serve, as far as it is the public's business: the log has files, addresses and settings.
Refusal = Literal["release_unusable", "index_unavailable", "check_failed"]


class Live(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Health(BaseModel):
    """What is being served."""

    status: Literal["ok"] = "ok"
    model_version: str
    tracks: int
    bundle: str = Field(description="Where the files of the model lie.")
    index: str = Field(description="Where tracks are searched.")
    refused: Refusal | None = Field(
        description="Why a newer release than this one does not serve: its files or settings cannot be used, its index "
        "does not answer, or the look for it failed. The log has the whole reason."
    )


class Quality(BaseModel):
    """How the served model did on held-out playlists before it was released."""

    model_version: str
    metrics: dict[str, dict[str, float | None]] = Field(
        description="By method (`served` is the model, others are its baselines), then by metric."
    )


class FieldProblem(BaseModel):
    """What is wrong with one field, which `pointer` names as in RFC 6901."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An error as in RFC 9457."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.PROBLEM]}
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
    errors_left_out: int = Field(0, description="So many more fields are wrong than `errors` names.")
