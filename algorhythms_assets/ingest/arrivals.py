"""Decides what is to be done about the slice files that are there now."""

from collections.abc import Mapping
from dataclasses import dataclass

from algorhythms_assets.ingest.slices import SliceFile
from algorhythms_assets.resources.store import Stamp


@dataclass(frozen=True)
class Arrivals:
    """Partition keys: to be parsed, still growing, and in the store without a file; `growing` keeps versions."""

    changed: dict[str, str]
    growing: dict[str, str]
    vanished: list[str]


def arrivals(
    files: Mapping[str, SliceFile],
    stored: Mapping[str, Stamp],
    asked: Mapping[str, str],
    growing: Mapping[str, str],
) -> Arrivals:
    """Compares files with the slices in the store, and with the versions that were asked for before.

    `asked` has what was requested already, good or bad: a slice that failed is not tried again until it changes.
    `growing` has the versions of files that had been written to lately at the last look; one that has not changed
    since is whole.
    """
    changed, waiting = {}, {}
    for key, file in files.items():
        known = stored.get(key)
        if file.version in (asked.get(key), known.config.get("source version") if known else None):
            continue
        if file.settled or growing.get(key) == file.version:
            changed[key] = file.version
        else:
            waiting[key] = file.version
    return Arrivals(changed, waiting, [key for key in stored if key not in files])


def new_playlists(stored: Mapping[str, Stamp], snapshot: Mapping[str, str]) -> int:
    """Returns how many playlists are in slices that the snapshot, slices with their data versions, does not hold."""
    return sum(
        stamp.config.get("playlists", 0) for key, stamp in stored.items() if snapshot.get(key) != stamp.data_version
    )
