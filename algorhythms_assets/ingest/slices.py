"""The slice files of a folder or of an S3 prefix."""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from algorhythms_assets.contracts import RAW_PLAYLISTS
from algorhythms_assets.ingest.formats import SUFFIXES, is_slice_name
from algorhythms_assets.resources.s3 import s3_client
from algorhythms_assets.resources.store import REPORT_FILE, STAMP_FILE, InputError, digest

# Not part of a slice's name, so that a slice of the Million Playlist Dataset keeps its name when compressed.
_UNNAMED_SUFFIXES = (".json", ".json.gz", ".json.zst")

# Characters that Dagster does not allow in a partition key, or treats as its end.
_NOT_IN_A_KEY = re.compile(r"[,%\x00-\x1f\x7f]|\.\.\.|(?<=\.)\.\.+")

# Marks the folder of a store, which may be located among the playlists.
_OF_A_STORE = (".dagster", STAMP_FILE, REPORT_FILE)

# A file modified this recently may still be growing.
_SETTLED_SECONDS = 60


@dataclass(frozen=True)
class SliceFile:
    """A slice file: a path, or an s3:// URL. `version` changes when it is rewritten, `size` is in bytes."""

    key: str
    location: str
    version: str
    settled: bool = True
    size: int = 0

    def __str__(self) -> str:
        return self.location

    @property
    def name(self) -> str:
        """The file's own name."""
        return _printable(self.location.rpartition("/")[2])

    def read_bytes(self) -> bytes:
        """Returns the content.

        Raises:
            OSError: the file cannot be read.
        """
        if not self.location.startswith("s3://"):
            return Path(self.location).read_bytes()
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, _, name = self.location.removeprefix("s3://").partition("/")
        try:
            content: bytes = _s3().get_object(Bucket=bucket, Key=name)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise OSError(str(error)) from error
        return content


@dataclass(frozen=True)
class Found:
    """The slice files by partition key, sorted by key; and why other files are skipped, by name."""

    files: dict[str, SliceFile]
    passed_over: dict[str, str]


@cache
def _s3() -> Any:
    return s3_client()


def find_slices(location: str | Path, s3: Any = None) -> Found:
    """Returns the slice files of a folder and its subfolders, or directly below an s3:// prefix.

    `s3` is the boto3 client to list with; the default uses the environment's credentials.

    Raises:
        InputError: the folder or bucket does not exist, or has no slices.
    """
    where = str(location)
    passed_over: dict[str, str] = {}
    listed = _in_bucket(where, s3, passed_over) if where.startswith("s3://") else _in_folder(Path(where), passed_over)
    files: dict[str, SliceFile] = {}
    for file in sorted(listed, key=lambda file: (file.key, file.location)):
        if file.key in files:
            passed_over[file.name] = f"same slice name as {files[file.key].name}: rename one of them"
        else:
            files[file.key] = file
    if not files:
        seen = f"; it holds {some(passed_over)}" if passed_over else ""
        raise InputError(f"no playlists in {where}: it must contain files that end in {', '.join(SUFFIXES)}{seen}")
    return Found(files, passed_over)


def some(names: Iterable[str], shown: int = 5) -> str:
    """Returns the first few names, and how many more there are."""
    several = list(names)
    return ", ".join(several[:shown]) + (f" and {len(several) - shown} more" if len(several) > shown else "")


def _in_folder(folder: Path, passed_over: dict[str, str]) -> list[SliceFile]:
    if not folder.is_dir():
        raise InputError(
            f"{folder} is not a folder: ALGORHYTHMS_PLAYLISTS must name a folder or s3:// prefix of slices"
        )
    files = []
    for path in _walk(folder, passed_over):
        name = path.relative_to(folder).as_posix()
        try:
            about = path.stat()
        except OSError as error:
            passed_over[_printable(name)] = f"cannot be read: {error.strerror}"
            continue
        if not is_slice_name(name):
            if not path.name.startswith("._") and path.name not in (".DS_Store", "Thumbs.db", "desktop.ini"):
                passed_over[_printable(name)] = "its name does not end in a suffix that is read"
            continue
        settled = time.time() - about.st_mtime > _SETTLED_SECONDS
        version = f"{about.st_size}-{about.st_mtime_ns}"
        files.append(SliceFile(_key(name), str(path), version, settled, about.st_size))
    return files


def _walk(folder: Path, passed_over: dict[str, str]) -> Iterator[Path]:
    """Yields the files below a folder, except those in hidden folders or in a store."""

    def unlisted(error: OSError) -> None:
        if error.filename == str(folder):
            raise InputError(f"{folder} cannot be listed: {error.strerror}") from error
        name = Path(error.filename).relative_to(folder).as_posix()
        passed_over[_printable(f"{name}/")] = f"cannot be listed: {error.strerror}"

    for place, folders, files in os.walk(folder, onerror=unlisted):
        here = Path(place)
        for name in list(folders):
            if name.startswith(".") or name == "__MACOSX":
                folders.remove(name)
            # Unlike Path.exists, it takes a folder that may not be entered.
            elif any(os.path.exists(here / name / mark) for mark in _OF_A_STORE):  # noqa: PTH110
                folders.remove(name)
                passed_over[f"{name}/"] = "artifacts of a store"
        folders.sort()
        yield from (here / name for name in sorted(files) if (here / name).is_file())


def _in_bucket(location: str, s3: Any, passed_over: dict[str, str]) -> list[SliceFile]:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    files = []
    try:
        pages = (s3 or _s3()).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        for page in pages:
            for folder in page.get("CommonPrefixes", ()):
                name = folder["Prefix"].removeprefix(prefix)
                passed_over[name] = "in a subfolder, which is not searched in S3: name it in ALGORHYTHMS_PLAYLISTS"
            for item in page.get("Contents", ()):
                name = item["Key"].removeprefix(prefix)
                if is_slice_name(name):
                    version = item["ETag"].strip('"')
                    files.append(SliceFile(_key(name), f"s3://{bucket}/{item['Key']}", version, size=item["Size"]))
                elif name:
                    passed_over[name] = "its name does not end in a suffix that is read"
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"{location} cannot be listed: {error}") from error
    return files


def _key(name: str) -> str:
    """Returns the partition key of a slice file from its path below the folder."""
    for suffix in _UNNAMED_SUFFIXES:
        if name.lower().endswith(suffix) and not name[: -len(suffix)].endswith(("/", ".")) and len(name) > len(suffix):
            name = name[: -len(suffix)]
            break
    escaped = _NOT_IN_A_KEY.sub(lambda match: "".join(f"%{ord(character):02X}" for character in match[0]), name)
    return _printable(escaped)


def _printable(name: str) -> str:
    """Returns a file's name as valid text, even if it is not in the system's encoding."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def content_version(key: str, content: bytes) -> str:
    """Returns the data version of a slice's rows; pids of formats without pids depend on the key."""
    return digest(RAW_PLAYLISTS.code_version, key, hashlib.sha256(content).hexdigest())
