"""What a job asks the cluster for, as options of sbatch."""

from pathlib import Path

from algorhythms_assets.resources.request import Request


def sbatch_options(request: Request, partition: str | None = None, account: str | None = None) -> list[str]:
    """Returns what is asked for; the request's own partition wins. Zero memory leaves it to the cluster's default."""
    partition = request.partition or partition
    return [
        f"--cpus-per-task={request.cpus}",
        f"--nodes={request.nodes}",
        f"--ntasks={max(request.tasks, request.nodes)}",
        f"--time={request.minutes}",
        *([f"--mem={request.memory_gb}G"] if request.memory_gb else []),
        *([f"--gres=gpu:{request.gpus}"] if request.gpus else []),
        *([f"--partition={partition}"] if partition else []),
        *([f"--account={account}"] if account else []),
        *request.options,
    ]


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
