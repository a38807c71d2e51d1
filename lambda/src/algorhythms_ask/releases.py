"""Which release answers now: a new one is loaded and checked beside the current one, then replaces it.

It answers without what is blocked (see `blocking`); the block list is checked as often.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from algorhythms_ask.blocking import BlockList, BlockListError
from algorhythms_ask.contract import Refusal
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import CURRENT, LocalStore, NotServableError, Release

CHECK_SECONDS = 5.0

_log = logging.getLogger("algorhythms_ask")


class Served(Protocol):
    """Something to answer requests from."""

    @property
    def refused(self) -> Refusal | None:
        """Why a newer release or block list is not in force, in terms that may be public."""

    def current(self) -> Release:
        """Returns the release to answer a request from, from beginning to end.

        Raises:
            NotServableError: there is none.
            IndexUnavailableError: there is one, but its index could not be opened yet.
        """


class Source(Protocol):
    """Where releases come from."""

    def pointer(self) -> bytes:
        """Returns the pointer to the current release; unchanged if nothing was released since.

        Raises:
            NotServableError: there is none, or it cannot be read.
        """

    def load(self, pointer: bytes) -> Release:
        """Loads and checks the release that the pointer names.

        Raises:
            NotServableError: a file is missing or differs from its checksum.
            IndexUnavailableError: the index does not answer.
        """

    def block_list(self) -> tuple[str, bytes | None]:
        """Returns where the block list is, and its content; None if there is none.

        Raises:
            BlockListError: it cannot be read.
        """


def source(environment: Mapping[str, str] = os.environ) -> Source:
    """Returns the source of releases that the environment sets: MODEL_BUCKET, else ALGORHYTHMS_STORE.

    Raises:
        NotServableError: settings are missing or do not fit together.
    """
    bucket = environment.get("MODEL_BUCKET")
    if not bucket:
        return LocalStore(Path(environment.get("ALGORHYTHMS_STORE") or "var/store").expanduser())
    # The plain case does not need AWS.
    from algorhythms_ask.bucket import KEYS, BucketStore, FixedRelease

    key = environment.get("RELEASE_KEY")
    if not key and any(environment.get(name) for name in KEYS):
        return FixedRelease(bucket, environment)
    return BucketStore(bucket, key or CURRENT)


class Releases:
    """The current release of a source; safe to share between threads.

    It checks for a newer one every `seconds`: in the background once `watch` was called, else at the next request, for
    processes that are frozen between requests.
    """

    def __init__(
        self, source: Source, seconds: float = CHECK_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._seconds = seconds
        self._clock = clock
        self._loaded: Release | None = None
        self._pointer = b""
        self._blocked: BlockList | None = None
        # The loaded release without what is blocked; it serves only once both are known.
        self._release: Release | None = None
        self._serving: Release | None = None
        self._next = -float("inf")
        self._watched = False
        self._lacks: type[NotServableError | IndexUnavailableError] = NotServableError
        self._checking = threading.Lock()
        # It may contain paths, addresses and names of secrets: only for the log.
        self._reason: str | None = None
        self.refused: Refusal | None = None

    def current(self) -> Release:
        """Returns the release to answer from, after checking for a newer one if it is time."""
        if not self._watched and self._clock() >= self._next:
            self.check()
        if self._release is None:
            raise self._lacks(self._reason or "the release is being loaded")
        return self._release

    def check(self) -> None:
        """Checks for a newer release and block list, and switches to them; one thread at a time does this.

        Neither waits for the other: a new block list is applied even if a new release cannot serve.
        """
        if not self._checking.acquire(blocking=self._release is None):
            return
        try:
            if self._clock() < self._next and not self._watched:
                return
            failures = [failure for step in (self._load, self._block) if (failure := _failure(step)) is not None]
            if failures:
                self._refuse(*failures[0])
            else:
                self.refused = self._reason = None
            self._next = self._clock() + self._seconds
        finally:
            self._checking.release()

    def _load(self) -> None:
        pointer = self._source.pointer()
        if pointer != self._pointer or self._loaded is None:
            self._loaded = self._source.load(pointer)
            self._pointer = pointer

    def _block(self) -> None:
        if self._loaded is None:
            return
        problem = None
        try:
            blocked = self._listed(self._loaded)
        except BlockListError as error:
            if self._blocked is None:
                raise
            # The last good list stays in force, for a new release too.
            blocked, problem = self._blocked, error
        if self._loaded is not self._serving or blocked != self._blocked:
            self._release = self._loaded.without(blocked)
            self._serving, self._blocked = self._loaded, blocked
            _log.info("release %s serves", self._loaded.version)
            if len(blocked):
                _log.info("%d tracks and artists are blocked", len(blocked))
        if problem is not None:
            raise problem

    def _listed(self, release: Release) -> BlockList:
        place, content = self._source.block_list()
        if content is not None:
            return BlockList.parsed(content, place)
        if release.has_block_list or self._blocked:
            raise BlockListError(
                f"{place} is gone: rewrite it with python -m algorhythms_assets.release.block_list, and if it is in a "
                "bucket, let the endpoint read it"
            )
        return BlockList()

    def _refuse(self, code: Refusal, error: Exception) -> None:
        self._lacks = IndexUnavailableError if code == "index_unavailable" else NotServableError
        # Every check retries it, but the log should say it only once.
        if str(error) != self._reason:
            unexpected = error if code == "check_failed" else None
            _log.error("the update is refused (%s): %s", code, error, exc_info=unexpected)
        self.refused, self._reason = code, str(error)

    def watch(self) -> None:
        """Checks for newer releases in a background thread until the process ends."""
        self._watched = True
        threading.Thread(target=self._watch, daemon=True, name="releases").start()

    def _watch(self) -> None:
        while True:
            time.sleep(self._seconds)
            self.check()


def _failure(step: Callable[[], None]) -> tuple[Refusal, Exception] | None:
    """Runs one step of a check; returns why it failed, if it did."""
    try:
        step()
    except NotServableError as error:
        return "release_unusable", error
    except BlockListError as error:
        return "block_list_unusable", error
    except IndexUnavailableError as error:
        return "index_unavailable", error
    except Exception as error:
        # Whatever is wrong with the update, the current release stays.
        return "check_failed", error
    return None
