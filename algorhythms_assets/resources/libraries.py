"""Loads what payloads import, for a process that they are forked from."""

from contextlib import suppress
from importlib import import_module

# A fork imports the main module again, as all children of `multiprocessing` do, and that imports dagster.
for _name in (
    "algorhythms_assets.payload",
    "duckdb",
    "pandas",
    "numba",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "torch_geometric.nn",
    "elasticsearch",
    "dagster",
):
    # One that cannot be loaded fails in the payload that needs it, with its own message.
    with suppress(Exception):
        import_module(_name)
