"""The endpoint: HTTP in, the recommender asked, HTTP out. The same application runs under uvicorn and in Lambda."""

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from algorhythms_ask import contract
from algorhythms_ask.index import Document, IndexUnavailableError
from algorhythms_ask.recommend import Recommendation, Resolution
from algorhythms_ask.release import NotServableError
from algorhythms_ask.releases import Served
from algorhythms_ask.songs import Song, track_id

EDGES_PER_RECOMMENDATION = 10

_MALFORMED = "The request is not as it has to be"

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
    return JSONResponse(problem.model_dump(), problem.status, headers=headers, media_type="application/problem+json")


def _invalid(title: str, errors: dict[str, str]) -> ProblemError:
    """Returns the answer to a request whose fields, named by JSON pointers, are wrong."""
    pointer, message = next(iter(errors.items()))
    return ProblemError(400, title, f"{pointer}: {message}" if pointer else message, errors)


def _pointer(path: Iterable[str | int]) -> str:
    # No field's name holds a character that would have to be escaped.
    return "".join(f"/{part}" for part in path)


async def _parsed(request: Request) -> contract.RecommendationsIn:
    """Reads the body as JSON whatever its Content-Type says: browsers send text/plain to spare a preflight."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > contract.MAX_BODY_BYTES:
            raise ProblemError(413, "The request is too large", f"A body has at most {contract.MAX_BODY_BYTES} bytes.")
    try:
        return contract.RecommendationsIn.model_validate_json(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise ProblemError(400, "The body is not JSON", errors[0]["msg"]) from error
        raise _invalid(_MALFORMED, {_pointer(wrong["loc"]): wrong["msg"] for wrong in errors}) from error


def _songs(request: contract.RecommendationsIn) -> tuple[dict[int, Song], list[contract.Unresolved]]:
    """Returns the songs with identifiers in full by their position, and those that cannot be tracks."""
    songs, refused = {}, {}
    for position, song in enumerate(request.songs):
        try:
            songs[position] = Song(track_id(song.id), song.name, song.artist, song.album, song.features)
        except ValueError as error:
            refused[song.id] = contract.Unresolved(id=song.id, reason=str(error))
    return songs, list(refused.values())


def _answer(
    version: str,
    songs: list[Song],
    refused: list[contract.Unresolved],
    resolution: Resolution,
    recommendations: list[Recommendation],
) -> contract.RecommendationsOut:
    placed = {seed.song.id: seed for seed in resolution.seeds}
    first: dict[str, Song] = {}
    for song in songs:
        first.setdefault(song.id, song)
    sources = []
    for song in first.values():
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
    notices = []
    if not placed:
        notices.append("None of the songs is known: these are the most popular tracks.")
    elif unresolved:
        notices.append(
            f"Left out, because they are unknown: {len(unresolved)} of {len(placed) + len(unresolved)} songs."
        )
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
        notices=notices,
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


# The models that FastAPI does not see, because `_parsed` reads the body and handlers answer with problems.
_SCHEMAS = models_json_schema(
    [(contract.RecommendationsIn, "validation"), (contract.Problem, "serialization")],
    ref_template="#/components/schemas/{model}",
)[1]["$defs"]
_REQUEST_BODY = {
    "required": True,
    "description": "JSON, whatever the Content-Type says.",
    "content": {
        media: {"schema": {"$ref": "#/components/schemas/RecommendationsIn"}}
        for media in ("application/json", "text/plain")
    },
}


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


_MALFORMED_RESPONSE = _problem("The request is malformed; `errors` says where.")
_UNAVAILABLE = _problem("The index does not answer; the same request may succeed later.")


class _Endpoint(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Returns the OpenAPI document."""
        document = super().openapi()
        document["components"]["schemas"].update(_SCHEMAS)
        return document


