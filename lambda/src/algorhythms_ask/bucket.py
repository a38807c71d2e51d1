"""Releases in S3: the same files under the same names as in a store on this machine."""

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from algorhythms_ask.aws import Aws, AwsError
from algorhythms_ask.blocking import BLOCKED, BlockListError
from algorhythms_ask.release import (
    CURRENT,
    NotServableError,
    Release,
    load_recommender,
    named,
    open_index,
    parsed,
    pointed,
    prefix_of,
    require_beside,
)

# The origin's settings for the files of a bundle, which must now be in the same folder.
KEYS = ("OHE_KEY", "SCALER_KEY", "WEIGHTS1_KEY", "BIAS1_KEY", "WEIGHTS2_KEY", "BIAS2_KEY")

# For all files of a bundle: the request that checks for a new release waits no longer than this.
_SECONDS = 6.0


class BucketStore:
    """Releases of a bucket, whose key `…releases/current.json` names the current one."""

    def __init__(self, bucket: str, key: str = CURRENT) -> None:
        """Raises NotServableError if that is not such a key."""
        self._bucket = bucket
        self._key = key
        self._prefix = prefix_of(key)
        self._aws = Aws()

    def pointer(self) -> bytes:
        """Returns the content of the key."""
        try:
            return self._aws.get(self._bucket, self._key)
        except AwsError as error:
            why = ": nothing is released there, see ALGORHYTHMS_RELEASES" if error.status == 404 else ""
            raise NotServableError(f"{error}{why}") from None

    def block_list(self) -> tuple[str, bytes | None]:
        """Returns where the block list is, and its content; None if there is none."""
        place = f"s3://{self._bucket}/{self._prefix}{BLOCKED}"
        try:
            return place, self._aws.get(self._bucket, f"{self._prefix}{BLOCKED}")
        except AwsError as error:
            # Without permission to list a bucket, S3 answers 403 for missing keys.
            if error.status in (403, 404):
                return place, None
            raise BlockListError(str(error)) from None

    def load(self, pointer: bytes) -> Release:
        """Downloads the bundle that the pointer names, and opens it with its index."""
        current = pointed(f"s3://{self._bucket}/{self._key}", pointer)
        if current["index"]["kind"] == "embedded":
            raise NotServableError(
                f"release {current['version']} in s3://{self._bucket} searches in an embedded index, "
                "which is no part of it: release with ALGORHYTHMS_INDEX at an Elasticsearch cluster"
            )
        place = f"{self._prefix}{current['bundle']}"
        index = open_index(Path(), current["index"])
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            try:
                self._download(place, folder)
                recommender = load_recommender(folder, index)
            except NotServableError as error:
                raise NotServableError(str(error).replace(name, f"s3://{self._bucket}/{place}")) from None
        return named(current, recommender)

    def _download(self, place: str, folder: Path) -> None:
        deadline = time.monotonic() + _SECONDS
        manifest = self._get(f"{place}/manifest.json")
        (folder / "manifest.json").write_bytes(manifest)
        for name in parsed(folder / "manifest.json", manifest, "files")["files"]:
            require_beside(folder, name)
            if time.monotonic() > deadline:
                raise NotServableError(f"{folder} could not be read within {_SECONDS:.0f} s")
            (folder / name).write_bytes(self._get(f"{place}/{name}"))

    def _get(self, key: str) -> bytes:
        try:
            return self._aws.get(self._bucket, key)
        except AwsError as error:
            raise NotServableError(str(error)) from None


class FixedRelease(BucketStore):
    """The single release that the origin's settings name: six keys of a bundle, and an index of DATABASE_URL.

    The block list is where a release of that bundle has it: `releases/blocked.json` beside `serving_bundle/`.
    """

    def __init__(self, bucket: str, environment: Mapping[str, str]) -> None:
        """Raises NotServableError if one is missing, or they belong to different bundles."""
        super().__init__(bucket)
        missing = [name for name in (*KEYS, "DATABASE_INDEX") if not environment.get(name)]
        if missing:
            raise NotServableError(f"{', '.join(missing)} is not set; or set RELEASE_KEY instead of all of them")
        folders = {environment[name].rpartition("/")[0] for name in KEYS}
        if len(folders) > 1:
            raise NotServableError(f"{KEYS[0]} to {KEYS[-1]} have to name files of one bundle, side by side")
        [folder] = folders
        place, found, version = folder.rpartition("serving_bundle/")
        self._prefix = place
        content = {
            "version": version.rpartition("/")[2],
            "bundle": found + version,
            "index": {"kind": "elasticsearch", "name": environment["DATABASE_INDEX"]},
            "has_block_list": True,
        }
        self._pointer = json.dumps(content).encode()

    def pointer(self) -> bytes:
        """Returns what the settings say, which never changes."""
        return self._pointer
