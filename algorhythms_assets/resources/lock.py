"""One writer for each artifact: a file in the store says who is making it, on any shared file system.

Readers do not lock. A killed process leaves its file behind, and the next one takes it over: on the same host it sees
that the process is gone, from another host that the file is no longer touched.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from algorhythms_assets.resources.processes import process_started
from algorhythms_assets.resources.store import InputError

# An owner touches its file at this interval; another host considers it dead after more than twice that.
BEAT_SECONDS = 10.0
_PATIENCE_SECONDS = 25.0


class LockedError(InputError):
    """Another process is making the artifact; the message says who, since when, and what to do."""

    def __init__(self, owner: "Owner", path: Path) -> None:
        super().__init__(
            f"{owner.artifact} is being made by {owner}: wait until that has ended, or end it. "
            f"If it no longer runs, delete {path}."
        )
        self.owner = owner


@dataclass(frozen=True)
class Owner:
    """Who is making an artifact: a process on a host, perhaps a cluster job.

    An owner that does not beat leaves its file untouched, so only its own host can tell that it is gone.
    """

    artifact: str
    host: str
    process: int
    started: str
    since: str
    token: str
    job: str | None = None
    beats: bool = True

    def __str__(self) -> str:
        who = f"job {self.job} on {self.host}" if self.job else f"process {self.process} on {self.host}"
        return f"{who} since {self.since}"

    @property
    def is_gone(self) -> bool:
        """Whether its process ended, as far as can be seen from this host."""
        return self.host == socket.gethostname() and process_started(self.process) != self.started


@contextmanager
def lock(folder: Path, artifact: str) -> Iterator[None]:
    """Holds the lock of an artifact, a file in `folder`, while the block runs.

    Raises:
        LockedError: a live process has it.
        OSError: the file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{artifact}.json"
    owner = _me(artifact)
    _take(path, owner)
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, ended), daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        if _read(path) == owner:
            path.unlink(missing_ok=True)


def hold(folder: Path, artifact: str) -> None:
    """Takes a lock for the life of this process, even after exec, which no thread survives that could touch the file.

    Raises:
        LockedError: a live process has it.
        OSError: the file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _take(folder / f"{artifact}.json", replace(_me(artifact), beats=False))


def owners(folder: Path) -> list[Owner]:
    """Returns who is making what at the moment, and who was killed and left a lock behind."""
    found = [_read(path) for path in sorted(folder.glob("*.json"))]
    return [owner for owner in found if owner is not None]


def _me(artifact: str) -> Owner:
    return Owner(
        artifact=artifact,
        host=socket.gethostname(),
        process=os.getpid(),
        started=process_started(os.getpid()),
        since=datetime.now().astimezone().isoformat(" ", "seconds"),
        token=uuid.uuid4().hex,
        job=os.environ.get("SLURM_JOB_ID"),
    )


def _take(path: Path, owner: Owner) -> None:
    while not _create(path, owner):
        found = _read(path)
        if found is None:
            continue  # it was released in between
        if not found.is_gone and (found.host == owner.host or not found.beats or _is_touched(path)):
            raise LockedError(found, path)
        if _take_over(path, found, owner):
            return


def _create(path: Path, owner: Owner) -> bool:
    """Creates the file atomically if there is none: a hard link to a temporary file."""
    written = path.with_name(f".{path.name}.{owner.token}")
    written.write_text(json.dumps(asdict(owner)), encoding="utf-8")
    try:
        path.hardlink_to(written)
    except FileExistsError:
        return False
    finally:
        written.unlink()
    return True


def _take_over(path: Path, dead: Owner, owner: Owner) -> bool:
    """Replaces the file of a dead owner; if several processes try, only one succeeds."""
    claim = path.with_name(f".{path.name}.{dead.token}.claim")
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        time.sleep(0.1)
        # A claim takes milliseconds, unless the claimant was killed in between.
        with suppress(FileNotFoundError):
            if time.time() - claim.stat().st_mtime > _PATIENCE_SECONDS:
                claim.unlink()
        return False
    try:
        if _read(path) != dead:
            return False
        written = path.with_name(f".{path.name}.{owner.token}")
        written.write_text(json.dumps(asdict(owner)), encoding="utf-8")
        written.replace(path)
        return True
    finally:
        claim.unlink(missing_ok=True)


def _is_touched(path: Path) -> bool:
    """Returns whether the owner on another host still touches its file; watches it, since clocks of hosts differ."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with suppress(FileNotFoundError):
        before = path.stat().st_mtime_ns
        while time.monotonic() < deadline:
            time.sleep(BEAT_SECONDS / 20)
            if path.stat().st_mtime_ns != before:
                return True
        return False
    return False


def _beat(path: Path, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        with suppress(OSError):
            os.utime(path)


def _read(path: Path) -> Owner | None:
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
