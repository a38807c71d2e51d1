"""Which release answers now: a new one is loaded and checked beside the one that serves, then takes its place."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from algorhythms_ask.contract import Refusal
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import CURRENT, LocalStore, NotServableError, Release

CHECK_SECONDS = 5.0

_log = logging.getLogger("algorhythms_ask")


class Served(Protocol):
    """Something to answer requests from."""

    @property
    def refused(self) -> Refusal | None:
        """Why a newer release than the current one does not serve, as the public may know it."""

    def current(self) -> Release:
        """Returns the release that a request is to be answered from, from its beginning to its end.

        Raises:
            NotServableError: there is none.
            IndexUnavailableError: there is one, but its index could not be opened yet.
        """


class Source(Protocol):
    """Where releases come from."""

    def pointer(self) -> bytes:
        """Returns what says which release is current; the same as before if nothing was released since.

        Raises:
            NotServableError: there is none, or it cannot be read.
        """

    def load(self, pointer: bytes) -> Release:
        """Loads and checks the release that the pointer names.

        Raises:
            NotServableError: a file is missing or differs from its checksum.
            IndexUnavailableError: the index does not answer.
        """


def source(environment: Mapping[str, str] = os.environ) -> Source:
    """Returns where the environment's settings say that releases come from: MODEL_BUCKET, else ALGORHYTHMS_STORE.

    Raises:
        NotServableError: settings are missing or do not fit together.
    """
    bucket = environment.get("MODEL_BUCKET")
    if not bucket:
        return LocalStore(Path(environment.get("ALGORHYTHMS_STORE") or "var/store").expanduser())
    # The plain case needs nothing of AWS.
    from algorhythms_ask.bucket import KEYS, BucketStore, FixedRelease

    key = environment.get("RELEASE_KEY")
    if not key and any(environment.get(name) for name in KEYS):
        return FixedRelease(bucket, environment)
    return BucketStore(bucket, key or CURRENT)


class Releases:
    """The current release of a source; safe to share between threads.

    It looks for a newer one every `seconds`: by itself once `watch` was called, else at the next request, which is
    what a process needs that stands still between requests.
    """

    def __init__(
        self, source: Source, seconds: float = CHECK_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._seconds = seconds
        self._clock = clock
        self._release: Release | None = None
        self._pointer = b""
        self._next = -float("inf")
        self._watched = False
        self._lacks: type[NotServableError | IndexUnavailableError] = NotServableError
        self._checking = threading.Lock()
        # It holds paths, addresses and names of secrets: for the log alone.
        self._reason: str | None = None
        self.refused: Refusal | None = None

    def current(self) -> Release:
        """Returns the release to answer from, after a look for a newer one if it is time."""
        if not self._watched and self._clock() >= self._next:
            self.check()
        if self._release is None:
            raise self._lacks(self._reason or "the release is being loaded")
        return self._release

    def check(self) -> None:
        """Looks for a newer release, and switches to it if it can serve; one thread at a time does."""
        if not self._checking.acquire(blocking=self._release is None):
            return
        try:
            if self._clock() < self._next and not self._watched:
                return
            try:
                pointer = self._source.pointer()
                if pointer != self._pointer or self._release is None:
                    self._release = self._source.load(pointer)
                    self._pointer = pointer
                    _log.info("release %s serves", self._release.version)
                self.refused = self._reason = None
            except NotServableError as error:
                self._refuse("release_unusable", error)
            except IndexUnavailableError as error:
                self._refuse("index_unavailable", error)
            except Exception as error:
                # Whatever is wrong with a new release, the old one goes on.
                self._refuse("check_failed", error)
            self._next = self._clock() + self._seconds
        finally:
            self._checking.release()

    def _refuse(self, code: Refusal, error: Exception) -> None:
        self._lacks = IndexUnavailableError if code == "index_unavailable" else NotServableError
        # It is tried again at each look, and the log should say it once.
        if str(error) != self._reason:
            unexpected = error if code == "check_failed" else None
            _log.error("the release is refused (%s): %s", code, error, exc_info=unexpected)
        self.refused, self._reason = code, str(error)

    def watch(self) -> None:
        """Looks for newer releases in a thread of its own until the process ends."""
        self._watched = True
        threading.Thread(target=self._watch, daemon=True, name="releases").start()

    def _watch(self) -> None:
        while True:
            time.sleep(self._seconds)
            self.check()
