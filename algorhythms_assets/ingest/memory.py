"""Estimates how much memory parsing slices takes."""

import math
from collections.abc import Iterable

from algorhythms_assets.ingest.slices import SliceFile

_GB = 0.5
# Bytes of memory for each byte of a file: measured 4 for JSON, 13 for CSV.
_BYTES_A_BYTE = 13
# The typical compression ratio of text.
_PACKED = 10
_PACKED_SUFFIXES = (".gz", ".zst", ".zip", ".parquet")
# The upper bound: a slice with the largest number of rows allowed.
_MOST_GB = 2.0


def parsing_gb(files: Iterable[SliceFile], at_once: int) -> int:
    """Returns the GB to request for parsing these files, `at_once` of them in parallel."""
    largest = sorted(map(_gb, files), reverse=True)[:at_once]
    return math.ceil(_GB + sum(largest))


def _gb(file: SliceFile) -> float:
    packed = _PACKED if file.location.lower().endswith(_PACKED_SUFFIXES) else 1
    return min(file.size * packed * _BYTES_A_BYTE / 1e9, _MOST_GB)
