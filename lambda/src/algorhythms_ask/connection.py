"""The connection to an Elasticsearch cluster: few calls, kept alive, each with a time-out.

Uses only urllib3: the official client takes longer to import than everything else that a cold start needs.
"""

import base64
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3

from algorhythms_ask.bounded import TooLargeError, content_of
from algorhythms_ask.index import IndexUnavailableError

_CONNECT_SECONDS = 1.0
_ARN = "arn:aws"
_CONNECTIONS = 40  # as many as the server has threads

# Between two checks whether a rejected password has been changed: a check may take seconds, and costs money.
_RENEWAL_SECONDS = 30.0

_log = logging.getLogger("algorhythms_ask")


class DatabaseError(Exception):
    """The settings of the database are invalid. The message says which, and never repeats a secret."""


class RefusedError(IndexUnavailableError):
    """The cluster answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Database:
    """The cluster's URL, the credentials, and the time-out of an answer, in seconds."""

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout: float = 3.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Database":
        """Reads DATABASE_URL (else ALGORHYTHMS_INDEX), _USER and _PASS or _API_KEY, _CA_FILE and _TIMEOUT.

        A value that is the ARN of a secret is read from Secrets Manager.

        Raises:
            DatabaseError: a setting is missing or malformed.
        """
        given = {name: environment.get(f"DATABASE_{name}") or None for name in ("URL", "USER", "PASS", "API_KEY")}
        given |= {name: _secret(value) for name, value in given.items() if value and value.startswith(_ARN)}
        # A secret made from a file ends in a line break.
        given = {name: value and value.rstrip("\r\n") for name, value in given.items()}
        url = given["URL"] or environment.get("ALGORHYTHMS_INDEX", "")
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", url):
            raise DatabaseError(
                "DATABASE_URL must be the http:// or https:// URL of an Elasticsearch cluster, without user and "
                "password: set these in DATABASE_USER and DATABASE_PASS"
            )
        if given["API_KEY"] and given["USER"]:
            raise DatabaseError("set either DATABASE_API_KEY or DATABASE_USER, not both")
        if given["API_KEY"] and not (given["API_KEY"].isascii() and given["API_KEY"].isprintable()):
            raise DatabaseError("DATABASE_API_KEY has characters that no key has")
        if bool(given["USER"]) != bool(given["PASS"]):
            raise DatabaseError("DATABASE_USER and DATABASE_PASS must be set together")
        ca_file = environment.get("DATABASE_CA_FILE") or None
        if ca_file and not os.path.isfile(ca_file):  # noqa: PTH113 (pathlib is not needed elsewhere)
            raise DatabaseError(f"DATABASE_CA_FILE names {ca_file}, which is not a file")
        try:
            timeout = float(environment.get("DATABASE_TIMEOUT") or cls.timeout)
        except ValueError:
            timeout = 0
        if not 0 < timeout <= 600:
            raise DatabaseError("DATABASE_TIMEOUT must be a number of seconds")
        return cls(url.rstrip("/"), given["USER"], given["PASS"], given["API_KEY"], ca_file, timeout)


def _secret(arn: str) -> str:
    # Not needed if the settings contain the secrets themselves.
    from algorhythms_ask.aws import Aws, AwsError

    try:
        return Aws().secret(arn)
    except AwsError as error:
        raise DatabaseError(str(error)) from None


