"""Requests as the endpoint's users make them; the OpenAPI document is made from these models and `contract`."""

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
    # To JSON Schema 5.0 is an integer, and some languages write it so.
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

    id: Identifier | None = Field(
        None,
        description="A Spotify track as URI, link or bare identifier, or any other identifier the playlists used. "
        "May be left out where `name` and `artist` are given.",
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

    @model_validator(mode="after")
    def _can_be_identified(self) -> Self:
        if self.id is None and not (self.name and self.artist):
            raise ValueError("needs an id, or a name and an artist")
        return self


class BatchIn(BaseModel):
    """Requests that share a way to the index and back."""

    model_config = ConfigDict(strict=True, extra="ignore")

    # A bad request must not spoil the others, so each is looked at by itself.
    requests: list[Annotated[dict[str, Any], _REQUEST]] = Field(
        min_length=1,
        max_length=MAX_REQUESTS,
        description=f"As for `POST /recommendations`; all together they ask for at most {MAX_BATCH_COUNT} tracks.",
    )


class ExcludeIn(BaseModel):
    """What must not be recommended."""

    model_config = ConfigDict(strict=True, extra="ignore")

    tracks: list[Identifier] = Field([], max_length=MAX_EXCLUDED_TRACKS, description="As in `songs`.")
    artists: list[Identifier] = Field(
        [], max_length=MAX_EXCLUDED_ARTISTS, description="Names, however they are written, or URIs of Spotify."
    )


class ResolveIn(BaseModel):
    """Lines as people write them."""

    model_config = ConfigDict(strict=True, extra="ignore", json_schema_extra={"examples": [examples.LINES]})

    lines: list[Annotated[str, Field(max_length=MAX_LINE)]] = Field(
        min_length=1,
        max_length=MAX_LINES,
        description='"artist - title", "title - artist" or "title by artist", with - – — | : or a tab between; lines '
        "of numbered lists; links, URIs and bare identifiers.",
    )


class RecommendationsIn(BaseModel):
    """Songs to continue, and how many to recommend."""

    # Fields that nobody knows are named in the answer: a misspelt option would vanish otherwise.
    model_config = ConfigDict(strict=True, extra="allow", json_schema_extra={"examples": [examples.REQUEST]})

    count: Annotated[int, BeforeValidator(_whole)] = Field(
        DEFAULT_COUNT,
        ge=1,
        le=MAX_COUNT,
        description=f"How many tracks to recommend; {DEFAULT_COUNT} if it is left out.",
        examples=[5],
    )
    title: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_TITLE,
        description="The playlist's title, in any language or emoji. It says less the more songs there are.",
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
        description="Whether the answer tells what scores are made of, in `terms` and `edges`; it does if this is left "
        "out. They are most of a large answer.",
    )
    negative: list[SongIn] = Field(
        [], max_length=MAX_NEGATIVE, description="Songs to move away from; their terms are subtracted."
    )
    exclude: ExcludeIn | None = Field(None, description="What must not be recommended.")
    tastes: Tastes = Field(
        1,
        description="How many tastes the songs are of; with `auto` as many as lie apart. Each is searched for itself, "
        "and the answer holds of each as much as it has songs. 1 if it is left out.",
    )
    popularity: float = Field(
        0, ge=-1, le=1, description="1 for well-known tracks, -1 for the opposite. 0 if it is left out."
    )
    diversity: float = Field(
        0,
        ge=0,
        le=1,
        description="How unlike each other the tracks are; the order is then not that of the scores. "
        "0 if it is left out.",
    )
    max_per_artist: Annotated[int, Field(ge=1, le=MAX_COUNT), BeforeValidator(_whole)] | None = Field(
        None, description="At most so many tracks of one artist."
    )
    collapse_versions: bool = Field(
        False,
        description="Of remasters, live recordings and other versions of a song, only the best. "
        "Versions of the request's own songs are never recommended.",
    )
    evidence: bool = Field(False, description="Say with which songs each track stands together in playlists.")
    cursor: str | None = Field(
        None,
        max_length=500,
        description="An empty one asks for the first of several pages, the one of an answer for the next. The rest of "
        "the request has to stay the same but for `count`.",
    )

    @field_validator("songs")
    @classmethod
    def _asks_for_something(cls, songs: list[SongIn], others: ValidationInfo) -> list[SongIn]:
        if not songs and others.data.get("title", "") is None:
            raise ValueError("needs a song, unless there is a title")
        return songs
