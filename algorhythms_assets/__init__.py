"""Playlists in, a service that continues playlists out: the Dagster asset graph and what computes it."""

import os
import warnings

# Lets torch's threads sleep while they wait for each other: with other work on the same cores, spinning took three
# times as long. torch reads this when it is loaded, so it has to be set before that.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Warnings of libraries on import and on first use, which users can do nothing about.
for _message in (
    ".*torch.jit.script.*",
    "Sparse CSR tensor support is in beta",
    "Sparse invariant checks are implicitly disabled",
    "Parameter `backfill_policy`",
    "Function `PipesMessageReader",
    "Function `build_metadata_bounds_checks` is currently in beta",
):
    warnings.filterwarnings("ignore", message=_message)