class Connection:
    """Sends JSON requests to a cluster; thread-safe.

    If the cluster rejects the credentials, `renew` reads the settings again: a secret may have been changed.
    """

    def __init__(self, database: Database, renew: Callable[[], Database] | None = None) -> None:
        self.url = database.url
        self.timeout = database.timeout
        self._headers = _headers(database)
        self._renew = renew
        self._renewing = threading.Lock()
        self._next_renewal = -float("inf")
        # Only our own retries: urllib3's would exceed the time-out.
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, ca_certs=database.ca_file, retries=False)

    def get(self, path: str) -> Any:
        """Returns the answer to GET; raises as `ask` does."""
        return self.ask("GET", path)

    def post(self, path: str, body: object) -> Any:
        """Returns the answer to POST with a JSON body; raises as `ask` does."""
        return self.ask("POST", path, json.dumps(body, separators=(",", ":")).encode())

    def post_lines(self, path: str, lines: Iterable[object], timeout: float | None = None) -> Any:
        """Returns the answer to POST with one JSON document per line; raises as `ask` does."""
        body = "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines)
        return self.ask("POST", path, body.encode(), "application/x-ndjson", timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Any:
        """Returns the answer's JSON.

        Retries a broken connection once, because a server may close it while it is idle.

        Raises:
            RefusedError: the answer is an error.
            IndexUnavailableError: there is no answer within `timeout` seconds, or it is not JSON.
        """
        headers = self._headers
        status, answer = self._asked(method, path, body, content_type, headers, timeout)
        if _is_stranger(status, answer) and self._renewed(headers):
            status, answer = self._asked(method, path, body, content_type, self._headers, timeout)
        if status >= 400:
            raise RefusedError(status, f"{self.url} answered {method} {path} with {status}{_told(status, answer)}")
        if answer is None:
            raise IndexUnavailableError(f"{self.url} did not answer in JSON")
        return answer

    def _renewed(self, refused: Mapping[str, str]) -> bool:
        """Returns whether the credentials have changed from those that were rejected."""
        with self._renewing:
            if self._headers is not refused:
                return True
            if self._renew is None or time.monotonic() < self._next_renewal:
                return False
            try:
                headers = _headers(self._renew())
            except DatabaseError as error:
                _log.error("the cluster rejects the credentials, and the settings cannot be read again: %s", error)
                headers = self._headers
            self._next_renewal = time.monotonic() + _RENEWAL_SECONDS
            if headers == refused:
                return False
            _log.warning("the cluster rejects the credentials: the secret has changed and is read again")
            self._headers = headers
            return True

    def _asked(
        self,
        method: str,
        path: str,
        body: bytes | None,
        content_type: str,
        credentials: Mapping[str, str],
        timeout: float | None,
    ) -> tuple[int, Any]:
        """Returns the status and the JSON of an answer; None if it is not JSON."""
        deadline = time.monotonic() + (timeout or self.timeout)
        headers = {**credentials, "content-type": content_type} if body is not None else credentials
        for last in (False, True):
            try:
                status, content = self._once(method, path, body, headers, deadline)
                break
            except (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.ReadTimeoutError, TimeoutError):
                raise IndexUnavailableError(f"{self.url} did not answer within {timeout or self.timeout:g} s") from None
            except (urllib3.exceptions.HTTPError, OSError) as error:
                if last or isinstance(
                    error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.SSLError | TooLargeError
                ):
                    raise IndexUnavailableError(
                        f"{self.url} cannot be reached: {_reason(error)}{_hint(error)}"
                    ) from error
        try:
            return status, json.loads(content) if content else {}
        except ValueError:
            return status, None

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, bytes]:
        left = max(deadline - time.monotonic(), 0.001)
        response = self._pool.request(
            method,
            f"{self.url}{path}",
            body=body,
            headers=headers,
            timeout=urllib3.Timeout(connect=min(left, _CONNECT_SECONDS), read=left),
            preload_content=False,
            redirect=False,
        )
        return response.status, content_of(response, deadline)


def _headers(database: Database) -> dict[str, str]:
    headers: dict[str, str] = urllib3.make_headers(keep_alive=True)
    if database.user:
        # In UTF-8 (RFC 7617), where urllib3 takes Latin-1.
        basic = f"{database.user}:{database.password}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(basic).decode()}"
    if database.api_key:
        headers["authorization"] = f"ApiKey {database.api_key}"
    return headers


def _reason(error: BaseException) -> str:
    # urllib3 writes the object and its memory address before the reason.
    return re.sub(r"^.*?>: |^\S+: ", "", str(error)) or type(error).__name__


def _hint(error: BaseException) -> str:
    if isinstance(error, urllib3.exceptions.SSLError) and "certificate verify failed" in str(error):
        return ". Set DATABASE_CA_FILE to the certificate of the authority that signed the cluster's certificate"
    return ""


def _is_stranger(status: int, answer: Any) -> bool:
    # A read-only cluster also refuses writes with 403.
    return status == 401 or (status == 403 and _error(answer)[1] in ("", "security_exception"))


def _told(status: int, answer: Any) -> str:
    if _is_stranger(status, answer):
        return ": see DATABASE_USER and DATABASE_PASS, or DATABASE_API_KEY"
    reason, _ = _error(answer)
    return f": {reason}" if reason else ""


def _error(answer: Any) -> tuple[str, str]:
    """Returns the reason and the type that an answer gives for a failure."""
    try:
        error = answer["error"]
        return (error, "") if isinstance(error, str) else (error["reason"], error.get("type", ""))
    except (KeyError, TypeError, AttributeError):
        return "", ""
