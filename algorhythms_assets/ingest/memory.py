"""How much memory parsing slices takes."""

import math
from collections.abc import Iterable

from algorhythms_assets.ingest.slices import SliceFile

_GB = 0.5
# Of memory for each of a file: 4 were measured of JSON, 13 of CSV.
_BYTES_A_BYTE = 13
# As much as text shrinks when it is packed.
_PACKED = 10
_PACKED_SUFFIXES = (".gz", ".zst", ".zip", ".parquet")
# What a slice of the most rows that one may have takes at most.
_MOST_GB = 2.0


def parsing_gb(files: Iterable[SliceFile], at_once: int) -> int:
    """Returns the GB to request for parsing these files, so many of them at once."""
    largest = sorted(map(_gb, files), reverse=True)[:at_once]
    return math.ceil(_GB + sum(largest))


def _gb(file: SliceFile) -> float:
    packed = _PACKED if file.location.lower().endswith(_PACKED_SUFFIXES) else 1
    return min(file.size * packed * _BYTES_A_BYTE / 1e9, _MOST_GB)
