"""`python -m algorhythms_ask serve`: the endpoint on this machine; `… ask`: one answer on the terminal."""

import os

# Requests are answered in parallel: if each had its own threads for numpy, they would compete and wait for each other.
# This is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from algorhythms_ask.http import create_app
from algorhythms_ask.index import Document, Index, IndexUnavailableError
from algorhythms_ask.page import BUILT, NoPageError
from algorhythms_ask.release import LocalStore, NotServableError, Release
from algorhythms_ask.releases import CHECK_SECONDS, Releases, Served, Source, source
from algorhythms_ask.requests import MAX_COUNT
from algorhythms_ask.songs import Song, track_id
from algorhythms_ask.wish import Wish


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="algorhythms_ask", description="Continues playlists.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer POST /recommendations on what is released")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1, help="processes that answer (default: %(default)s)")
    serve.add_argument(
        "--check-seconds",
        type=float,
        default=CHECK_SECONDS,
        help="between two checks for a newer release (default: %(default)s)",
    )
    serve.add_argument(
        "--page", type=Path, help=f"folder of the built page, served at / (default: {BUILT}, if it is there)"
    )
    ask = commands.add_parser("ask", help="continue songs, on the terminal")
    ask.add_argument("songs", nargs="+", metavar="song", help="'artist - title', or a track's URI, link or identifier")
    ask.add_argument("--count", type=int, default=10, help="how many to recommend (default: %(default)s)")
    for command in (serve, ask):
        command.add_argument(
            "--store",
            type=Path,
            help="folder of all artifacts (default: the bucket MODEL_BUCKET, else ALGORHYTHMS_STORE, else var/store)",
        )
    commands.add_parser("openapi", help="print the OpenAPI document of the endpoint")
    chosen = parser.parse_args(arguments)
    if chosen.command == "openapi":
        # The document does not depend on the release, so none is needed.
        print(json.dumps(create_app(cast("Served", None)).openapi(), indent=2))
        return 0
    if chosen.command == "serve":
        return _serve(chosen)
    try:
        found: Source = LocalStore(chosen.store) if chosen.store else source()
        if not 1 <= chosen.count <= MAX_COUNT:
            parser.error(f"--count has to be 1 to {MAX_COUNT}")
        return _ask(Releases(found).current(), chosen.songs, chosen.count)
    except (NotServableError, IndexUnavailableError) as error:
        print(f"algorhythms_ask: {error}", file=sys.stderr)
        return 1


def _serve(chosen: argparse.Namespace) -> int:
    # Lambda's package has no uvicorn.
    from algorhythms_ask.serve import CannotServeError, serve

    page = chosen.page or (BUILT if BUILT.is_dir() else None)
    try:
        serve(chosen.store, chosen.check_seconds, chosen.host, chosen.port, chosen.workers, page)
    except (CannotServeError, NoPageError, NotServableError, IndexUnavailableError) as error:
        print(f"algorhythms_ask: {error}", file=sys.stderr)
        return 1
    return 0


def _ask(release: Release, texts: Sequence[str], count: int) -> int:
    index = release.recommender.index
    songs = []
    for text in texts:
        known = _find(index, text)
        if known is None:
            print(f"not found: {text}", file=sys.stderr)
            continue
        # Shows which track a typed name was matched with.
        print(f"  {_called(known)}" if text in (known.id, _called(known)) else f"  {text}: {_called(known)}")
        songs.append(Song(known.id))
    if not songs:
        print("algorhythms_ask: none of the songs was found", file=sys.stderr)
        return 1
    [answer] = release.recommender.recommend([Wish(songs, count)])
    print("continues with")
    for place, found in enumerate(answer.recommendations, start=1):
        print(f"{place:4}. {_called(found.document)}  {found.score:.3f}")
    return 0


def _find(index: Index, text: str) -> Document | None:
    """Returns the track of that identifier, else the one that the text names best."""
    try:
        key = track_id(text)
    except ValueError:
        return None
    known = index.fetch([key]).get(key)
    if known is not None and known.kind == "track":
        return known
    return next(iter(index.search(text, 1)), None)


def _called(document: Document) -> str:
    return f"{document.artist or 'unknown artist'} - {document.name or document.id}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # The reader, such as `head`, has read enough. On exit Python would flush again and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
