"""Playlists in, a service that continues playlists out: the Dagster asset graph and what computes it."""

import os
import warnings

# Threads of torch that wait for each other sleep. Where other work takes their cores too, spinning took three times as
# long. It is read when torch is loaded, so it stands before that.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# What libraries say of themselves on import and on first use, and nothing that a user could act on.
for _message in (
    ".*torch.jit.script.*",
    "Sparse CSR tensor support is in beta",
    "Sparse invariant checks are implicitly disabled",
    "Parameter `backfill_policy`",
    "Function `PipesMessageReader",
    "Function `build_metadata_bounds_checks` is currently in beta",
):
    warnings.filterwarnings("ignore", message=_message)
