"""Slices as Dagster's partitions."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import dagster as dg
from dagster._core.storage.tags import (  # dagster exports no name for them
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

SLICES_NAME = "slices"
SLICES = dg.DynamicPartitionsDefinition(name=SLICES_NAME)


def ranges(keys: Sequence[str], wanted: set[str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yields the fewest unbroken ranges of the keys that hold all wanted ones and no other, each with its run tags.

    `keys` are all partitions in Dagster's order. A run materializes a range of partitions, which its tags name.
    """
    for is_wanted, group in groupby(keys, lambda key: key in wanted):
        if is_wanted:
            chosen = list(group)
            yield chosen, {ASSET_PARTITION_RANGE_START_TAG: chosen[0], ASSET_PARTITION_RANGE_END_TAG: chosen[-1]}
