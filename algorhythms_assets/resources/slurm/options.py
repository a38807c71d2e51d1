"""A job's request as options of sbatch."""

import math
from pathlib import Path

from algorhythms_assets.resources.request import Request


def sbatch_options(
    request: Request, partition: str | None = None, account: str | None = None, memory: str = "per-node"
) -> list[str]:
    """Returns the options of a request; its own partition takes precedence.

    `memory` is how memory is requested: `per-node`, `per-core`, or `none`, as in ALGORHYTHMS_SLURM_MEMORY.
    """
    partition = request.partition or partition
    tasks = max(request.tasks, request.nodes)
    return [
        f"--cpus-per-task={request.cpus}",
        f"--nodes={request.nodes}",
        f"--ntasks={tasks}",
        f"--time={request.minutes}",
        *_memory_options(request.memory_gb, request.cpus * (tasks // request.nodes), memory),
        *([f"--gres=gpu:{request.gpus}"] if request.gpus else []),
        *([f"--partition={partition}"] if partition else []),
        *([f"--account={account}"] if account else []),
        *request.options,
    ]


def _memory_options(gigabytes: int, cores: int, memory: str) -> list[str]:
    """Returns the option for a node's memory, shared by that many cores; zero is the cluster's default."""
    if not gigabytes or memory == "none":
        return []
    if memory == "per-core":
        return [f"--mem-per-cpu={math.ceil(gigabytes * 1024 / cores)}M"]
    return [f"--mem={gigabytes}G"]


def job_options(name: str, log: Path) -> list[str]:
    """Returns how the job is run and named: Dagster decides about retries, never Slurm."""
    # A percent sign begins one of Slurm's patterns.
    return [
        f"--job-name={name}",
        "--no-requeue",
        "--export=ALL",
        f"--output={str(log).replace('%', '%%')}",
        f"--chdir={Path.cwd()}",
    ]
