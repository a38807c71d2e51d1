"""Dagster's history of old runs and its deletion: events, logs, and on SQLite a database for each run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from algorhythms_assets.resources.store import size_of

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_PAGE = 1000


@dataclass(frozen=True)
class OldRun:
    """A run that ended long ago, and its own files; on PostgreSQL its events are not in files."""

    run: str
    files: tuple[Path, ...]

    @property
    def bytes(self) -> int:
        """The size of these files."""
        return sum(map(size_of, self.files))


def old_runs(instance: dg.DagsterInstance, before: float) -> Iterator[OldRun]:
    """Yields runs that ended before, in seconds since 1970, except those that made current assets or partitions.

    Without these, Dagster would consider assets never materialized, and slices missing.
    """
    databases = _databases(instance)
    needed = set(_latest(instance))
    moment = datetime.fromtimestamp(before, UTC)
    for record in instance.get_run_records(dg.RunsFilter(statuses=_ENDED, created_before=moment)):
        run = record.dagster_run.run_id
        if run not in needed:
            yield OldRun(run, (Path(instance.storage_directory()) / run, *_database(instance, run)))
    # A killed prune may have left the database of a deleted run.
    known = set(instance.get_run_ids())
    for run in sorted(databases - known):
        yield OldRun(run, _database(instance, run))


def forget(instance: dg.DagsterInstance, old: OldRun) -> None:
    """Deletes a run with its logs and events. If this is killed, the run is found again the next time."""
    instance.compute_log_manager.delete_logs(prefix=[old.run])
    if instance.get_run_by_id(old.run) is not None:
        instance.delete_run(old.run)
    # Dagster empties a run's own database but does not shrink the file.
    for path in old.files:
        if path.is_file():
            path.unlink(missing_ok=True)


def _history(instance: dg.DagsterInstance) -> Path:
    """Returns the folder of SQLite's databases of runs, which may not exist."""
    return Path(instance.root_directory) / "history" / "runs"


def _databases(instance: dg.DagsterInstance) -> set[str]:
    return {path.stem for path in _history(instance).glob("*-*-*.db")}


def _database(instance: dg.DagsterInstance, run: str) -> tuple[Path, ...]:
    return tuple(_history(instance) / f"{run}.db{suffix}" for suffix in ("-wal", "-shm", ""))


def _latest(instance: dg.DagsterInstance) -> Iterator[str]:
    """Yields the runs of the latest materialization and observation of each asset and partition."""
    for key in instance.get_asset_keys():
        for fetch in (instance.fetch_materializations, instance.fetch_observations):
            seen: set[str | None] = set()
            cursor = None
            while True:
                page = fetch(key, limit=_PAGE, cursor=cursor)
                for record in page.records:
                    if record.partition_key not in seen:
                        seen.add(record.partition_key)
                        yield record.run_id
                if not page.has_more:
                    break
                cursor = page.cursor
