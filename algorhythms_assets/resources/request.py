"""What a payload requests from a cluster."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What a payload requests from a cluster; a single machine only checks memory. The defaults fit a small node.

    Memory is per node; 0 means the cluster's default. A `partition` overrides that of the deployment, and `options` are
    passed to sbatch unchanged.
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
    """How a payload's peak memory grows with the snapshot, in GB: `base` on little data, and more per million.

    The figures are measured, see docs/slurm.md.
    """

    base: float
    per_million_rows: float = 0.0
    per_million_tracks: float = 0.0

    def gb(self, rows: int, tracks: int) -> int:
        """Returns the whole GB to request for that many rows of playlists and tracks."""
        return math.ceil(self.base + (self.per_million_rows * rows + self.per_million_tracks * tracks) / 1e6)


# Of gcn_weights, which decides how much a machine can train on.
TRAINING = Memory(1.5, per_million_tracks=5.2)
