"""The slice files of a folder or of an S3 prefix."""

import hashlib
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from algorhythms_assets.contracts import RAW_PLAYLISTS
from algorhythms_assets.resources.store import InputError, digest

# Longer ones first: a file is named after what is left.
SUFFIXES = (".json.gz", ".json.zst", ".json", ".jspf", ".m3u8", ".m3u", ".csv", ".parquet")

# A file that was written to this recently may still be growing.
_SETTLED_SECONDS = 60


@dataclass(frozen=True)
class SliceFile:
    """A slice file: a path, or an s3:// URL. `version` changes when it is written anew, `size` is in bytes."""

    key: str
    location: str
    version: str
    settled: bool = True
    size: int = 0

    def __str__(self) -> str:
        return self.location

    def read_bytes(self) -> bytes:
        """Returns the content.

        Raises:
            OSError: it cannot be read.
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


@cache
def _s3() -> Any:
    import boto3

    return boto3.client("s3")


def find_slices(location: str | Path, s3: Any = None) -> dict[str, SliceFile]:
    """Returns the slice files of a folder or s3:// prefix by partition key, in the order of the keys.

    `s3` is the boto3 client to list with; without one the environment's credentials are used.

    Raises:
        InputError: there is no such folder or bucket, no slice in it, or two files for one key.
    """
    where = str(location)
    files = _in_bucket(where, s3) if where.startswith("s3://") else _in_folder(Path(where))
    found: dict[str, SliceFile] = {}
    for file in sorted(files, key=lambda file: file.key):
        if file.key in found:
            raise InputError(f"{found[file.key]} and {file} would be the same slice: rename one of them")
        found[file.key] = file
    if not found:
        raise InputError(f"no slice in {where}: it has to hold files that end in {', '.join(SUFFIXES)}")
    return found


def _in_folder(folder: Path) -> list[SliceFile]:
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: ALGORHYTHMS_PLAYLISTS has to name a folder or s3:// prefix of slices")
    files = []
    for path in folder.iterdir():
        key = _key(path.name)
        if key is None or not path.is_file():
            continue
        about = path.stat()
        settled = time.time() - about.st_mtime > _SETTLED_SECONDS
        files.append(SliceFile(key, str(path), f"{about.st_size}-{about.st_mtime_ns}", settled, about.st_size))
    return files


def _in_bucket(location: str, s3: Any) -> list[SliceFile]:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    files = []
    try:
        pages = (s3 or _s3()).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        for page in pages:
            for item in page.get("Contents", ()):
                key = _key(item["Key"].removeprefix(prefix))
                if key is not None:
                    version = item["ETag"].strip('"')
                    files.append(SliceFile(key, f"s3://{bucket}/{item['Key']}", version, size=item["Size"]))
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"{location} cannot be listed: {error}") from error
    return files


def _key(name: str) -> str | None:
    """Returns the partition key of a file name, or None if it is no slice's."""
    if name.startswith("."):
        return None
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            # Dagster's backfills take a comma for the end of a key.
            return name[: -len(suffix)].replace(",", "%2C")
    return None


def content_version(key: str, content: bytes) -> str:
    """Returns the data version of the rows that a slice's content gives; pids of formats without one go by the key."""
    return digest(RAW_PLAYLISTS.code_version, key, hashlib.sha256(content).hexdigest())
