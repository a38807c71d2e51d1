"""Two verbs for work on tables, so that another engine can do it with the same result: SQL, and independent blocks."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

import pyarrow as pa

from algorhythms_assets.resources.store import InputError

B = TypeVar("B")
R = TypeVar("R")

TableSource: TypeAlias = pa.Table | Sequence[Path]


class Engine(Protocol):
    """Runs SQL over tables, and a function over blocks; every engine gives the same rows in the same order."""

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""

    def map_blocks(self, function: Callable[[B], R], blocks: Sequence[B]) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks; both have to be picklable."""


class EmbeddedEngine:
    """DuckDB in this process, and as many worker processes as there are cores for it."""

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""
        import duckdb

        with duckdb.connect() as connection:
            connection.execute(f"SET threads = {cores()}")
            for name, source in tables.items():
                if isinstance(source, pa.Table):
                    connection.register(name, source)
                else:
                    connection.read_parquet([str(path) for path in source]).create_view(name)
            return connection.sql(query).to_arrow_table()

    def map_blocks(self, function: Callable[[B], R], blocks: Sequence[B]) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks; both have to be picklable."""
        if len(blocks) < 2 or cores() < 2:
            yield from map(function, blocks)
            return
        # Forked workers would inherit threads of Arrow and numba in an undefined state.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(cores(), len(blocks)), mp_context=context) as pool:
            yield from pool.map(function, blocks)


def cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_engine(setting: str) -> Engine:
    """Returns the engine that ALGORHYTHMS_ENGINE names.

    Raises:
        InputError: there is no such engine.
    """
    if setting != "duckdb":
        raise InputError(f"ALGORHYTHMS_ENGINE is {setting!r}; this version knows 'duckdb'")
    return EmbeddedEngine()
