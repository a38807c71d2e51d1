"""What a store no longer needs, and how it is freed.

This never includes releases, what can be rolled back to, or what the next step is made from. Nor does it include old
releases: `release` itself prunes those (config `keep`).
"""

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError, connect

from algorhythms_assets.contracts import ARTIFACTS, PYG_GRAPH, SEARCH_INDEX, SERVING_BUNDLE
from algorhythms_assets.plan import INTERMEDIATE, outdated
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import history, places
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.slurm.job import folders
from algorhythms_assets.resources.store import GONE_SUFFIX, STAMP_FILE, InputError, Store, discard, size_of
from algorhythms_assets.settings import Settings

# Not artifacts, or cleaned up elsewhere.
_NOT_OURS = (".dagster", ".locks", "slurm", "sample")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Piece:
    """A file or folder that may be deleted, the reason, and the Elasticsearch index that belongs to it."""

    path: Path
    why: str
    index: str | None = None

    @property
    def bytes(self) -> int:
        """Its size on the store's disk."""
        return size_of(self.path)


@contextmanager
def nothing_is_made(store: Store) -> Iterator[None]:
    """Holds the locks of all artifacts: files that a step is using cannot be told apart from leftovers.

    Raises:
        LockedError: an artifact is being made.
    """
    with ExitStack() as stack:
        for name in ARTIFACTS:
            stack.enter_context(lock(store.locks, name))
        yield


def unneeded_versions(store: Store) -> Iterator[Piece]:
    """Yields versions of refused candidates: no release names them, and nothing in the store is made from them."""
    stamps = [stamp for stamp in map(store.stamp, ARTIFACTS.values()) if stamp is not None]
    used = {version for stamp in stamps for version in stamp.descent.values()}
    released = {store.root / place for content in history(store) for place in places(content)}
    for artifact in (PYG_GRAPH, SERVING_BUNDLE, SEARCH_INDEX):
        try:
            latest = store.path(artifact)
        except InputError:
            continue
        for folder in sorted(latest.parent.glob("[!.]*")):
            if folder.is_dir() and folder not in {latest, *released} and _data_version(folder) not in used:
                yield Piece(folder, "of no release, and nothing is made from it", _named_index(folder))


def unfinished(store: Store, before: float) -> Iterator[Piece]:
    """Yields what a killed process left half written and nothing has resumed since `before`, in seconds since 1970."""
    for top in sorted(store.root.glob("*")):
        if top.name not in _NOT_OURS:
            yield from _unfinished(store, top, before)


def _unfinished(store: Store, path: Path, before: float) -> Iterator[Piece]:
    if path.name.startswith(".") and path.name.endswith(GONE_SUFFIX):
        yield Piece(path, "it was being deleted")
    elif path.name.startswith(".") and path.name.endswith(".tmp"):
        if _touched(path) < before:
            yield Piece(path, "an interrupted step left it", _loading_index(store, path))
    elif path.name.startswith(".") and path.name.endswith(".replaced"):
        # If the new one was never renamed, this is the artifact, and the store restores it.
        if path.with_name(path.name[1:].removesuffix(".replaced")).exists():
            yield Piece(path, "what was replaced")
    elif path.is_dir() and not path.is_symlink():
        for below in sorted(path.iterdir()):
            yield from _unfinished(store, below, before)


def ended_jobs(run_dir: Path, before: float) -> Iterator[Piece]:
    """Yields the folders of Slurm jobs that ended before; those of jobs whose end was not observed stay."""
    for left in sorted(run_dir.glob(f"*/.*{GONE_SUFFIX}")):
        yield Piece(left, "it was being deleted")
    for folder in folders(run_dir):
        ended = folder.is_ended or folder.exit_code is not None
        if ended and not folder.is_followed and _touched(folder.path) < before:
            yield Piece(folder.path, "script and log of a Slurm job that ended")


def remakeable(store: Store, settings: Settings) -> Iterator[Piece]:
    """Yields what can be rebuilt: intermediates once everything downstream is made, and a sample not in use.

    `make demo` does not rebuild an intermediate until something downstream has to be made.
    """
    if not outdated(store, settings):
        for artifact in INTERMEDIATE:
            if store.stamp(artifact) is not None:
                yield Piece(store.path(artifact), "everything downstream is made; the next snapshot rebuilds it")
    if settings.playlists is not None and settings.sample.is_dir():
        yield Piece(settings.sample.absolute(), "the generated sample, which is not in use")


def free(store: Store, piece: Piece, bucket: Bucket | None = None) -> bool:
    """Frees a piece; returns whether it is gone. If this is killed, the piece is found again the next time.

    Raises:
        InputError: it cannot be deleted.
    """
    if piece.index is not None:
        try:
            connect().ask("DELETE", f"/{piece.index}?ignore_unavailable=true", timeout=60)
        except (IndexUnavailableError, NotServableError) as error:
            _log.warning("%s stays, as its index %s cannot be deleted: %s", piece.path, piece.index, error)
            return False
    if bucket is not None and piece.path.parent == store.root / SERVING_BUNDLE.name:
        bundle, served = str(piece.path.relative_to(store.root)), bucket.current()
        # Another store may publish there too.
        if served is None or served["bundle"] != bundle:
            bucket.drop(bundle)
    try:
        discard(piece.path)
    except OSError as error:
        raise InputError(f"{piece.path} cannot be deleted: {error.strerror}") from error
    return True


def _data_version(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / STAMP_FILE).read_text(encoding="utf-8"))["data_version"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _named_index(folder: Path) -> str | None:
    """Returns the index in the cluster that a version of the search index describes."""
    about = folder / "index.json"
    if folder.parent.name != SEARCH_INDEX.name or not about.is_file():
        return None
    content = json.loads(about.read_text(encoding="utf-8"))
    return str(content["name"]) if content.get("kind") == "elasticsearch" else None


def _loading_index(store: Store, left: Path) -> str | None:
    """Returns the index that an interrupted load had started, unless it is complete by now."""
    version = left.name[1:].partition(".")[0]
    if left.parent != store.root / SEARCH_INDEX.name or not (left / "progress.json").is_file():
        return None
    return None if store.version_path(SEARCH_INDEX, version).exists() else f"tracks-{version}"


def _touched(path: Path) -> float:
    """Returns when it, or anything in it, was last written, in seconds since 1970."""
    everything = [path, *path.rglob("*")] if path.is_dir() else [path]
    return max(place.lstat().st_mtime for place in everything)
