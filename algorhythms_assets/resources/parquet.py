"""Reads Parquet files that are larger than memory allows."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_READ_AT_ONCE = 1 << 20


def read_batches(
    path: Path, rows: int, columns: Sequence[str] | None = None, *, verify: bool = False
) -> Iterator[pa.RecordBatch]:
    """Yields a file in batches of at most so many rows; `verify` checks the pages' checksums.

    Only a part of the file is in memory: by default pyarrow reads ahead all of it.

    Raises:
        pa.ArrowException, OSError: the file cannot be read.
    """
    options = {"pre_buffer": False, "buffer_size": _READ_AT_ONCE, "page_checksum_verification": verify}
    with pq.ParquetFile(path, **options) as file:
        yield from file.iter_batches(rows, columns=columns)
