"""Checks whether an artifact's files are those that were written.

A folder holds `SHA256SUMS`, in the format of `sha256sum -c`. A Parquet file that is an artifact in itself cannot hold
its own checksum; instead each of its pages has one.
"""

import hashlib
from pathlib import Path

import pyarrow as pa

from algorhythms_assets.resources.parquet import read_batches

SUMS_FILE = "SHA256SUMS"
_BATCH_ROWS = 100_000


def write_checksums(folder: Path, without: str) -> None:
    """Writes `SHA256SUMS` of all files in a folder except the one named `without`, which is written later."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in (without, SUMS_FILE))
    lines = (f"{_checksum(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / SUMS_FILE).write_text("".join(lines), encoding="utf-8")


def damage(place: Path) -> str | None:
    """Returns which file of an artifact is damaged, and how; None if all are intact.

    Everything is read once. A folder without `SHA256SUMS`, from an earlier version, is accepted as it is.
    """
    return _damage_of_table(place) if place.is_file() else _damage_of_folder(place)


def _damage_of_table(path: Path) -> str | None:
    try:
        for _ in read_batches(path, _BATCH_ROWS, verify=True):
            pass
    except (OSError, pa.ArrowException) as error:
        return f"{path} cannot be read ({_reason(error)})"
    return None


def _damage_of_folder(folder: Path) -> str | None:
    sums = folder / SUMS_FILE
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return f"{sums} cannot be read ({_reason(error)})"
    for line in lines:
        checksum, _, name = line.partition("  ")
        path = folder / name
        try:
            # A damaged line may name anything; files outside the folder are not even opened.
            if {"", ".", ".."} & set(name.split("/")) or _checksum(path) != checksum:
                return f"{path} is not the file that was written"
        except FileNotFoundError:
            return f"{path} is missing"
        except (OSError, ValueError) as error:
            return f"{path} cannot be read ({_reason(error)})"
    return None


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
