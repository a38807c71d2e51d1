"""The endpoint's answers; the OpenAPI document is generated from these models and `requests`.

Fields with a default are present only if an option of the request asks for them.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from algorhythms_ask import examples


def _absent() -> Any:
    """Marks a field that is omitted from an answer."""


class SourceNode(BaseModel):
    """A song of the request, once."""

    id: str = Field(description="The full identifier.")
    track_name: str | None
    track_artist: str | None
    resolved_by: Literal["track", "name", "album", "artist", "features"] | None = Field(
        description="How it was placed; null if it is unknown."
    )
    match: str = Field(
        default_factory=_absent, description="The track with its title and artist, if it was placed by `name`."
    )
    taste: int = Field(default_factory=_absent, description="Which of the request's `tastes` it belongs to, from 0.")


class Terms(BaseModel):
    """The terms of a score, which is exactly the sum of `popularity`, `title`, all `seeds` and all `negative`."""

    seeds: list[float] = Field(description="One term for each source node that was placed, in their order.")
    popularity: float
    negative: list[float] = Field(
        default_factory=_absent,
        description="One term for each placed song of `negative`, in their order; part of the sum.",
    )
    title: float = Field(default_factory=float, description="The term of the request's `title`; part of the sum.")


class Evidence(BaseModel):
    """A song of the request that often occurs in playlists with a recommended track."""

    source: str
    playlists: int = Field(description="Number of training playlists with both.")


class RecommendationNode(BaseModel):
    """A recommended track."""

    id: str
    score: float
    track_name: str | None
    track_artist: str | None
    terms: Terms = Field(default_factory=_absent, description="Omitted if the request has `terms: false`.")
    taste: int = Field(default_factory=_absent, description="Which of the request's `tastes` it is for, from 0.")
    evidence: list[Evidence] = Field(default_factory=_absent, description="Strongest first, at most five.")
    chance: float | None = Field(
        default_factory=_absent,
        description="The chance, from 0 to 1, that a playlist with these songs has the track too, as held-out "
        "playlists tell. Null if it is not known: without a known song, with what changes scores (`title`, `negative`, "
        "`popularity`, several tastes), or in releases made by earlier versions.",
    )


class Edge(BaseModel):
    """A song of the request that contributes to a recommended track; the strongest ten for each recommendation."""

    source: str
    target: str
    weight: float = Field(description="The seed's term in the score.")


class Unresolved(BaseModel):
    """A song that was ignored, and why."""

    id: str
    reason: str


class Notice(BaseModel):
    """Something about the answer that is not an error."""

    code: Literal[
        "unknown_songs",
        "popular_tracks",
        "unknown_negative",
        "low_confidence",
        "unknown_title",
        "fewer_than_asked",
        "unknown_fields",
    ]
    detail: str = Field(description="A sentence for the listener.")
    count: int = Field(description="Number of songs, tracks or fields concerned.")


class Coverage(BaseModel):
    """How many songs were placed in each way."""

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
    chance: float | None = Field(
        default_factory=_absent,
        description="The mean chance of the first ten recommendations: low if few playlists are like this one.",
    )
    cursor: str | None = Field(default_factory=_absent, description="For the next page; null after the last.")


class BatchResponse(BaseModel):
    """The response that a single request would have got: an answer, or a problem."""

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
    playlists: int = Field(description="Number of training playlists with it.")


class Neighbour(BaseModel):
    """A track that shares playlists with another."""

    id: str
    track_name: str | None
    track_artist: str | None
    playlists: int = Field(
        description="Number of training playlists with both; neighbours are sorted by it, highest first."
    )


class TrackDetail(Track):
    """A track with its strongest neighbours."""

    neighbours: list[Neighbour]


class TracksOut(BaseModel):
    """Tracks found by name, the best matches first, then by popularity."""

    tracks: list[Track]


class Candidate(Track):
    """A track that may match a line."""

    confidence: float = Field(description="Confidence that this is the track, from 0 to 1.")


class ResolvedLine(BaseModel):
    """The result for a line."""

    line: str
    match: Track | None = Field(description="The matching track; null if the confidence is below 0.5.")
    confidence: float = Field(description="Confidence of the best candidate; 0 without candidates.")
    candidates: list[Candidate] = Field(description="Best first, at most five.")
    reason: str | None = Field(description="Why there is no match; null if there is one.")


class ResolveOut(BaseModel):
    """The results for all lines, in the order of the request."""

    model_version: str
    lines: list[ResolvedLine]


# Why a release is not served, without internal details: the log has files, URLs and settings.
Refusal = Literal["release_unusable", "index_unavailable", "block_list_unusable", "check_failed"]


class Live(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Health(BaseModel):
    """What is being served."""

    status: Literal["ok"] = "ok"
    model_version: str
    tracks: int
    bundle: str = Field(description="Location of the model's files.")
    index: str = Field(description="Where tracks are searched.")
    blocked: int = Field(description="How many tracks and artists are blocked; they are in no answer.")
    refused: Refusal | None = Field(
        description="Why a newer release is not served, or newly blocked music is not left out: files or settings "
        "cannot be used, the index does not answer, the list of what is blocked cannot be read (the last good one "
        "stays in force), or checking failed. The log has the full reason."
    )


class Reliability(BaseModel):
    """Recommendations of about the same chance, on test playlists."""

    recommendations: int
    chance: float = Field(description="The mean of their chances.")
    share: float = Field(description="The share of them that was in the playlist.")


class Chance(BaseModel):
    """How the chance of a recommendation is found from its score, and how well that agrees with test playlists."""

    weights: list[float] = Field(description="Of 1, the score, log n and the score times log n, for n known songs.")
    reliability: list[Reliability]


class Evaluation(BaseModel):
    """The full evaluation: by method, then by what is measured."""

    test_playlists: int
    methods: dict[str, dict[str, dict[str, float | None]]] = Field(
        description="By method, then by category (`mean`, or the number of given tracks), then by metric."
    )
    intervals: dict[str, dict[str, tuple[float, float] | None]] = Field(description="95 % intervals of the means.")
    served_minus: dict[str, dict[str, tuple[float, float] | None]] = Field(
        description="95 % intervals of the paired differences between `served` and each other method."
    )
    beyond: dict[str, dict[str, float | None]] = Field(description="Metrics beyond accuracy, of the first ten.")
    by_popularity: dict[str, dict[str, float | None]] = Field(
        description="Share of hidden tracks found, by the number of training playlists with them."
    )
    chance: Chance | None = Field(
        default_factory=_absent,
        description="Null if there were too few playlists; missing for releases made by earlier versions.",
    )


class Quality(BaseModel):
    """How the served model performed on held-out playlists before its release."""

    model_version: str
    metrics: dict[str, dict[str, float | None]] = Field(
        description="By method (`served` is the model, the others are baselines), then by metric."
    )
    evaluation: Evaluation = Field(
        default_factory=_absent, description="Missing for releases made by earlier versions."
    )


class FieldProblem(BaseModel):
    """What is wrong with one field; `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.PROBLEM]}
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
    errors_left_out: int = Field(0, description="Number of wrong fields that are not in `errors`.")
