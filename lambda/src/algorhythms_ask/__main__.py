"""`python -m algorhythms_ask serve`: the endpoint on this machine; `… openapi`: its description."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from algorhythms_ask.http import create_app
from algorhythms_ask.release import LocalStore, NotServableError
from algorhythms_ask.releases import CHECK_SECONDS, Releases, Served


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="algorhythms_ask", description="Continues playlists.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer POST /recommendations on what is released")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument(
        "--store",
        type=Path,
        default=Path(os.environ.get("ALGORHYTHMS_STORE", "var/store")),
        help="folder of all artifacts (default: ALGORHYTHMS_STORE, else var/store)",
    )
    serve.add_argument(
        "--check-seconds",
        type=float,
        default=CHECK_SECONDS,
        help="between two looks for a newer release (default: %(default)s)",
    )
    commands.add_parser("openapi", help="print the OpenAPI document of the endpoint")
    chosen = parser.parse_args(arguments)
    if chosen.command == "openapi":
        # The document says nothing of what is released, so there need be no release.
        print(json.dumps(create_app(cast("Served", None)).openapi(), indent=2))
        return 0
    return _serve(Releases(LocalStore(chosen.store), chosen.check_seconds), chosen.host, chosen.port)


def _serve(releases: Releases, host: str, port: int) -> int:
    # Lambda's package has no uvicorn.
    import uvicorn

    try:
        release = releases.current()
    except NotServableError as error:
        print(f"algorhythms_ask: {error}", file=sys.stderr)
        return 1
    releases.watch()
    print(f"serving release {release.version} at http://{host}:{port}", flush=True)
    uvicorn.run(create_app(releases), host=host, port=port, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
