"""The endpoint: HTTP in, the recommender asked, HTTP out. The same application runs under uvicorn and in Lambda."""

import json
import logging
from collections import Counter
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from algorhythms_ask import contract
from algorhythms_ask.index import Document, IndexUnavailableError
from algorhythms_ask.recommend import Recommendation, Resolution
from algorhythms_ask.release import Release
from algorhythms_ask.songs import Song, track_id

EDGES_PER_RECOMMENDATION = 10

_log = logging.getLogger("algorhythms_ask")


class ProblemError(Exception):
    """Ends a request with an answer of RFC 9457."""

    def __init__(self, status: int, title: str, detail: str, errors: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = contract.Problem(
            title=title,
            status=status,
            detail=detail,
            errors=[contract.FieldProblem(pointer=p, detail=d) for p, d in (errors or {}).items()],
        )


def _problem_response(problem: contract.Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(), problem.status, headers=headers, media_type="application/problem+json"
    )


def _invalid(title: str, errors: list[Any]) -> ProblemError:
    found = {
        "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"]): error["msg"]
        for error in errors
    }
    pointer, message = next(iter(found.items()))
    return ProblemError(400, title, f"{pointer}: {message}", found)


async def _parsed(request: Request) -> contract.RecommendationsIn:
    """Reads the body as JSON whatever its Content-Type says: browsers send text/plain to spare a preflight."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > contract.MAX_BODY_BYTES:
            raise ProblemError(413, "The request is too large", f"A body has at most {contract.MAX_BODY_BYTES} bytes.")
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, "The body is not JSON", str(error)) from error
    try:
        return contract.RecommendationsIn.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _invalid("The request is not as it has to be", error.errors(include_url=False)) from error


def _songs(request: contract.RecommendationsIn) -> tuple[dict[int, Song], list[contract.Unresolved]]:
    """Returns the songs with identifiers in full by their position, and those that cannot be tracks."""
    songs, refused = {}, []
    for position, song in enumerate(request.songs):
        try:
            songs[position] = Song(track_id(song.id), song.name, song.artist, song.album, song.features)
        except ValueError as error:
            refused.append(contract.Unresolved(id=song.id, reason=str(error)))
    return songs, refused


def _answer(
    version: str,
    songs: list[Song],
    refused: list[contract.Unresolved],
    resolution: Resolution,
    recommendations: list[Recommendation],
) -> contract.RecommendationsOut:
    placed = {seed.song.id: seed for seed in resolution.seeds}
    sources = []
    for song in {song.id: song for song in reversed(songs)}.values():
        seed = placed.get(song.id)
        known = seed.document if seed else None
        sources.append(
            contract.SourceNode(
                id=song.id,
                track_name=song.name or (known.name if known else None),
                track_artist=song.artist or (known.artist if known else None),
                resolved_by=seed.resolved_by if seed else None,
            )
        )
    sources.reverse()
    edges = []
    for found in recommendations:
        strongest = sorted(zip(found.seed_terms, placed, strict=True), key=lambda pair: -pair[0])
        edges += [
            contract.Edge(source=source, target=found.document.id, weight=term)
            for term, source in strongest[:EDGES_PER_RECOMMENDATION]
            if term > 0
        ]
    unresolved = [
        *(contract.Unresolved(id=song.id, reason=reason) for song, reason in resolution.unresolved),
        *refused,
    ]
    return contract.RecommendationsOut(
        model_version=version,
        source_nodes=sources,
        recommendation_nodes=[
            contract.RecommendationNode(
                id=found.document.id,
                score=found.score,
                track_name=found.document.name,
                track_artist=found.document.artist,
                terms=contract.Terms(seeds=list(found.seed_terms), popularity=found.popularity),
            )
            for found in recommendations
        ],
        edges=edges,
        unresolved=unresolved,
        notices=resolution.notices,
        coverage=contract.Coverage(
            **dict.fromkeys(("track", "album", "artist", "features"), 0)
            | Counter(seed.resolved_by for seed in resolution.seeds),
            unresolved=len(unresolved),
        ),
    )


def _track(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "track_name": document.name,
        "track_artist": document.artist,
        "album": document.album,
        "playlists": document.playlists,
    }


_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {"schema": contract.Problem.model_json_schema()}}}
_REQUEST_BODY = {
    "required": True,
    "description": "JSON, whatever the Content-Type says.",
    "content": {
        media: {"schema": contract.RecommendationsIn.model_json_schema(ref_template="#/components/schemas/{model}")}
        for media in ("application/json", "text/plain")
    },
}


def create_app(release: Release) -> FastAPI:
    """Returns the application that answers from a release."""
    app = FastAPI(
        title="algorhythms",
        summary="Continues playlists.",
        version="1",
        docs_url="/docs",
        redoc_url=None,
        # A slash too many is answered with 404 and a reason, not with a redirect that browsers turn into a GET.
        redirect_slashes=False,
    )
    # Anyone's page may ask: there are no credentials that another origin could abuse.
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"])

    @app.exception_handler(ProblemError)
    async def _ended(_: Request, error: ProblemError) -> JSONResponse:
        return _problem_response(error.problem)

    @app.exception_handler(RequestValidationError)
    async def _bad_parameters(_: Request, error: RequestValidationError) -> JSONResponse:
        return _problem_response(_invalid("The request is not as it has to be", list(error.errors())).problem)

    @app.exception_handler(HTTPException)
    async def _no_such_route(request: Request, error: HTTPException) -> JSONResponse:
        problem = contract.Problem(
            title=error.detail, status=error.status_code, detail=f"{request.method} {request.url.path}"
        )
        return _problem_response(problem, dict(error.headers or {}))

    @app.exception_handler(IndexUnavailableError)
    async def _index_down(_: Request, error: IndexUnavailableError) -> JSONResponse:
        _log.error("index unavailable: %s", error)
        problem = contract.Problem(
            title="The index does not answer", status=503, detail="Try again in a few seconds."
        )
        return _problem_response(problem, {"Retry-After": "5"})

    @app.exception_handler(Exception)
    async def _failed(_: Request, error: Exception) -> JSONResponse:
        _log.error("request failed", exc_info=error)
        return _problem_response(
            contract.Problem(title="The request failed", status=500, detail="The reason is in the server's log.")
        )

    def recommendations(
        request: Annotated[contract.RecommendationsIn, Depends(_parsed)],
    ) -> contract.RecommendationsOut:
        """Continue a playlist."""
        songs, refused = _songs(request)
        resolution, found = release.recommender.recommend(list(songs.values()), request.count)
        if resolution.faulty and not resolution.seeds:
            positions = list(songs)
            errors = {f"/songs/{positions[i]}/features": "; ".join(wrong) for i, wrong in resolution.faulty.items()}
            pointer, wrong = next(iter(errors.items()))
            raise ProblemError(400, "No song can be placed by its features", f"{pointer}: {wrong}", errors)
        return _answer(release.version, list(songs.values()), refused, resolution, found)

    for path, in_schema in (("/recommendations", True), ("/", True)):
        app.add_api_route(
            path,
            recommendations,
            methods=["POST"],
            include_in_schema=in_schema,
            operation_id="recommend" if path != "/" else "recommendAtRoot",
            responses={400: _PROBLEM, 413: _PROBLEM, 503: _PROBLEM},
            openapi_extra={"requestBody": _REQUEST_BODY},
        )

    @app.get("/tracks", operation_id="searchTracks", responses={400: _PROBLEM, 503: _PROBLEM})
    def search_tracks(
        q: Annotated[str, Query(min_length=1, max_length=200, description="Beginnings of words of name and artist.")],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> contract.TracksOut:
        """Find tracks by name."""
        found = release.recommender.index.search(q, limit)
        return contract.TracksOut(tracks=[contract.Track(**_track(document)) for document in found])

    @app.get("/tracks/{id:path}", operation_id="getTrack", responses={400: _PROBLEM, 404: _PROBLEM, 503: _PROBLEM})
    def get_track(id: str) -> contract.TrackDetail:  # noqa: A002 (the name of the path parameter)
        """Look a track up."""
        try:
            key = track_id(id)
        except ValueError as error:
            raise ProblemError(400, "That is no track", str(error), {"/id": str(error)}) from error
        document = release.recommender.index.fetch([key]).get(key)
        if document is None or document.kind != "track":
            raise ProblemError(404, "Unknown track", f"{key} is not in the index.")
        neighbours = [contract.Neighbour(id=uri, playlists=count) for uri, count in document.neighbours]
        return contract.TrackDetail(**_track(document), neighbours=neighbours)

    @app.get("/health", operation_id="health", responses={503: _PROBLEM})
    def health() -> contract.Health:
        """See whether the endpoint can answer, and with what."""
        release.recommender.index.search("a", 1)
        return contract.Health(status="ok", model_version=release.version, tracks=release.recommender.index.tracks)

    @app.get("/quality", operation_id="quality")
    def quality() -> contract.Quality:
        """See how the served model did on held-out playlists."""
        return contract.Quality(model_version=release.version, metrics=release.metrics)

    return app
