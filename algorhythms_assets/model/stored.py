"""Reads the stored vectors without loading torch."""

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.contracts import EMBEDDINGS
from algorhythms_assets.resources.parquet import read_batches
from algorhythms_assets.resources.store import InputError, Store

# In the metadata of the column.
FACTORS_KEY = b"factors"

_ROWS_AT_ONCE = 1 << 16


def stored_dimension(store: Store) -> int:
    """Returns how many numbers a stored vector has, without reading any."""
    return int(pq.read_schema(store.path(EMBEDDINGS)).field("embedding").type.list_size)


def stored_factors(store: Store) -> int:
    """Returns how many numbers of a stored vector are factors: those before the last.

    Raises:
        InputError: the vectors were made by an earlier version, which did not record it.
    """
    path = store.path(EMBEDDINGS)
    known = pq.read_schema(path).field("embedding").metadata
    if not known or FACTORS_KEY not in known:
        raise InputError(f"{path} was made by an earlier version: materialize gcn_weights and embeddings again.")
    return int(known[FACTORS_KEY])


def stored_count(store: Store) -> int:
    """Returns how many tracks have a stored vector, without reading any."""
    return int(pq.read_metadata(store.path(EMBEDDINGS)).num_rows)


def load_embeddings(store: Store) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Returns the tracks, int32 [n] rising, and their stored vectors, float32 [n, dimension + factors + 1]."""
    # Read into their place batch by batch: read all at once, they would be in memory twice.
    numbers = np.empty(stored_count(store), np.int32)
    vectors = np.empty((len(numbers), stored_dimension(store)), np.float32)
    start = 0
    for batch in read_batches(store.path(EMBEDDINGS), _ROWS_AT_ONCE):
        end = start + batch.num_rows
        numbers[start:end] = batch["track"].to_numpy()
        vectors[start:end] = batch["embedding"].flatten().to_numpy().reshape(batch.num_rows, -1)
        start = end
    return numbers, vectors
