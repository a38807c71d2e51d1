"""Runs a payload that gets no more memory once it computes: `python -m algorhythms_assets_tests.starved NAME …`."""

import resource
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np

from algorhythms_assets.contracts import ARTIFACTS, NoConfig
from algorhythms_assets.graph.edges import count_edges
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.payload import run

# Of each payload the function in which memory runs out: the kernel, and a step of training.
COMPUTES = {
    "edge_table": ("algorhythms_assets.graph.edge_table", "count_edges", NoConfig),
    "gcn_weights": ("algorhythms_assets.model.training", "add_gradients", GcnConfig),
}

_HELD: list[np.ndarray] = []


def _no_more_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # What the process already has and does not use would do for a small graph.
    with suppress(MemoryError):
        while True:
            _HELD.append(np.empty(1 << 20, np.uint8))


def _starving(compute):
    def computed(*arguments):
        if compute is count_edges:
            # Compiled before, at a block of one track: memory that runs out meanwhile is told by LLVM alone.
            count_edges(arguments[0], 0, 1)
        _no_more_memory()
        return compute(*arguments)

    return computed


if __name__ == "__main__":
    name = sys.argv.pop(1)
    module, function, config = COMPUTES[name]
    place = import_module(module)
    setattr(place, function, _starving(getattr(place, function)))
    run(import_module(ARTIFACTS[name].module).build, ARTIFACTS[name], config)
