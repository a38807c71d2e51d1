"""JSON over HTTP from services that may be slow, busy or wrong: throttled, retried, and bounded in every way."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from algorhythms_assets.resources.http.own_words import own_words, secrets_in
from algorhythms_assets.resources.store import InputError

T = TypeVar("T")
Sleep = Callable[[float], None]

# A hundred tracks are 60 KB.
_LARGEST_ANSWER = 4_000_000
_BUSY = (408, 425, 429)
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.5, 60


class ServiceError(InputError):
    """The service cannot be used now; the message is one line for the user."""


class RefusedError(Exception):
    """The service understood and refused, perhaps with a message that may be shown; a retry would not help."""

    def __init__(self, status: int, words: str | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.words = words


class WrongAnswerError(Exception):
    """The answer is not what was requested; the message says why."""


class _PassingError(Exception):
    """A retry may succeed; `wait` is the pause in seconds that the service asks for, `words` its message."""

    def __init__(self, reason: str, wait: float | None = None, words: str | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
        self.words = words


@dataclass(frozen=True)
class Politeness:
    """How a service is treated; times in seconds."""

    rate: float
    timeout: float
    attempts: int
    longest_wait: float


class PoliteClient:
    """Sends requests to a service, with the rate and retries of `Politeness`."""

    def __init__(self, politeness: Politeness, log: logging.Logger, sleep: Sleep = time.sleep) -> None:
        # Both would log every request; httpcore even its headers.
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._politeness = politeness
        self._log = log
        self._sleep = sleep
        self._http = httpx.Client(timeout=politeness.timeout)
        self._free_at = 0.0
        self.requests = 0

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def json(self, what: str, read: Callable[[Any], T], method: str, url: str, **arguments: Any) -> T:
        """Returns what `read` makes of the answer; if it raises `WrongAnswerError`, the request is retried.

        `what` names the request in messages; `arguments` are httpx's, and may be secret.

        Raises:
            RefusedError: a status that is neither success nor temporary.
            ServiceError: it did not succeed within the allowed attempts.
        """
        backoff = wait_exponential(_FIRST_BACKOFF, max=_LONGEST_BACKOFF) + wait_random(0, _FIRST_BACKOFF)

        def wait(state: RetryCallState) -> float:
            return max(backoff(state), _failure(state).wait or 0)

        def tell(state: RetryCallState) -> None:
            pause = state.next_action.sleep if state.next_action else 0
            self._log.info("%s: %s; again in %.1f s", what, _failure(state), pause)

        attempts = self._politeness.attempts
        retrying = Retrying(
            stop=stop_after_attempt(attempts),
            wait=wait,
            retry=retry_if_exception_type(_PassingError),
            before_sleep=tell,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(lambda: self._once(what, read, method, url, arguments))
        except _PassingError as error:
            words = f' ("{error.words}")' if error.words else ""
            raise ServiceError(f"{what}: {error}{words}; given up after {attempts} attempts.") from None

    def _once(self, what: str, read: Callable[[Any], T], method: str, url: str, arguments: Mapping[str, Any]) -> T:
        self._throttle()
        self.requests += 1
        try:
            with self._http.stream(method, url, **arguments) as response:
                body = self._body(response)
        except httpx.ConnectError as error:
            raise _PassingError(f"no connection ({error})") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Only the type: the message may quote what was sent.
            raise _PassingError(f"the connection failed ({type(error).__name__})") from None
        if not response.is_success:
            words = own_words(body, response.headers.get("Content-Type", ""), secrets_in(arguments))
            if response.status_code in _BUSY or response.status_code >= 500:
                raise self._busy(what, response, words)
            raise RefusedError(response.status_code, words)
        try:
            return read(json.loads(body))
        except (ValueError, RecursionError):
            raise _PassingError(f"the answer is no JSON ({len(body)} bytes)") from None
        except WrongAnswerError as error:
            raise _PassingError(str(error)) from None

    def _throttle(self) -> None:
        now = time.monotonic()
        if now < self._free_at:
            self._sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + 1 / self._politeness.rate

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        deadline = time.monotonic() + self._politeness.timeout
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_ANSWER:
                raise _PassingError(f"the answer is longer than {_LARGEST_ANSWER / 1e6:g} MB")
            # httpx only limits the time between two chunks; a trickle would pass.
            if time.monotonic() > deadline:
                raise _PassingError(f"the answer took longer than {self._politeness.timeout:g} s")
        return bytes(body)

    def _busy(self, what: str, response: httpx.Response, words: str | None) -> Exception:
        status = f"HTTP {response.status_code}"
        wait = retry_after(response.headers)
        limit = self._politeness.longest_wait
        if wait is not None and wait > limit:
            said = f' It says: "{words}"' if words else ""
            return ServiceError(
                f"{what}: {status}, and it asks for a pause of {wait:.0f} s, more than {limit:g} s.{said}"
            )
        return _PassingError(status, wait, words)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns the pause in seconds that a service asks for, or None."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _date(text)
    # The service's own clock, if it sends it: ours may be wrong.
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _failure(state: RetryCallState) -> _PassingError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, _PassingError)  # noqa: S101 (nothing else is retried)
    return failure
