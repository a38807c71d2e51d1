"""Frees what a store no longer needs, and lists it: `python -m algorhythms_assets.operate.prune`.

`--dry-run` only lists it. `--clean`, which is `make clean`, also frees what can be rebuilt.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets.operate.retention import (
    Piece,
    ended_jobs,
    free,
    nothing_is_made,
    remakeable,
    unfinished,
    unneeded_versions,
)
from algorhythms_assets.operate.run_history import OldRun, forget, old_runs
from algorhythms_assets.operate.sizes import in_words, sizes
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.resources.kept_history import kept_history
from algorhythms_assets.resources.s3 import s3_client
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings, SlurmSettings

_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Freed:
    """What was freed, or would be: a path or several runs, bytes on the store's disk, and why it is not needed."""

    what: str
    bytes: int
    why: str

    def __str__(self) -> str:
        return f"{in_words(self.bytes):>10}  {self.what}: {self.why}"


def prune(
    instance: dg.DagsterInstance,
    settings: Settings,
    bucket: Bucket | None = None,
    *,
    dry_run: bool = False,
    clean: bool = False,
) -> list[Freed]:
    """Frees what is no longer needed; returns it. If this is killed, the next call frees the rest.

    Work of a killed step is kept for `settings.keep_days`, since the same step resumes from it; so are runs and logs.
    With `clean`, interrupted work of any age is freed, and so is what can be rebuilt.

    Raises:
        LockedError: an artifact is being made, so nothing is freed.
        InputError: something cannot be deleted.
    """
    store = Store(settings.store.absolute())
    before = time.time() - settings.keep_days * _DAY
    freed = []
    with nullcontext() if dry_run else nothing_is_made(store):
        for piece in _pieces(store, settings, before, clean):
            told = Freed(str(piece.path), piece.bytes, piece.why)
            if dry_run or free(store, piece, bucket):
                freed.append(told)
    runs = list(old_runs(instance, before))
    if runs:
        freed.append(_told(runs, settings.keep_days))
    if not dry_run:
        for run in runs:
            forget(instance, run)
    return freed


def _pieces(store: Store, settings: Settings, before: float, clean: bool) -> Iterator[Piece]:
    run_dir = (SlurmSettings.read().run_dir or store.root / "slurm").absolute()
    yield from unneeded_versions(store)
    yield from unfinished(store, time.time() if clean else before)
    yield from ended_jobs(run_dir, before)
    if clean:
        yield from remakeable(store, settings)


def _told(runs: list[OldRun], days: int) -> Freed:
    return Freed(f"{len(runs)} runs", sum(run.bytes for run in runs), f"ended more than {days} days ago")


def _bucket() -> Bucket:
    return Bucket(s3_client())


def main() -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m algorhythms_assets.operate.prune", description=__doc__)
    parser.add_argument("--store", type=Path, help="folder of all artifacts (default: ALGORHYTHMS_STORE)")
    parser.add_argument("--dry-run", action="store_true", help="list what would be freed, and free nothing")
    parser.add_argument("--clean", action="store_true", help="also free what can be rebuilt")
    chosen = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    try:
        settings = Settings.read()
        settings = settings.model_copy(update={"store": chosen.store or settings.store})
        if not settings.store.is_dir():
            print(f"There is no store {settings.store}, so there is nothing to free")
            return 0
        os.environ["DAGSTER_HOME"] = str(dagster_home(settings.store))
        bucket = _bucket() if settings.releases == "bucket" else None
        with kept_history() as instance:
            freed = prune(instance, settings, bucket, dry_run=chosen.dry_run, clean=chosen.clean)
    except InputError as error:
        print(f"prune: {error}", file=sys.stderr)
        return 1
    for told in freed:
        print(told)
    total = in_words(sum(told.bytes for told in freed))
    print(f"{total} would be freed" if chosen.dry_run else f"{total} freed", end="; the store ")
    print("takes:" if chosen.dry_run else "takes now:")
    for size in sizes(Store(settings.store)):
        more = f", and {in_words(size.other)} of other versions" if size.other else ""
        print(f"{in_words(size.bytes):>10}  {size.part}{more}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(1)
