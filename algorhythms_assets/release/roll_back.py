"""Rolls a release back: an earlier one serves again, after the same checks as a new one.

`python -m algorhythms_assets.release.roll_back --store STORE [--version VERSION] [--reason TEXT]`
"""

import argparse
import sys
from pathlib import Path

from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError

from algorhythms_assets.contracts import RELEASE
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import Content, current, earlier, switch
from algorhythms_assets.release.publish import check
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.s3 import s3_client
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings


def roll_back(
    store: Store, version: str | None = None, bucket: Bucket | None = None, reason: str | None = None
) -> Content:
    """Makes `releases/current.json` name the release before the current one, or `version`; returns its content.

    The version rolled back from is not released again automatically; `reason` records why.

    Raises:
        InputError: there is none, or the bucket rejects it.
        NotServableError, IndexUnavailableError: the endpoint could not load it; the current release stays.
    """
    with lock(store.locks, RELEASE.name):
        content = earlier(store, version)
        now = current(store)
        check(store, content)
        about = {"rolled_back_from": now["version"] if now else None, "reason": reason}
        return switch(store, content | about, bucket)


def main() -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m algorhythms_assets.release.roll_back", description=__doc__)
    parser.add_argument("--store", type=Path, help="folder of all artifacts (default: ALGORHYTHMS_STORE)")
    parser.add_argument("--version", help="the release to go back to (default: the one before the current release)")
    parser.add_argument("--reason", help="why, for the record")
    chosen = parser.parse_args()
    try:
        settings = Settings.read()
        bucket = Bucket(s3_client()) if settings.releases == "bucket" else None
        content = roll_back(Store((chosen.store or settings.store).absolute()), chosen.version, bucket, chosen.reason)
    except (InputError, NotServableError, IndexUnavailableError) as error:
        print(f"roll_back: {error}", file=sys.stderr)
        return 1
    print(f"{content['version']} serves again, instead of {content['rolled_back_from']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
