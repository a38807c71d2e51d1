"""The endpoint's requests; the OpenAPI document is generated from these models and `contract`."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from algorhythms_ask import examples
from algorhythms_ask.features import CATEGORICAL_FEATURES, FEATURES, LIMITS
from algorhythms_ask.tastes import MOST as MAX_TASTES

MAX_SONGS = 500
MAX_TITLE = 200
MAX_COUNT = 500
DEFAULT_COUNT = 20
MAX_BODY_BYTES = 1 << 20

MAX_LINES = 500
MAX_LINE = 300

MAX_NEGATIVE = 100
MAX_REQUESTS = 100
MAX_BATCH_COUNT = 5000
MAX_EXCLUDED_TRACKS = 2000
MAX_EXCLUDED_ARTISTS = 200

_REQUEST = WithJsonSchema({"$ref": "#/components/schemas/RecommendationsIn"})

Text = Annotated[str, Field(max_length=500)]
Identifier = Annotated[str, Field(min_length=1, max_length=500)]


def _whole(value: object) -> object:
    # In JSON Schema 5.0 is an integer, and some languages write it that way.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _tastes(value: object) -> object:
    value = _whole(value)
    if value != "auto" and not (type(value) is int and 1 <= value <= MAX_TASTES):
        raise ValueError(f'Input should be 1 to {MAX_TASTES}, or "auto"')
    return value


Tastes = Annotated[
    int | Literal["auto"],
    PlainValidator(_tastes),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_TASTES}, {"type": "string", "enum": ["auto"]}]}
    ),
]

# Features are validated where they are needed: invalid features of one song must not fail the others.
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

    id: Identifier | None = Field(
        None,
        description="A Spotify track as URI, link or bare identifier, or any other identifier the playlists used. "
        "Optional if `name` and `artist` are given.",
        examples=["spotify:track:0VjIjW4GlUZAMYd2vXMi3b"],
    )
    name: Text | None = Field(
        None, validation_alias=AliasChoices("name", "track_name"), description="Also accepted as `track_name`."
    )
    artist: Text | None = Field(
        None,
        validation_alias=AliasChoices("artist", "track_artist"),
        description="Name or URI; used if the track is unknown. Also accepted as `track_artist`.",
    )
    album: Text | None = Field(
        None,
        validation_alias=AliasChoices("album", "track_album"),
        description="URI, or name together with `artist`; used if the track is unknown. "
        "Also accepted as `track_album`.",
    )
    features: AudioFeatures | None = Field(
        None, description="Spotify's 13 audio features; used if nothing else is known about the track."
    )

    @model_validator(mode="after")
    def _can_be_identified(self) -> Self:
        if self.id is None and not (self.name and self.artist):
            raise ValueError("needs an id, or a name and an artist")
        return self


class BatchIn(BaseModel):
    """Requests that share a round trip to the index."""

    model_config = ConfigDict(strict=True, extra="ignore")

    # Each request is validated separately, so that an invalid one does not fail the others.
    requests: list[Annotated[dict[str, Any], _REQUEST]] = Field(
        min_length=1,
        max_length=MAX_REQUESTS,
        description=f"As for `POST /recommendations`; at most {MAX_BATCH_COUNT} tracks in total.",
    )


class ExcludeIn(BaseModel):
    """What must not be recommended."""

    model_config = ConfigDict(strict=True, extra="ignore")

    tracks: list[Identifier] = Field([], max_length=MAX_EXCLUDED_TRACKS, description="As in `songs`.")
    artists: list[Identifier] = Field(
        [], max_length=MAX_EXCLUDED_ARTISTS, description="Names in any spelling, or Spotify URIs."
    )


class ResolveIn(BaseModel):
    """Lines of text, as people write them."""

    model_config = ConfigDict(strict=True, extra="ignore", json_schema_extra={"examples": [examples.LINES]})

    lines: list[Annotated[str, Field(max_length=MAX_LINE)]] = Field(
        min_length=1,
        max_length=MAX_LINES,
        description='"artist - title", "title - artist" or "title by artist", with - – — | : or a tab between; lines '
        "of numbered lists; links, URIs and bare identifiers.",
    )


class RecommendationsIn(BaseModel):
    """Songs to continue, and how many to recommend."""

    # The answer names unknown fields; otherwise a misspelt option would be ignored silently.
    model_config = ConfigDict(strict=True, extra="allow", json_schema_extra={"examples": [examples.REQUEST]})

    count: Annotated[int, BeforeValidator(_whole)] = Field(
        DEFAULT_COUNT,
        ge=1,
        le=MAX_COUNT,
        description=f"How many tracks to recommend; default {DEFAULT_COUNT}.",
        examples=[5],
    )
    title: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_TITLE,
        description="The playlist's title, in any language or emoji. The more songs, the less it counts.",
        examples=["Summer 🌴"],
    )
    songs: list[SongIn] = Field(
        [],
        validate_default=True,
        max_length=MAX_SONGS,
        description="The playlist so far, in its order. At least one, unless there is a `title`.",
    )
    terms: bool = Field(
        True,
        description="Whether the answer explains scores, in `terms` and `edges`. They are most of a large answer. "
        "Default true.",
    )
    negative: list[SongIn] = Field(
        [], max_length=MAX_NEGATIVE, description="Songs to move away from; their terms are subtracted."
    )
    exclude: ExcludeIn | None = Field(None, description="What must not be recommended.")
    tastes: Tastes = Field(
        1,
        description="Number of tastes to split the songs into; `auto` finds it. Each taste has its own search, and its "
        "share of the answer is that of its songs. Default 1.",
    )
    popularity: float = Field(0, ge=-1, le=1, description="1 for well-known tracks, -1 for the opposite. Default 0.")
    diversity: float = Field(
        0,
        ge=0,
        le=1,
        description="How different from each other the tracks are; the order is then not that of the scores. "
        "Default 0.",
    )
    max_per_artist: Annotated[int, Field(ge=1, le=MAX_COUNT), BeforeValidator(_whole)] | None = Field(
        None, description="Maximum number of tracks per artist."
    )
    collapse_versions: bool = Field(
        False,
        description="Recommend only the best of remasters, live recordings and other versions of a song. "
        "Versions of the request's own songs are never recommended.",
    )
    evidence: bool = Field(False, description="For each track, name the songs that occur with it in playlists.")
    chance: bool = Field(
        False, description="For each track and for the answer, estimate the chance of being in such a playlist."
    )
    cursor: str | None = Field(
        None,
        max_length=500,
        description="An empty cursor requests the first of several pages, the cursor of an answer the next page. "
        "The rest of the request must stay the same, except `count`.",
    )

    @field_validator("songs")
    @classmethod
    def _asks_for_something(cls, songs: list[SongIn], others: ValidationInfo) -> list[SongIn]:
        if not songs and others.data.get("title", "") is None:
            raise ValueError("needs a song, unless there is a title")
        return songs
