"""Reads the new tracks of the store."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.contracts import NEW_TRACKS, TRACKS_SCHEMA
from algorhythms_assets.resources.store import Store


def new_count(store: Store) -> int:
    """Returns how many new tracks have a vector, without reading any."""
    return int(pq.read_metadata(store.path(NEW_TRACKS)).num_rows)


def load_new_tracks(store: Store) -> tuple[pa.Table, NDArray[np.float32]]:
    """Returns the new tracks as rows of a track table, with -1 for their numbers, and their stored vectors.

    Vectors are float32 [n, dimension].
    """
    table = pq.read_table(store.path(NEW_TRACKS))
    vectors = table["embedding"].combine_chunks()
    numbered = table.append_column("track", pa.array(np.full(table.num_rows, -1, np.int32)))
    rows = numbered.select(TRACKS_SCHEMA.names).cast(TRACKS_SCHEMA)
    return rows, vectors.flatten().to_numpy().reshape(-1, vectors.type.list_size)
