"""The slice files of a folder."""

import hashlib
from pathlib import Path

from algorhythms_assets.contracts import RAW_PLAYLISTS
from algorhythms_assets.resources.store import InputError, Stamp, digest


def find_slices(folder: Path) -> dict[str, Path]:
    """Returns the slice files of a folder by partition key, in the order of the keys.

    Raises:
        InputError: there is no such folder, or no slice in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: ALGORHYTHMS_PLAYLISTS has to name a folder of mpd.slice.*.json files")
    found = {path.stem: path for path in sorted(folder.glob("*.json")) if path.is_file()}
    if not found:
        raise InputError(f"no slice in {folder}: it has to hold files of the Million Playlist Dataset's JSON format")
    # Dagster's backfills take a comma for the end of a key.
    return {key.replace(",", "%2C"): path for key, path in found.items()}


def content_stamp(content: bytes) -> Stamp:
    """Returns the stamp of the rows that a slice file's content gives."""
    version = digest(RAW_PLAYLISTS.code_version, hashlib.sha256(content).hexdigest())
    return Stamp(RAW_PLAYLISTS.name, version, RAW_PLAYLISTS.code_version)
