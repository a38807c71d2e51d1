"""Parquet tables of playlists."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.ingest.formats.columns import find_columns, playlists_of, refuse_other_tables
from algorhythms_assets.ingest.formats.document import MAX_BYTES, Document, SliceError, check_rows

_MAGIC = b"PAR1"
# Small batches, so that a table that decompresses to far more than its file is refused in time.
_BATCH_ROWS = 4096


def recognises(document: Document) -> bool:
    """Returns whether it starts like Parquet."""
    return document.json is None and document.content.startswith(_MAGIC)


def playlists(document: Document) -> Iterator[Any]:
    """Yields the playlists."""
    if not document.content.endswith(_MAGIC):
        raise document.ends_early("Parquet")
    try:
        file = pq.ParquetFile(pa.BufferReader(document.content))
        header = file.schema_arrow.names
        columns = find_columns(header)
        refuse_other_tables(header, columns)
        if not columns:
            raise SliceError(f"a table without a track in each row; its columns are {', '.join(header)}")
        check_rows(file.metadata.num_rows)
        chosen = sorted(columns.values())
        places = {field: chosen.index(place) for field, place in columns.items()}
        yield from playlists_of(places, _rows(file, [header[place] for place in chosen]), document)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SliceError(f"broken Parquet: {error}") from error


def _rows(file: pq.ParquetFile, names: list[str]) -> Iterator[Sequence[Any]]:
    size = 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=names):
        size += batch.nbytes
        if size > MAX_BYTES:
            raise SliceError(f"the table unpacks to more than {MAX_BYTES >> 20} MB, the maximum for a slice")
        yield from zip(*(batch.column(name).to_pylist() for name in names), strict=True)
