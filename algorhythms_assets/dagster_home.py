"""Dagster's home is in the store, so that artifacts and Dagster's history of them stay together.

`python -m algorhythms_assets.dagster_home` creates it and prints its path.
"""

import os
import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from algorhythms_assets.resources.store import InputError, replacing
from algorhythms_assets.settings import Settings

POSTGRES_URL = "ALGORHYTHMS_POSTGRES_URL"

# A file that begins with this is rewritten; without the line it belongs to the user and is kept.
_OURS = "# Written by algorhythms; delete this line to keep your own changes.\n"
_DAGSTER_YAML = f"""\
{_OURS}telemetry:
  enabled: false
nux:
  enabled: false
# Settings are make's: read again, `.env` would win over `make dev STORE=…`.
secrets:
  custom:
    module: dagster._core.secrets.env_file
    class: PerProjectEnvFileLoader
    config: {{location_paths: {{}}}}
# Two runs at a time would write the same artifacts.
concurrency:
  runs:
    max_concurrent_runs: 1
  # One step at a time of those that share something: the service of audio features, a GPU.
  pools:
    granularity: op
    default_limit: 1
# What does not come to an end, or does not end when it is told to, must not hold up the queue.
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  cancel_timeout_seconds: 300
  max_runtime_seconds: 172800
  poll_interval_seconds: 30
  # What a killed run holds of a pool.
  free_slots_after_run_end_seconds: 60
# What sensors and schedules decided at each look. Runs are freed by the job `prune`.
retention:
  sensor: &days
    purge_after_days:
      skipped: 7
      started: 90
      success: 90
      failure: 90
  schedule: *days
  auto_materialize: *days
"""
# The address, which may hold a password, stays out of the file.
_POSTGRES = f"""\
storage:
  postgres:
    postgres_url:
      env: {POSTGRES_URL}
"""
# The content of files written before that line was introduced.
_FORMER = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n# Two runs at a time would write the same artifacts.\n"


# What Dagster cannot start without; each run also has its own database.
_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


def dagster_home(store: Path) -> Path:
    """Returns DAGSTER_HOME of the store, created if needed. Its history is in PostgreSQL if the environment says so.

    Raises:
        InputError: it cannot be written, its databases are damaged, or the PostgreSQL driver is not installed.
    """
    postgres = bool(os.environ.get(POSTGRES_URL))
    if postgres and find_spec("dagster_postgres") is None:
        raise InputError(
            f"{POSTGRES_URL} needs dagster-postgres: .venv/bin/pip install -c constraints.txt '.[postgres]'"
        )
    home = store.absolute() / ".dagster"
    try:
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        if not config.exists() or config.read_text(encoding="utf-8").startswith((_OURS, _FORMER)):
            with replacing(config) as path:
                path.write_text(_DAGSTER_YAML + (_POSTGRES if postgres else ""), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"the store {store} cannot be written: {error.strerror}. Choose another, e.g. STORE=…"
        ) from error
    for path in map(home.joinpath, _DATABASES):
        _require_sound(path)
    return home


def _require_sound(path: Path) -> None:
    """Checks a database with SQLite; otherwise Dagster would fail later, with an obscure message."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda text: text.decode(errors="replace")
            [found] = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return  # such as a lock that another process holds
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        found = str(error)
    if found != "ok":
        raise InputError(
            f"{path}, of Dagster's history, is damaged ({found.splitlines()[-1]}). Move {path.parent} elsewhere and "
            "run again: Dagster forgets its runs, artifacts and releases stay."
        )


if __name__ == "__main__":
    try:
        print(dagster_home(Settings.read().store))
    except InputError as problem:
        sys.exit(str(problem))