def create_app(releases: Served) -> FastAPI:
    """Returns the application that answers each request from one release, the one that is current at its beginning."""
    app = _Endpoint(
        title="algorhythms",
        summary="Continues playlists.",
        version="1",
        docs_url="/docs",
        redoc_url=None,
        # A slash too many is answered with 404 and a reason, not with a redirect that browsers turn into a GET.
        redirect_slashes=False,
        # A default response in the document also keeps FastAPI from promising its own 422, which nobody gets.
        responses={"default": _problem("Any other failure.")},
    )
    # Anyone's page may ask: there are no credentials that another origin could abuse.
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"])

    @app.exception_handler(ProblemError)
    async def _ended(_: Request, error: ProblemError) -> JSONResponse:
        return _problem_response(error.problem)

    @app.exception_handler(RequestValidationError)
    async def _bad_parameters(_: Request, error: RequestValidationError) -> JSONResponse:
        # The first part of a place says that it is a parameter of the query.
        errors = {_pointer(wrong["loc"][1:]): wrong["msg"] for wrong in error.errors()}
        return _problem_response(_invalid(_MALFORMED, errors).problem)

    @app.exception_handler(HTTPException)
    async def _no_such_route(request: Request, error: HTTPException) -> JSONResponse:
        problem = contract.Problem(
            title=error.detail, status=error.status_code, detail=f"{request.method} {request.url.path}"
        )
        return _problem_response(problem, dict(error.headers or {}))

    @app.exception_handler(ClientDisconnect)
    async def _hung_up(_: Request, __: ClientDisconnect) -> JSONResponse:
        # Nobody reads this, but without it the log would have a failure.
        problem = contract.Problem(title="The request broke off", status=400, detail="The body is incomplete.")
        return _problem_response(problem)

    @app.exception_handler(IndexUnavailableError)
    async def _index_down(_: Request, error: IndexUnavailableError) -> JSONResponse:
        _log.error("index unavailable: %s", error)
        problem = contract.Problem(title="The index does not answer", status=503, detail="Try again in a few seconds.")
        return _problem_response(problem, {"Retry-After": "5"})

    @app.exception_handler(NotServableError)
    async def _nothing_released(_: Request, error: NotServableError) -> JSONResponse:
        _log.error("nothing to serve: %s", error)
        problem = contract.Problem(
            title="No release can be served", status=503, detail="The reason is in the server's log."
        )
        return _problem_response(problem, {"Retry-After": "30"})

    @app.exception_handler(Exception)
    async def _failed(_: Request, error: Exception) -> JSONResponse:
        _log.error("request failed", exc_info=error)
        problem = contract.Problem(title="The request failed", status=500, detail="The reason is in the server's log.")
        # This answer does not pass the middleware, and without the header a page could not read it.
        return _problem_response(problem, {"Access-Control-Allow-Origin": "*"})

    def recommendations(
        request: Annotated[contract.RecommendationsIn, Depends(_parsed)],
    ) -> contract.RecommendationsOut:
        """Continue a playlist."""
        release = releases.current()
        songs, refused = _songs(request)
        resolution, found = release.recommender.recommend(list(songs.values()), request.count)
        if resolution.faulty and not resolution.seeds:
            positions = list(songs)
            raise _invalid(
                "No song is known, and none can be placed by its features",
                {
                    f"/songs/{positions[i]}/features/{field}": problem
                    for i, wrong in resolution.faulty.items()
                    for field, problem in wrong.items()
                },
            )
        return _answer(release.version, list(songs.values()), refused, resolution, found)

    for path, operation in (("/recommendations", "recommend"), ("/", "recommendAtRoot")):
        app.add_api_route(
            path,
            recommendations,
            methods=["POST"],
            operation_id=operation,
            responses={
                400: _MALFORMED_RESPONSE,
                413: _problem(f"The body has more than {contract.MAX_BODY_BYTES} bytes."),
                503: _UNAVAILABLE,
            },
            openapi_extra={"requestBody": _REQUEST_BODY},
        )

    @app.get("/tracks", operation_id="searchTracks", responses={400: _MALFORMED_RESPONSE, 503: _UNAVAILABLE})
    def search_tracks(
        q: Annotated[
            str,
            Query(
                min_length=1,
                max_length=200,
                description="Beginnings of words of name and artist.",
                examples=["weeknd blind"],
            ),
        ],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> contract.TracksOut:
        """Find tracks by name."""
        found = releases.current().recommender.index.search(q, limit)
        return contract.TracksOut(tracks=[contract.Track(**_track(document)) for document in found])

    @app.get(
        "/tracks/{id:path}",
        operation_id="getTrack",
        responses={400: _MALFORMED_RESPONSE, 404: _problem("The track is unknown."), 503: _UNAVAILABLE},
    )
    def get_track(
        id: Annotated[  # noqa: A002 (the name of the path parameter)
            str,
            PathParameter(
                description="As in a request: a URI, a link or a bare identifier.",
                examples=["spotify:track:0VjIjW4GlUZAMYd2vXMi3b"],
            ),
        ],
    ) -> contract.TrackDetail:
        """Look a track up."""
        try:
            key = track_id(id)
        except ValueError as error:
            raise _invalid("That is no track", {"/id": str(error)}) from error
        document = releases.current().recommender.index.fetch([key], neighbours=True).get(key)
        if document is None or document.kind != "track":
            raise ProblemError(404, "Unknown track", f"{key} is not in the index.")
        neighbours = [contract.Neighbour(id=uri, playlists=count) for uri, count in document.neighbours]
        return contract.TrackDetail(**_track(document), neighbours=neighbours)

    @app.get("/health", operation_id="health", responses={503: _UNAVAILABLE})
    def health() -> contract.Health:
        """See whether the endpoint can answer, and with what."""
        release = releases.current()
        release.recommender.index.search("a", 1)
        return contract.Health(
            status="ok",
            model_version=release.version,
            tracks=release.recommender.index.tracks,
            bundle=release.bundle,
            index=release.index,
            refused=releases.refused,
        )

    @app.get("/quality", operation_id="quality")
    def quality() -> contract.Quality:
        """See how the served model did on held-out playlists."""
        release = releases.current()
        return contract.Quality(model_version=release.version, metrics=release.metrics)

    return app
