"""`python -m algorhythms_ask serve`: the endpoint on this machine."""

import argparse
import os
import sys
from pathlib import Path

from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError, load_release


def main() -> int:
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
    arguments = parser.parse_args()

    # Only the server needs these: Lambda's package has no uvicorn.
    import uvicorn

    from algorhythms_ask.http import create_app

    try:
        release = load_release(arguments.store)
    except (NotServableError, IndexUnavailableError) as error:
        print(f"algorhythms_ask: {error}", file=sys.stderr)
        return 1
    print(f"serving release {release.version} at http://{arguments.host}:{arguments.port}", flush=True)
    uvicorn.run(create_app(release), host=arguments.host, port=arguments.port, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
