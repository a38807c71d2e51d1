"""Takes music down or restores it: which tracks and artists are left out of every answer, whichever release serves.

`python -m algorhythms_assets.release.block_list block --track TRACK --artist NAME --reason TEXT`, or `… unblock …`.
With neither it shows the list, and rewrites it from its history if it was damaged or lost.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from algorhythms_ask.blocking import BLOCKED, BlockList
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.keys import artist_key
from algorhythms_ask.names import artist_keys
from algorhythms_ask.release import CURRENT, NotServableError, open_index
from algorhythms_ask.songs import ARTIST_URI, track_id

from algorhythms_assets.ingest.slices import some
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.s3 import s3_client
from algorhythms_assets.resources.store import InputError, Store, replacing, write_json
from algorhythms_assets.settings import Settings

# Every search excludes the list; docs/catalogue.md says what that costs.
MOST = 10_000

Action = Literal["block", "unblock"]
# For tracks and for artists, what is recorded of each: since when, and why.
Listed = dict[str, dict[str, dict[str, str | None]]]


def edit(
    store: Store,
    action: Action,
    tracks: Sequence[str] = (),
    artists: Sequence[str] = (),
    reason: str | None = None,
    bucket: Bucket | None = None,
) -> BlockList:
    """Blocks or unblocks tracks, by identifier or link, and artists, by name or URI; returns what is blocked.

    Endpoints apply it at their next check, within seconds, and the next index is built without it.

    Raises:
        InputError: one is not a track or artist, or is not blocked, or there would be too many; or the bucket rejects
            the list. The list stays as it was.
    """
    named = {"tracks": _tracks(tracks), "artists": _artists(artists)}
    with lock(store.locks, "block_list"):
        lines = _history(store)
        listed = _replayed(lines)
        missing = [name for kind, names in named.items() for name in names if name not in listed[kind]]
        if action == "unblock" and missing:
            raise InputError(
                f"not blocked: {some(missing)}; python -m algorhythms_assets.release.block_list shows the list"
            )
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "action": action, **named, "reason": reason}
        listed = _replayed([*lines, line])
        count = sum(map(len, listed.values()))
        if count > MOST:
            raise InputError(
                f"{count:,} tracks and artists would be blocked, of {MOST:,} at most: block artists instead of all "
                "their tracks, or unblock what is no longer in any playlist"
            )
        with replacing(_history_path(store)) as temporary:
            temporary.write_text(
                "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in [*lines, line]), encoding="utf-8"
            )
        return _write(store, listed, bucket)


def rewrite(store: Store, bucket: Bucket | None = None) -> BlockList:
    """Rewrites the list from its history; returns what is blocked.

    Raises:
        InputError: the history is damaged, or the bucket does not take the list.
    """
    with lock(store.locks, "block_list"):
        return _write(store, _replayed(_history(store)), bucket)


def publish_block_list(store: Store, bucket: Bucket | None) -> None:
    """Stores the list beside the release; if there is none, it is built from the history.

    Raises:
        InputError: the history is damaged, or the bucket does not take the list.
    """
    if not (store.root / BLOCKED).exists():
        rewrite(store, bucket)
    elif bucket is not None:
        bucket.put_block_list((store.root / BLOCKED).read_bytes())


def unknown(store: Store, tracks: Iterable[str], artists: Iterable[str]) -> list[str]:
    """Returns those that the current release does not know: perhaps misspelt, perhaps not yet there.

    Raises:
        NotServableError, IndexUnavailableError, OSError: the current release cannot be read.
    """
    keys = {track: track for track in _tracks(tracks)}
    keys |= {artist: artist_key(artist) for artist in _artists(artists)}
    known = open_index(store.root, json.loads((store.root / CURRENT).read_text(encoding="utf-8"))["index"]).fetch(
        list(keys.values())
    )
    return [name for name, key in keys.items() if key not in known]


def listed(store: Store) -> Listed:
    """Returns what is blocked, since when, and why.

    Raises:
        InputError: the history is damaged.
    """
    return _replayed(_history(store))


def _write(store: Store, content: Listed, bucket: Bucket | None) -> BlockList:
    # The bucket first, as for a release: repeating an interrupted change gives the same result.
    if bucket is not None:
        bucket.put_block_list(json.dumps(content, indent=2, ensure_ascii=False).encode())
    write_json(store.root / BLOCKED, content)
    return BlockList(frozenset(content["tracks"]), frozenset(content["artists"]))


def _replayed(lines: Iterable[dict[str, Any]]) -> Listed:
    found: Listed = {"tracks": {}, "artists": {}}
    for line in lines:
        for kind, of_kind in found.items():
            for name in line[kind]:
                if line["action"] == "block":
                    of_kind.setdefault(name, {"since": line["at"], "reason": line["reason"]})
                else:
                    of_kind.pop(name, None)
    return found


def _history(store: Store) -> list[dict[str, Any]]:
    path = _history_path(store)
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    except ValueError as error:
        raise InputError(f"{path} cannot be read ({error}): repair it, it records what is blocked") from None


def _history_path(store: Store) -> Path:
    return (store.root / BLOCKED).with_suffix(".jsonl")


def _tracks(texts: Iterable[str]) -> list[str]:
    found = []
    for text in texts:
        try:
            found.append(track_id(text))
        except ValueError as error:
            raise InputError(f"{text!r} is no track: {error}") from None
    return list(dict.fromkeys(found))


def _artists(texts: Iterable[str]) -> list[str]:
    found = [text.strip() for text in texts]
    for text in found:
        if text.startswith(ARTIST_URI):
            continue
        if "spotify.com/" in text or text.startswith("spotify:") or not artist_keys(text):
            raise InputError(f"{text!r} is no artist: give a name, or {ARTIST_URI}…")
    return list(dict.fromkeys(found))


def main() -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m algorhythms_assets.release.block_list", description=__doc__)
    parser.add_argument("action", nargs="?", choices=["block", "unblock"], help="(default: show what is blocked)")
    parser.add_argument("--store", type=Path, help="folder of all artifacts (default: ALGORHYTHMS_STORE)")
    parser.add_argument("--track", action="append", default=[], help="identifier or link; more than one may be given")
    parser.add_argument("--artist", action="append", default=[], help="name, or spotify:artist:…; more may be given")
    parser.add_argument("--reason", help="why, for the record")
    chosen = parser.parse_args()
    if bool(chosen.action) != bool(chosen.track or chosen.artist):
        parser.error("give block or unblock, and a --track or an --artist")
    try:
        settings = Settings.read()
        bucket = Bucket(s3_client()) if settings.releases == "bucket" else None
        store = Store((chosen.store or settings.store).absolute())
        if not store.root.is_dir():
            raise InputError(f"there is no store {store.root}")
        if chosen.action is None:
            rewrite(store, bucket)
            blocked_now = listed(store)
            if not any(blocked_now.values()):
                print("nothing is blocked")
            for kind, of_kind in blocked_now.items():
                for name, about in of_kind.items():
                    print(f"{kind.removesuffix('s')}  {name}  since {about['since']}  {about['reason'] or ''}".rstrip())
            return 0
        blocked = edit(store, chosen.action, chosen.track, chosen.artist, chosen.reason, bucket)
    except InputError as error:
        print(f"block_list: {error}", file=sys.stderr)
        return 1
    print(f"{len(blocked.tracks)} tracks and {len(blocked.artists)} artists are blocked")
    if chosen.action == "block":
        print(_told_unknown(store, chosen.track, chosen.artist), end="")
    return 0


def _told_unknown(store: Store, tracks: Sequence[str], artists: Sequence[str]) -> str:
    try:
        names = unknown(store, tracks, artists)
    except (NotServableError, IndexUnavailableError, OSError) as error:
        return f"  the current release could not be checked for them: {error}\n"
    return f"  not known to the current release: {some(names)}\n" if names else ""


if __name__ == "__main__":
    sys.exit(main())
