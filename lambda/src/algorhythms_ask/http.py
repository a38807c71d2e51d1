"""The endpoint: the recommender over HTTP. The same application runs under uvicorn and in Lambda."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi import Path as PathParameter
from starlette.types import ASGIApp

from algorhythms_ask import contract
from algorhythms_ask.answer import answer_of
from algorhythms_ask.asked import refuse_faulty, songs_of, wish_of
from algorhythms_ask.batch import answered
from algorhythms_ask.bodies import body_of, parsed
from algorhythms_ask.bodiless import tag_of
from algorhythms_ask.docs import add_docs
from algorhythms_ask.edge import edged
from algorhythms_ask.fitting import fitting
from algorhythms_ask.index import Document, Index
from algorhythms_ask.openapi import FAILURES, MALFORMED_RESPONSE, UNAVAILABLE, UNCHANGED, Documented, body, problem
from algorhythms_ask.problems import ProblemError, add_problem_handlers, invalid
from algorhythms_ask.quality import is_wanted, page_of
from algorhythms_ask.release import Release
from algorhythms_ask.releases import Served
from algorhythms_ask.requests import BatchIn, RecommendationsIn, ResolveIn
from algorhythms_ask.resolving import Resolved, resolved
from algorhythms_ask.songs import track_id


async def parsed_request(request: Request) -> RecommendationsIn:
    """Reads the body as JSON whatever its Content-Type: browsers send text/plain to avoid a preflight."""
    return parsed(RecommendationsIn, await body_of(request))


async def parsed_batch(request: Request) -> BatchIn:
    """Reads the body in the same way."""
    return parsed(BatchIn, await body_of(request))


async def parsed_lines(request: Request) -> ResolveIn:
    """Reads the body of a request for tracks by lines, in the same way."""
    return parsed(ResolveIn, await body_of(request))


class _Endpoint(Documented):
    """An application whose answers all pass the edge, including those to internal failures."""

    def build_middleware_stack(self) -> ASGIApp:
        return edged(super().build_middleware_stack())


def create_app(releases: Served) -> FastAPI:
    """Returns the application that answers each request from one release: the current one when the request begins."""
    app = _Endpoint(
        title="algorhythms",
        summary="Continues playlists.",
        version="1",
        docs_url=None,
        redoc_url=None,
        # An extra slash gets a 404 with a reason, not a redirect that browsers turn into a GET.
        redirect_slashes=False,
        # A default response in the document also keeps FastAPI from promising its own 422, which is never sent.
        responses={"default": problem("Any other failure.")},
    )
    add_problem_handlers(app)
    add_docs(app)

    def tagged(response: Response) -> Release:
        """Takes the current release, and lets clients cache the answer until the release changes."""
        release = releases.current()
        response.headers["ETag"] = tag_of(release.answers)
        response.headers["Cache-Control"] = "no-cache"
        return release

    Tagged = Annotated[Release, Depends(tagged)]  # noqa: N806 (a type)

    def recommendations(
        request: Annotated[RecommendationsIn, Depends(parsed_request)],
    ) -> Response:
        """Continue a playlist."""
        release = releases.current()
        songs = songs_of(request.songs)
        wish = wish_of(request, songs, release.version)
        [answer] = release.recommender.recommend([wish])
        refuse_faulty(songs, answer)
        advice = (
            'Ask with "terms": false'
            if request.terms
            else "Ask for fewer tracks, or with shorter names and identifiers"
        )
        return fitting(answer_of(release, request, songs, answer), advice)

    # The root answers too, like the origin's endpoint; clients generated from the document need the route only once.
    for path in ("/recommendations", "/"):
        app.add_api_route(
            path,
            recommendations,
            methods=["POST"],
            response_model=contract.RecommendationsOut,
            operation_id="recommend",
            include_in_schema=path != "/",
            tags=["recommendations"],
            responses=FAILURES,
            openapi_extra=body(RecommendationsIn),
        )

    @app.post(
        "/recommendations:batch",
        operation_id="recommendBatch",
        tags=["recommendations"],
        response_model=contract.BatchOut,
        responses=FAILURES,
        openapi_extra=body(BatchIn),
    )
    def recommendations_of_many(batch: Annotated[BatchIn, Depends(parsed_batch)]) -> Response:
        """Continue many playlists at once."""
        return fitting(answered(batch, releases.current()), 'Ask for fewer tracks, or with "terms": false')

    @app.post(
        "/resolve",
        response_model=contract.ResolveOut,
        operation_id="resolve",
        tags=["tracks"],
        responses=FAILURES,
        openapi_extra=body(ResolveIn),
    )
    def resolve(request: Annotated[ResolveIn, Depends(parsed_lines)]) -> Response:
        """Say which tracks the lines of a list are."""
        release = releases.current()
        found = resolved(request.lines, release.recommender.index)
        lines = [_line(line, one) for line, one in zip(request.lines, found, strict=True)]
        answer = contract.ResolveOut(model_version=release.version, lines=lines)
        return fitting(answer, "Ask for fewer lines")

    @app.get(
        "/tracks",
        operation_id="searchTracks",
        tags=["tracks"],
        responses={304: UNCHANGED, 400: MALFORMED_RESPONSE, 503: UNAVAILABLE},
    )
    def search_tracks(
        q: Annotated[
            str,
            Query(
                min_length=1,
                max_length=200,
                description="Words of name and artist, in any order. The last may be unfinished.",
                examples=["weeknd blind"],
            ),
        ],
        release: Tagged,
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> contract.TracksOut:
        """Find tracks by name."""
        found = release.recommender.index.search(q, limit)
        return contract.TracksOut(tracks=[contract.Track(**_track(document)) for document in found])

    @app.get(
        "/tracks/{id:path}",
        operation_id="getTrack",
        tags=["tracks"],
        responses={304: UNCHANGED, 400: MALFORMED_RESPONSE, 404: problem("The track is unknown."), 503: UNAVAILABLE},
    )
    def get_track(
        id: Annotated[  # noqa: A002 (the name of the path parameter)
            str,
            PathParameter(
                description="As in a request: a URI, a link or a bare identifier.",
                examples=["spotify:track:0VjIjW4GlUZAMYd2vXMi3b"],
            ),
        ],
        release: Tagged,
    ) -> contract.TrackDetail:
        """Look a track up."""
        try:
            key = track_id(id)
        except ValueError as error:
            raise invalid("Not a track", {"/id": str(error)}) from error
        document = release.recommender.index.fetch([key], neighbours=True).get(key)
        if document is None or document.kind != "track":
            raise ProblemError(404, "Unknown track", f"{key} is not in the index.")
        return contract.TrackDetail(**_track(document), neighbours=_neighbours(document, release.recommender.index))

    # Not in a thread: it answers even if all threads wait for an index.
    @app.get("/health/live", operation_id="live", tags=["service"])
    async def live() -> contract.Live:
        """See whether the process is up. It asks nothing and nobody."""
        return contract.Live()

    @app.get("/health", operation_id="health", tags=["service"], responses={503: UNAVAILABLE})
    def health() -> contract.Health:
        """See whether the endpoint can answer, and with what."""
        release = releases.current()
        release.recommender.index.search("a", 1)
        return contract.Health(
            model_version=release.version,
            tracks=release.recommender.index.tracks,
            bundle=release.bundle,
            index=release.index,
            blocked=len(release.block_list),
            refused=releases.refused,
        )

    @app.get(
        "/quality",
        operation_id="quality",
        tags=["service"],
        response_model=contract.Quality,
        responses={304: UNCHANGED, 503: UNAVAILABLE},
    )
    def quality(request: Request) -> Response:
        """See how the served model did on held-out playlists. Who accepts text/html gets a page."""
        release = releases.current()
        told = {} if release.report is None else {"evaluation": contract.Evaluation(**release.report)}
        found = contract.Quality(model_version=release.version, metrics=release.metrics, **told)
        paged = is_wanted(request.headers.get("Accept", ""))
        answer = page_of(found) if paged else fitting(found, "")
        answer.headers["ETag"] = tag_of(f"{release.version} page" if paged else release.version)
        answer.headers.update({"Cache-Control": "no-cache", "Vary": "Accept"})
        return answer

    return app


def _neighbours(document: Document, index: Index) -> list[contract.Neighbour]:
    known = index.fetch([uri for uri, _ in document.neighbours])
    most = sorted(document.neighbours, key=lambda neighbour: -neighbour[1])
    return [
        contract.Neighbour(id=uri, track_name=known[uri].name, track_artist=known[uri].artist, playlists=count)
        for uri, count in most
        if uri in known
    ]


def _line(line: str, found: Resolved) -> contract.ResolvedLine:
    candidates = [contract.Candidate(**_track(track), confidence=sure) for track, sure in found.candidates]
    return contract.ResolvedLine(
        line=line,
        match=None if found.match is None else contract.Track(**_track(found.match)),
        confidence=candidates[0].confidence if candidates else 0,
        candidates=candidates,
        reason=found.reason,
    )


def _track(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "track_name": document.name,
        "track_artist": document.artist,
        "album": document.album,
        "playlists": document.playlists,
    }
