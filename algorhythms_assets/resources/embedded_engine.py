"""The engine of one machine: DuckDB, and worker processes or threads."""

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from glob import escape
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import pyarrow as pa

from algorhythms_assets.resources.engine import TableSource, cores, in_order, machine_gb, memory_mb
from algorhythms_assets.resources.processes import end_with_multiprocessing_parent
from algorhythms_assets.resources.store import InputError

B = TypeVar("B")
R = TypeVar("R")

# Share of the memory of a job or machine; input and output tables are not included.
_DUCKDB_SHARE = 0.6
# What does not fit is spilled to disk; without this limit a million playlists took 8 GB.
_DUCKDB_MOST_MB = 3000


class EmbeddedEngine:
    """DuckDB in this process, and as many worker processes or threads as there are cores."""

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""
        import duckdb

        with tempfile.TemporaryDirectory(prefix="duckdb-") as spill, duckdb.connect() as connection:
            connection.execute(f"SET threads = {cores()}")
            memory = memory_mb() or machine_gb() * 1e3
            connection.execute(f"SET memory_limit = '{min(int(memory * _DUCKDB_SHARE), _DUCKDB_MOST_MB)}MiB'")
            connection.execute(f"SET temp_directory = '{spill}'")
            # Every query has an ORDER BY.
            connection.execute("SET preserve_insertion_order = false")
            for name, source in tables.items():
                if isinstance(source, pa.Table):
                    connection.register(name, source)
                else:
                    connection.read_parquet([escape(str(path)) for path in source]).create_view(name)
            try:
                return connection.sql(query).to_arrow_table()
            except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
                if spill not in str(error) and "temp_directory" not in str(error):
                    raise
                raise InputError(
                    f"{Path(spill).parent} has no space for what does not fit into memory: set TMPDIR to a folder that "
                    f"has ({str(error).partition(chr(10))[0]})"
                ) from error

    def map_blocks(self, function: Callable[[B], R], blocks: Sequence[B], threads: bool = False) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks.

        Raises:
            InputError: a worker was killed; the message names the block.
        """
        workers = min(cores(), len(blocks))
        if workers < 2 or threads:
            yield from in_order(function, blocks, max(1, workers))
            return
        # One pool per worker, because a larger pool does not say at which block it lost one. Forked workers would
        # inherit threads of Arrow and numba in an undefined state.
        context = multiprocessing.get_context("spawn")
        with ExitStack() as stack:
            idle: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
            for _ in range(workers):
                idle.put(
                    stack.enter_context(ProcessPoolExecutor(1, context, initializer=end_with_multiprocessing_parent))
                )

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
