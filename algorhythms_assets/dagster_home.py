"""Dagster's home lies in the store, so that artifacts and what Dagster knows of them never part.

`python -m algorhythms_assets.dagster_home` makes it and prints where it is.
"""

import sys
from pathlib import Path

from algorhythms_assets.resources.store import InputError, replacing
from algorhythms_assets.settings import Settings

# A file that begins with this is written anew; without the line it is the user's own and stays.
_OURS = "# Written by algorhythms; delete this line to keep your own changes.\n"
_DAGSTER_YAML = f"""\
{_OURS}telemetry:
  enabled: false
nux:
  enabled: false
# Two runs at a time would write the same artifacts.
concurrency:
  runs:
    max_concurrent_runs: 1
# What does not come to an end, or does not end when it is told to, must not hold up the queue.
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  cancel_timeout_seconds: 300
  max_runtime_seconds: 172800
"""
# What was written before there was such a line.
_FORMER = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n# Two runs at a time would write the same artifacts.\n"


def dagster_home(store: Path) -> Path:
    """Returns DAGSTER_HOME of the store, made if need be.

    Raises:
        InputError: it cannot be written.
    """
    home = store.absolute() / ".dagster"
    try:
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        if not config.exists() or config.read_text().startswith((_OURS, _FORMER)):
            with replacing(config) as path:
                path.write_text(_DAGSTER_YAML)
    except OSError as error:
        raise InputError(
            f"the store {store} cannot be written: {error.strerror}. Choose another, e.g. STORE=…"
        ) from error
    return home


if __name__ == "__main__":
    try:
        print(dagster_home(Settings.read().store))
    except InputError as problem:
        sys.exit(str(problem))
