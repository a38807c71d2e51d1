"""Dagster's home lies in the store, so that artifacts and what Dagster knows of them never part.

`python -m algorhythms_assets.dagster_home` makes it and prints where it is.
"""

import sys
from pathlib import Path

from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings

_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
# Two runs at a time would write the same artifacts.
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def dagster_home(store: Path) -> Path:
    """Returns DAGSTER_HOME of the store, made if need be.

    Raises:
        InputError: it cannot be written.
    """
    home = store.absolute() / ".dagster"
    try:
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        if not config.exists():
            config.write_text(_DAGSTER_YAML)
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
