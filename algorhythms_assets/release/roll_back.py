"""Takes a release back: an earlier one serves again, after the same checks as a new one.

`python -m algorhythms_assets.release.roll_back --store STORE [--version VERSION]`
"""

import argparse
import os
import sys
from pathlib import Path

from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError

from algorhythms_assets.release.history import Content, current, earlier, switch
from algorhythms_assets.release.publish import check
from algorhythms_assets.resources.store import InputError, Store


def roll_back(store: Store, version: str | None = None) -> Content:
    """Makes `releases/current.json` name the release before the current one, or the version; returns its content.

    Raises:
        InputError: there is none.
        NotServableError, IndexUnavailableError: the endpoint could not load it; what is served stays.
    """
    content = earlier(store, version)
    now = current(store)
    check(store, content)
    return switch(store, content | {"rolled_back_from": now["version"] if now else None})


def main() -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m algorhythms_assets.release.roll_back", description=__doc__)
    default = os.environ.get("ALGORHYTHMS_STORE", "var/store")
    parser.add_argument("--store", type=Path, default=default, help="folder of all artifacts (default: %(default)s)")
    parser.add_argument("--version", help="the release to go back to (default: the one before the current)")
    chosen = parser.parse_args()
    try:
        content = roll_back(Store(chosen.store.absolute()), chosen.version)
    except (InputError, NotServableError, IndexUnavailableError) as error:
        print(f"roll_back: {error}", file=sys.stderr)
        return 1
    print(f"{content['version']} serves again, instead of {content['rolled_back_from']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
