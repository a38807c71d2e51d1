"""Two verbs for work on tables, with the same result on every engine: SQL, and independent blocks."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

import pyarrow as pa

B = TypeVar("B")
R = TypeVar("R")

TableSource: TypeAlias = pa.Table | Sequence[Path]

# Seen from inside a container, of cgroups version 2 and 1.
_CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Engine(Protocol):
    """Runs SQL over tables, and a function over blocks; every engine gives the same rows in the same order."""

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""

    def map_blocks(self, function: Callable[[B], R], blocks: Sequence[B], threads: bool = False) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks.

        Both must be picklable, and a block's text must identify it in error messages. With `threads` the function
        releases Python's global lock, so one process can use several threads.
        """


def in_order(run: Callable[[B], R], blocks: Sequence[B], at_once: int) -> Iterator[R]:
    """Yields the result of each block in order, with a bounded number in flight; a failure starts no more."""
    with ThreadPoolExecutor(at_once) as threads:
        futures = [threads.submit(run, block) for block in blocks]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def cores() -> int:
    """Returns how many cores this process may use: those of its Slurm job, which some clusters do not enforce."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("SLURM_CPUS_ON_NODE", "")
    return min(seen, int(given)) if given.isdigit() and int(given) else seen


def memory_mb() -> int | None:
    """Returns how much memory a Slurm job was given on this node; None if only the system limits it."""
    for_node, for_core = os.environ.get("SLURM_MEM_PER_NODE", ""), os.environ.get("SLURM_MEM_PER_CPU", "")
    if for_node.isdigit() and int(for_node):
        return int(for_node)
    return int(for_core) * cores() if for_core.isdigit() and int(for_core) else None


def machine_gb() -> float:
    """Returns the memory of this machine, or of this container if that is less."""
    limits = [path.read_text(encoding="utf-8").strip() for path in _CONTAINER_LIMITS if path.is_file()]
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())]) / 1e9
