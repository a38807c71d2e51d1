"""What a payload needs of a cluster."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What a payload needs of a cluster; a single machine ignores it. The defaults fit a small node.

    Memory is each node's; 0 takes the cluster's default. A `partition` wins over that of the deployment, and `options`
    are handed to sbatch as they are.
    """

    cpus: int = 2
    memory_gb: int = 5
    gpus: int = 0
    minutes: int = 60
    nodes: int = 1
    tasks: int = 1
    partition: str | None = None
    options: tuple[str, ...] = ()
