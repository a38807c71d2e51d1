"""What a job asks the cluster for, as options of sbatch."""

import math
from pathlib import Path

from algorhythms_assets.resources.request import Request


def sbatch_options(
    request: Request, partition: str | None = None, account: str | None = None, memory: str = "per-node"
) -> list[str]:
    """Returns what is asked for; the request's own partition wins.

    `memory` is how memory is asked for: `per-node`, `per-core`, or `none`, as ALGORHYTHMS_SLURM_MEMORY has it.
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
    """Returns the option for a node's memory, of which so many cores have a share; zero is the cluster's default."""
    if not gigabytes or memory == "none":
        return []
    if memory == "per-core":
        return [f"--mem-per-cpu={math.ceil(gigabytes * 1024 / cores)}M"]
    return [f"--mem={gigabytes}G"]


def job_options(name: str, log: Path) -> list[str]:
    """Returns how the job is run and called: Dagster decides about another try, never Slurm."""
    # A percent sign begins a pattern of Slurm's.
    return [
        f"--job-name={name}",
        "--no-requeue",
        "--export=ALL",
        f"--output={str(log).replace('%', '%%')}",
        f"--chdir={Path.cwd()}",
    ]
