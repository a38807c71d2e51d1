"""Decides what to do about the slice files that are there now."""

from collections.abc import Mapping
from dataclasses import dataclass

from algorhythms_assets.ingest.slices import SliceFile
from algorhythms_assets.resources.store import Stamp

# A file whose run was killed this often is left for a person to look at.
MOST_TRIES = 3

# A tick of a sensor has to end within a minute; further files wait for the next tick.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Asked:
    """Which version of a file was asked for, and how often."""

    version: str
    tries: int


@dataclass(frozen=True)
class Arrivals:
    """Partition keys by what is to be done about them.

    `changed`, with their versions, are to be parsed now; `more` is the number of those that wait for the next tick.
    `growing`, also with versions, may still be written to. `failed` could not be read, `given_up` were requested too
    often without any outcome, `vanished` are in the store without a file.
    """

    changed: dict[str, str]
    more: int
    growing: dict[str, str]
    failed: list[str]
    given_up: list[str]
    vanished: list[str]


def arrivals(
    files: Mapping[str, SliceFile],
    stored: Mapping[str, Stamp],
    failed: Mapping[str, str],
    asked: Mapping[str, Asked],
    is_parsing: bool,
    growing: Mapping[str, str],
) -> Arrivals:
    """Compares files with the slices in the store, and with those that could not be read, by their versions.

    The store is authoritative: what was `asked` for is skipped only while a run `is_parsing`, or after too many tries.
    `growing` has the versions of files that had just been written to at the last tick; one that is unchanged since is
    complete.
    """
    changed: dict[str, str] = {}
    waiting: dict[str, str] = {}
    bad, given_up = [], []
    for key, file in files.items():
        known = stored.get(key)
        if known and known.config.get("source version") == file.version:
            continue
        if failed.get(key) == file.version:
            bad.append(key)
            continue
        before = asked.get(key)
        if before and before.version == file.version:
            if is_parsing:
                continue
            if before.tries >= MOST_TRIES:
                given_up.append(key)
                continue
        if file.settled or growing.get(key) == file.version:
            changed[key] = file.version
        else:
            waiting[key] = file.version
    now = dict(list(changed.items())[:MOST_AT_ONCE])
    return Arrivals(now, len(changed) - len(now), waiting, bad, given_up, [key for key in stored if key not in files])


def new_playlists(stored: Mapping[str, Stamp], trained_on: Mapping[str, str]) -> int:
    """Returns how many playlists are in slices that were not trained on; `trained_on` has data versions by slice."""
    return sum(
        stamp.config.get("playlists", 0) for key, stamp in stored.items() if trained_on.get(key) != stamp.data_version
    )
