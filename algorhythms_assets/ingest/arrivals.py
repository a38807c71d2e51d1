"""Decides what is to be done about the slice files that are there now."""

from collections.abc import Mapping
from dataclasses import dataclass

from algorhythms_assets.ingest.slices import SliceFile
from algorhythms_assets.resources.store import Stamp

# A file whose run was killed so often is for a person to look at.
MOST_TRIES = 3

# A tick of a sensor has a minute; what is more waits for the next one.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Asked:
    """Which version of a file was asked for, and how often."""

    version: str
    tries: int


@dataclass(frozen=True)
class Arrivals:
    """Partition keys by what is to be done about them.

    `changed`, with their versions, are to be parsed now, and `more` are as many that wait for the next look. `growing`
    keeps versions. `failed` could not be read, `given_up` were asked for without any outcome, `vanished` are in the
    store without a file.
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

    The store is the one truth; what was `asked` for counts only while a run `is_parsing`. `growing` has the versions of
    files that had been written to lately at the last look; one that has not changed since is whole.
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
    """Returns how many playlists are in slices other than those, with their data versions, that were trained on."""
    return sum(
        stamp.config.get("playlists", 0) for key, stamp in stored.items() if trained_on.get(key) != stamp.data_version
    )
