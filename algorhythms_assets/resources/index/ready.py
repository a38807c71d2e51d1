"""Checks whether a cluster will accept an index before hours of work go into one."""

import secrets
from contextlib import suppress
from dataclasses import replace

from algorhythms_ask.connection import Connection, Database, DatabaseError, RefusedError
from algorhythms_ask.index import IndexUnavailableError

from algorhythms_assets.resources.store import InputError

# The first with `max_inner_product` for these settings, and with vectors returned in binary.
_LEAST_VERSION = 9
_SECONDS = 20.0


class UnreachableError(InputError):
    """The cluster does not answer from here; it may from where the index is built."""


def require_ready() -> str:
    """Checks the version of the environment's cluster, and writes and deletes a small index; returns the version.

    Raises:
        UnreachableError: it does not answer.
        InputError: its settings are wrong, its version is too old, or it does not accept an index.
    """
    try:
        database = replace(Database.from_environment(), timeout=_SECONDS)
        connection = Connection(database)
        nodes = connection.get("/_nodes/_local?filter_path=nodes.*.version")["nodes"]
        [version] = {str(node["version"]) for node in nodes.values()}
    except (DatabaseError, RefusedError) as error:
        raise InputError(str(error)) from None
    except IndexUnavailableError as error:
        raise UnreachableError(str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{database.url} does not answer as Elasticsearch does") from None
    if int(version.partition(".")[0]) < _LEAST_VERSION:
        raise InputError(f"{database.url} is Elasticsearch {version}: the index needs {_LEAST_VERSION} or newer")
    _write(connection, database.url)
    return version


def _write(connection: Connection, url: str) -> None:
    name = f"tracks-probe-{secrets.token_hex(6)}"
    try:
        connection.ask("PUT", f"/{name}", b'{"settings": {"number_of_replicas": 0}}')
        connection.ask("PUT", f"/{name}/_doc/1", b'{"probe": true}')
    except IndexUnavailableError as error:
        raise InputError(f"{url} takes no index: {error}") from None
    finally:
        with suppress(IndexUnavailableError):  # if writing was refused, so is this
            connection.ask("DELETE", f"/{name}?ignore_unavailable=true")
