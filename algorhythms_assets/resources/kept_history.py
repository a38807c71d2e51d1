"""Checks that Dagster's history is kept: without DAGSTER_HOME it is lost when Dagster ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import DBAPIError

from algorhythms_assets.resources.store import InputError

_TEMPORARY = ".tmp_dagster_home_"


def forgets(instance: dg.DagsterInstance) -> str | None:
    """Returns what to do about a history that is lost when Dagster ends, or None if it is kept."""
    if instance.is_ephemeral or not Path(instance.root_directory).name.startswith(_TEMPORARY):
        return None
    return (
        "Dagster was started without DAGSTER_HOME, so it would forget what it does to the store: use `make dev`, "
        'or set DAGSTER_HOME="$(python -m algorhythms_assets.dagster_home)" first'
    )


def require_kept(instance: dg.DagsterInstance) -> None:
    """Checks that the history is kept.

    Raises:
        dg.Failure: it is lost when Dagster ends; the message says what to do.
    """
    problem = forgets(instance)
    if problem:
        raise dg.Failure(problem, allow_retries=False)


@contextmanager
def kept_history() -> Iterator[dg.DagsterInstance]:
    """Gives the instance of DAGSTER_HOME.

    Raises:
        InputError: its database does not answer.
    """
    try:
        instance = dg.DagsterInstance.get()
    except Exception as error:
        # dagster-postgres, which may not be installed, wraps the driver's message.
        cause = error if isinstance(error, DBAPIError) else error.__cause__
        if not isinstance(cause, DBAPIError):
            raise
        raise InputError(f"the database of Dagster's history does not answer: {str(cause.orig).strip()}") from None
    with instance:
        yield instance
