"""Starts Dagster's UI and daemon on the history of the store: `python -m algorhythms_assets.operate.dev`."""

import os
import socket
import sys
from pathlib import Path

from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets.operate.interrupted import end_interrupted_runs
from algorhythms_assets.plan import chosen
from algorhythms_assets.resources.kept_history import kept_history
from algorhythms_assets.resources.lock import LockedError, hold
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings

_HOST = "127.0.0.1"


def main() -> None:
    """Replaces this process by `dg dev`.

    Raises:
        InputError: the config file is not valid, the store cannot be written, Dagster already runs on it, or the
            port is taken.
    """
    settings = Settings.read()
    chosen(settings)
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings.store))
    try:
        hold(Store(settings.store).locks, "dagster")
    except LockedError as error:
        raise InputError(f"Dagster already runs on {settings.store}: {error.owner}") from None
    _require_free(settings.ui_port)
    with kept_history() as instance:
        for run in end_interrupted_runs(instance):
            print(f"run {run} was interrupted, and is marked as failed", flush=True)
    programs = Path(sys.executable).parent
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    # `dg` warns if another virtual environment is active.
    os.environ.setdefault("VIRTUAL_ENV", str(programs.parent))
    os.execv(programs / "dg", ["dg", "dev", "--host", _HOST, "--port", str(settings.ui_port)])  # noqa: S606 (no shell is wanted)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            raise InputError(f"port {port} of {_HOST} is taken: choose another, make dev UI_PORT={port + 1}") from None


if __name__ == "__main__":
    try:
        main()
    except InputError as problem:
        sys.exit(str(problem))
