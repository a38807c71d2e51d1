"""Two verbs for work on tables, so that another engine can do it with the same result: SQL, and independent blocks."""

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from glob import escape
from multiprocessing.connection import wait
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Protocol, TypeAlias, TypeVar

import pyarrow as pa

from algorhythms_assets.resources.store import InputError

B = TypeVar("B")
R = TypeVar("R")

# Of a job's memory; the tables that go in and come out are beside it.
_DUCKDB_SHARE = 0.6

TableSource: TypeAlias = pa.Table | Sequence[Path]


class Engine(Protocol):
    """Runs SQL over tables, and a function over blocks; every engine gives the same rows in the same order."""

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""

    def map_blocks(self, function: Callable[[B], R], blocks: Sequence[B], threads: bool = False) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks.

        Both have to be picklable, and a block has to say what it is as a text, for whoever reads that it failed. With
        `threads` the function does its work without Python's global lock, so that a process has use for several.
        """


class EmbeddedEngine:
    """DuckDB in this process, and as many worker processes or threads as there are cores."""

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""
        import duckdb

        with tempfile.TemporaryDirectory(prefix="duckdb-") as spill, duckdb.connect() as connection:
            connection.execute(f"SET threads = {cores()}")
            memory = memory_mb()
            if memory is not None:
                connection.execute(f"SET memory_limit = '{int(memory * _DUCKDB_SHARE)}MiB'")
            connection.execute(f"SET temp_directory = '{spill}'")
            # Every query says its order.
            connection.execute("SET preserve_insertion_order = false")
            for name, source in tables.items():
                if isinstance(source, pa.Table):
                    connection.register(name, source)
                else:
                    connection.read_parquet([escape(str(path)) for path in source]).create_view(name)
            return connection.sql(query).to_arrow_table()

    def map_blocks(self, function: Callable[[B], R], blocks: Sequence[B], threads: bool = False) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks.

        Raises:
            InputError: a worker was killed; the message says at which block.
        """
        workers = min(cores(), len(blocks))
        if workers < 2 or threads:
            yield from in_order(function, blocks, max(1, workers))
            return
        # A pool for each worker, because a pool of several does not tell at which block it lost one. Forked workers
        # would inherit threads of Arrow and numba in an undefined state.
        context = multiprocessing.get_context("spawn")
        with ExitStack() as stack:
            idle: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
            for _ in range(workers):
                idle.put(stack.enter_context(ProcessPoolExecutor(1, context, initializer=_end_with_parent)))

            def run(block: B) -> R:
                pool = idle.get()
                try:
                    return pool.submit(function, block).result()
                except BrokenProcessPool:
                    raise InputError(
                        f"the worker at {block} was killed: the system does that when memory runs out. "
                        "What was finished before is kept where the artifact allows it; materialize it again."
                    ) from None
                finally:
                    idle.put(pool)

            yield from in_order(run, blocks, workers)


def in_order(run: Callable[[B], R], blocks: Sequence[B], at_once: int) -> Iterator[R]:
    """Yields the result of each block in order; so many are under way at once, and a failure begins no other."""
    with ThreadPoolExecutor(at_once) as threads:
        futures = [threads.submit(run, block) for block in blocks]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def _end_with_parent() -> None:
    """Ends this worker when its parent is killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        Thread(target=watch, daemon=True).start()


def cores() -> int:
    """Returns how many cores this process may use: those of its Slurm job, which some clusters do not enforce."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("SLURM_CPUS_ON_NODE", "")
    return min(seen, int(given)) if given.isdigit() and int(given) else seen


def memory_mb() -> int | None:
    """Returns how much memory a Slurm job was given on this node; None where that is for the system to say."""
    for_node, for_core = os.environ.get("SLURM_MEM_PER_NODE", ""), os.environ.get("SLURM_MEM_PER_CPU", "")
    if for_node.isdigit() and int(for_node):
        return int(for_node)
    return int(for_core) * cores() if for_core.isdigit() and int(for_core) else None


def open_engine(setting: str, spark: Mapping[str, str]) -> Engine:
    """Returns the engine that ALGORHYTHMS_ENGINE names; `spark` is Spark's configuration, where it is the engine."""
    if setting == "duckdb":
        return EmbeddedEngine()
    from algorhythms_assets.resources.spark import SparkEngine

    return SparkEngine(spark)
