"""Reads the stored vectors without loading torch."""

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.contracts import EMBEDDINGS
from algorhythms_assets.resources.store import Store


def stored_dimension(store: Store) -> int:
    """Returns how many numbers a stored vector has, without reading any."""
    return int(pq.read_schema(store.path(EMBEDDINGS)).field("embedding").type.list_size)


def stored_count(store: Store) -> int:
    """Returns how many tracks have a stored vector, without reading any."""
    return int(pq.read_metadata(store.path(EMBEDDINGS)).num_rows)


def load_embeddings(store: Store) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Returns the tracks, int32 [n] rising, and their stored vectors, float32 [n, dimension + 1]."""
    table = pq.read_table(store.path(EMBEDDINGS))
    vectors = table["embedding"].combine_chunks()
    return table["track"].to_numpy(), vectors.flatten().to_numpy().reshape(len(vectors), -1)
