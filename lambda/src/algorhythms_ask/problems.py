"""Answers to failed requests: problems (RFC 9457)."""

import logging
from collections.abc import Iterable, Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from algorhythms_ask import contract
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError
from algorhythms_ask.request_ids import name_in

MALFORMED = "The request is malformed"

# The first few show what is wrong with the others.
MAX_ERRORS = 20

_log = logging.getLogger("algorhythms_ask")
name_in(_log)


class ProblemError(Exception):
    """Ends a request with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
        type_: str = "about:blank",
    ) -> None:
        super().__init__(detail)
        wrong = list((errors or {}).items())
        self.headers = headers
        self.problem = contract.Problem(
            type=type_,
            title=title,
            status=status,
            detail=detail,
            errors=[contract.FieldProblem(pointer=pointer, detail=detail) for pointer, detail in wrong[:MAX_ERRORS]],
            errors_left_out=max(0, len(wrong) - MAX_ERRORS),
        )


def invalid(title: str, errors: dict[str, str]) -> ProblemError:
    """Returns the answer to a request whose fields, named by JSON pointers, are wrong."""
    pointer, message = next(iter(errors.items()))
    return ProblemError(400, title, f"{pointer}: {message}" if pointer else message, errors=errors)


def pointer(path: Iterable[str | int]) -> str:
    """Returns the JSON pointer to a place in the request."""
    # No field name contains a character that needs escaping.
    return "".join(f"/{part}" for part in path)


def add_problem_handlers(app: FastAPI) -> None:
    """Makes the application answer every failure with a problem."""

    @app.exception_handler(ProblemError)
    async def _ended(_: Request, error: ProblemError) -> JSONResponse:
        return _problem_response(error.problem, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _bad_parameters(_: Request, error: RequestValidationError) -> JSONResponse:
        # The first part only says that it is a query parameter.
        errors = {pointer(wrong["loc"][1:]): wrong["msg"] for wrong in error.errors()}
        return _problem_response(invalid(MALFORMED, errors).problem)

    @app.exception_handler(HTTPException)
    async def _no_such_route(request: Request, error: HTTPException) -> JSONResponse:
        problem = contract.Problem(
            title=error.detail, status=error.status_code, detail=f"{request.method} {request.scope['path']}"
        )
        headers = dict(error.headers or {})
        if headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"
        return _problem_response(problem, headers)

    @app.exception_handler(ClientDisconnect)
    async def _hung_up(_: Request, __: ClientDisconnect) -> JSONResponse:
        # Nobody reads this, but without it the log would show a failure.
        problem = contract.Problem(title="The client disconnected", status=400, detail="The body is incomplete.")
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
        return _problem_response(problem)


def _problem_response(problem: contract.Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), problem.status, headers=headers, media_type="application/problem+json")
