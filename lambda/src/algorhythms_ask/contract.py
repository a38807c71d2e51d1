"""Answers as the endpoint's users see them; the OpenAPI document is made from these models and `requests`.

Fields with a default are there only where an option of the request asks for them.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from algorhythms_ask import examples


def _absent() -> Any:
    """Stands for what is left out of an answer."""


class SourceNode(BaseModel):
    """A song of the request, once."""

    id: str = Field(description="The identifier in full.")
    track_name: str | None
    track_artist: str | None
    resolved_by: Literal["track", "name", "album", "artist", "features"] | None = Field(
        description="What it was placed by; null if it is unknown."
    )
    match: str = Field(
        default_factory=_absent, description="The track of its title and artist, where it was placed by `name`."
    )
    taste: int = Field(default_factory=_absent, description="Which of the request's `tastes` it is of, from 0.")


class Terms(BaseModel):
    """What a score is made of: it is exactly `popularity`, `title` and the sums of `seeds` and `negative`."""

    seeds: list[float] = Field(description="One term for each source node that was placed, in their order.")
    popularity: float
    negative: list[float] = Field(
        default_factory=_absent,
        description="One for each song of `negative` that was placed, in their order; they are part of the sum.",
    )
    title: float = Field(default_factory=float, description="Of the request's `title`; it is part of the sum.")


class Evidence(BaseModel):
    """A song of the request that a recommended track often stands beside."""

    source: str
    playlists: int = Field(description="In how many training playlists both stand.")


class RecommendationNode(BaseModel):
    """A recommended track."""

    id: str
    score: float
    track_name: str | None
    track_artist: str | None
    terms: Terms = Field(default_factory=_absent, description="Left out if the request says `terms: false`.")
    taste: int = Field(default_factory=_absent, description="Which of the request's `tastes` it is for, from 0.")
    evidence: list[Evidence] = Field(default_factory=_absent, description="The strongest first, at most five.")


class Edge(BaseModel):
    """A song of the request that speaks for a recommended track; the strongest ten for each recommendation."""

    source: str
    target: str
    weight: float = Field(description="The seed's term in the score.")


class Unresolved(BaseModel):
    """A song that had no say, and why."""

    id: str
    reason: str


class Notice(BaseModel):
    """Something about the answer that is no error."""

    code: Literal[
        "unknown_songs", "popular_tracks", "low_confidence", "unknown_title", "fewer_than_asked", "unknown_fields"
    ]
    detail: str = Field(description="A sentence for the listener.")
    count: int = Field(description="Of how many songs, tracks or fields it speaks.")


class Coverage(BaseModel):
    """How many songs were placed by what."""

    track: int
    name: int
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
    notices: list[Notice]
    coverage: Coverage
    cursor: str | None = Field(default_factory=_absent, description="For the next page; null after the last.")


class BatchResponse(BaseModel):
    """What a single request would have been answered with: an answer, or a problem."""

    status: int
    answer: RecommendationsOut = Field(default_factory=_absent)
    problem: "Problem" = Field(default_factory=_absent)


class BatchOut(BaseModel):
    """The responses to a batch, in the order of its requests."""

    responses: list[BatchResponse]


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
    track_name: str | None
    track_artist: str | None
    playlists: int = Field(description="In how many training playlists both stand. The most come first.")


class TrackDetail(Track):
    """A track with its strongest neighbours."""

    neighbours: list[Neighbour]


class TracksOut(BaseModel):
    """Tracks found by name, the most popular first."""

    tracks: list[Track]


class Candidate(Track):
    """A track that a line may be."""

    confidence: float = Field(description="How sure it is that this is the track, from 0 to 1.")


class ResolvedLine(BaseModel):
    """What a line is."""

    line: str
    match: Track | None = Field(description="The track that it is; null where the confidence is below 0.5.")
    confidence: float = Field(description="That of the best candidate; 0 without any.")
    candidates: list[Candidate] = Field(description="Best first, at most five.")
    reason: str | None = Field(description="Why there is no match; null where there is one.")


class ResolveOut(BaseModel):
    """What each line is, in the order of the request."""

    model_version: str
    lines: list[ResolvedLine]


# Why a release does not serve, as far as it is the public's business: the log has files, addresses and settings.
Refusal = Literal["release_unusable", "index_unavailable", "block_list_unusable", "check_failed"]


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
    blocked: int = Field(description="How many tracks and artists are blocked; they are in no answer.")
    refused: Refusal | None = Field(
        description="Why a newer release than this one does not serve, or what was blocked since is not left out: its "
        "files or settings cannot be used, its index does not answer, the list of what is blocked cannot be read (the "
        "last good one stays in force), or the look for it failed. The log has the whole reason."
    )


class Evaluation(BaseModel):
    """The evaluation in full: by method, then by what is counted."""

    test_playlists: int
    methods: dict[str, dict[str, dict[str, float | None]]] = Field(
        description="By method, then by category (`mean`, or how many tracks are given), then by metric."
    )
    intervals: dict[str, dict[str, tuple[float, float] | None]] = Field(description="95 % intervals of the means.")
    served_minus: dict[str, dict[str, tuple[float, float] | None]] = Field(
        description="95 % intervals of the paired differences between `served` and each other method."
    )
    beyond: dict[str, dict[str, float | None]] = Field(description="What accuracy does not tell, of the first ten.")
    by_popularity: dict[str, dict[str, float | None]] = Field(
        description="The share of hidden tracks that is found, by how many training playlists hold them."
    )


class Quality(BaseModel):
    """How the served model did on held-out playlists before it was released."""

    model_version: str
    metrics: dict[str, dict[str, float | None]] = Field(
        description="By method (`served` is the model, others are its baselines), then by metric."
    )
    evaluation: Evaluation = Field(default_factory=_absent, description="Missing in releases of earlier versions.")


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
