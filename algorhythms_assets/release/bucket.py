"""The bucket to which releases are published, and from which `algorhythms_ask.bucket` reads them."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from algorhythms_ask.blocking import BLOCKED
from algorhythms_ask.release import CURRENT, NotServableError, prefix_of
from botocore.exceptions import BotoCoreError, ClientError

from algorhythms_assets.resources.store import InputError, Store

_MANIFEST = "manifest.json"


class Bucket:
    """A bucket with the files of a store's releases, under the same names as in the store."""

    def __init__(self, client: Any, environment: Mapping[str, str] = os.environ) -> None:
        """Reads MODEL_BUCKET and RELEASE_KEY; `client` is boto3's of S3.

        Raises:
            InputError: they cannot be used.
        """
        self._client = client
        self.name = environment.get("MODEL_BUCKET", "")
        if not self.name:
            raise InputError("MODEL_BUCKET has to name the bucket that releases are published in")
        try:
            self._prefix = prefix_of(environment.get("RELEASE_KEY") or CURRENT)
        except NotServableError as error:
            raise InputError(str(error)) from None

    def hold(self, store: Store, bundle: str) -> None:
        """Uploads the files of a bundle, its manifest last: a bundle with a manifest is complete.

        Raises:
            InputError: the bucket does not take them.
        """
        folder = store.root / bundle
        manifest = (folder / _MANIFEST).read_bytes()
        with self._told():
            if self._get(f"{bundle}/{_MANIFEST}") == manifest:
                return
            for path in sorted(folder.iterdir()):
                if path.name != _MANIFEST:
                    self._put(f"{bundle}/{path.name}", path.read_bytes())
            self._put(f"{bundle}/{_MANIFEST}", manifest)

    def point(self, content: Mapping[str, Any]) -> None:
        """Makes a release the current one, with one PUT.

        Raises:
            InputError: the bucket does not take it.
        """
        wanted = json.dumps(content, indent=2).encode()
        with self._told():
            if self._get(CURRENT) != wanted:
                self._put(CURRENT, wanted)

    def put_block_list(self, content: bytes) -> None:
        """Publishes the block list to endpoints, with one PUT.

        Raises:
            InputError: the bucket does not take it.
        """
        with self._told():
            if self._get(BLOCKED) != content:
                self._put(BLOCKED, content)

    def block_list(self) -> bytes | None:
        """Returns the list that endpoints read from the bucket.

        Raises:
            InputError: the bucket refuses.
        """
        with self._told():
            return self._get(BLOCKED)

    def current(self) -> dict[str, Any] | None:
        """Returns the release that endpoints read from the bucket.

        Raises:
            InputError: the bucket refuses.
        """
        with self._told():
            content = self._get(CURRENT)
        return None if content is None else dict(json.loads(content))

    def drop(self, bundle: str) -> None:
        """Deletes the files of a bundle.

        Raises:
            InputError: the bucket refuses.
        """
        with self._told():
            found = self._client.list_objects_v2(Bucket=self.name, Prefix=f"{self._prefix}{bundle}/")
            # The manifest first: a bundle with a manifest is complete.
            keys = sorted((item["Key"] for item in found.get("Contents", ())), key=lambda key: _MANIFEST not in key)
            for key in keys:
                self._client.delete_object(Bucket=self.name, Key=key)

    def _get(self, name: str) -> bytes | None:
        try:
            content: bytes = self._client.get_object(Bucket=self.name, Key=f"{self._prefix}{name}")["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        return content

    def _put(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self.name, Key=f"{self._prefix}{name}", Body=content)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise InputError(f"s3://{self.name} does not take the release: {error}") from None
