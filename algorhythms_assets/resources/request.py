"""What a payload needs of a cluster."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What a payload needs of a cluster; a single machine ignores it. The defaults fit a small node.

    Memory is each node's; 0 takes the cluster's default. A `partition` wins over that of the deployment, and `options`
    are handed to sbatch as they are.
    """

    cpus: int = 2
    memory_gb: int = 2
    gpus: int = 0
    minutes: int = 60
    nodes: int = 1
    tasks: int = 1
    partition: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """How a payload's peak memory grows with the snapshot, in GB: `base` on little data, and more by the million.

    The figures are measured, see docs/slurm.md.
    """

    base: float
    per_million_rows: float = 0.0
    per_million_tracks: float = 0.0

    def gb(self, rows: int, tracks: int) -> int:
        """Returns the whole GB to request for so many rows of playlists and so many tracks."""
        return math.ceil(self.base + (self.per_million_rows * rows + self.per_million_tracks * tracks) / 1e6)
