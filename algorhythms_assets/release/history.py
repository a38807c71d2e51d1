"""The history of releases, `releases/history.jsonl`, and the single step that switches between them."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import CURRENT, NotServableError, connect, pointed

from algorhythms_assets.contracts import SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.release.block_list import publish_block_list
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.resources.store import InputError, Store, discard, replacing, write_json

KEEP = 3
ALIAS = "tracks"

Content = dict[str, Any]

_log = logging.getLogger(__name__)


def current(store: Store) -> Content | None:
    """Returns the current release; if `current.json` is damaged, the last one of the history.

    Raises:
        InputError: `current.json` is damaged, and so is the history, or it is empty.
    """
    path = store.root / CURRENT
    if not path.is_file():
        return None
    try:
        return pointed(path, path.read_bytes())
    except NotServableError as error:
        _log.warning("%s; the last release of the history is taken as current", error)
        lines = _noted(store)
        if not lines:
            raise InputError(f"{error}. Delete it, and materialize release again.") from None
        return lines[-1]


def history(store: Store) -> list[Content]:
    """Returns everything that was ever released, including roll-backs, the latest last.

    Raises:
        InputError: it is damaged; the message says in which line.
    """
    lines, now = _noted(store), current(store)
    # A switch that was killed before it was recorded has still happened.
    return [*lines, now] if now is not None and now not in lines[-1:] else lines


def _noted(store: Store) -> list[Content]:
    path = _history(store)
    lines = path.read_bytes().splitlines() if path.is_file() else []
    try:
        return [pointed(f"line {number} of {path}", line) for number, line in enumerate(lines, start=1)]
    except NotServableError as error:
        raise InputError(f"{error}. Delete that line: its release can no longer be rolled back to.") from None


def switch(store: Store, content: Mapping[str, Any], bucket: Bucket | None = None) -> Content:
    """Makes `releases/current.json` name a release, records it in the history, and moves the alias.

    The rename of `current.json` is the release: later failures do not undo it. If there is a bucket, endpoints read
    from it, and it is written first: repeating an interrupted switch gives the same result.

    Raises:
        InputError: the bucket rejects it; the current release keeps serving.
    """
    # Every release comes with a block list, even an empty one, so an endpoint notices when it is missing.
    publish_block_list(store, bucket)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    content = {**content, "released_at": now, "has_block_list": True}
    if bucket is not None:
        bucket.hold(store, _bundle(content))
        bucket.point(content)
    before = history(store)
    write_json(store.root / CURRENT, content)
    with replacing(_history(store)) as temporary:
        temporary.write_text("".join(json.dumps(line) + "\n" for line in [*before, content]), encoding="utf-8")
    follow(content)
    return content


def follow(content: Mapping[str, Any]) -> None:
    """Points Elasticsearch's alias `tracks`, which is for other readers, at the index of a release."""
    if content["index"]["kind"] != "elasticsearch":
        return
    name = content["index"]["name"]
    actions = [
        {"remove": {"index": f"{ALIAS}-*", "alias": ALIAS, "must_exist": False}},
        {"add": {"index": name, "alias": ALIAS}},
    ]
    try:
        connect().post("/_aliases", {"actions": actions})
    except IndexUnavailableError as error:
        _log.warning("the alias %s does not follow the release: %s", ALIAS, error)


@dataclass(frozen=True)
class Releases:
    """The outcome of the history.

    `served` are the releases that can be rolled back through, the current one last; a roll-back removes those that it
    skips. `held_back` has each version that was rolled back from, with the roll-back: it is not released again
    automatically.
    """

    served: list[Content]
    held_back: dict[str, Content]


def releases(store: Store) -> Releases:
    """Returns the outcome of the history."""
    served: list[Content] = []
    held_back: dict[str, Content] = {}
    for content in history(store):
        version = content["version"]
        versions = [earlier["version"] for earlier in served]
        if "rolled_back_from" not in content:
            served = [earlier for earlier in served if earlier["version"] != version]
        elif version in versions:
            served = served[: versions.index(version)]
        left = content.get("rolled_back_from")
        # Switching to a held-back version undoes a roll-back: the version left then was not a bad release.
        if left and left != version and version not in held_back:
            held_back[left] = content
        served.append(content)
        held_back.pop(version, None)
    return Releases(served, held_back)


def earlier(store: Store, version: str | None = None) -> Content:
    """Returns the release before the current one, or the latest release of a version.

    Raises:
        InputError: there is none.
    """
    if current(store) is None:
        raise InputError(f"nothing is released in {store.root}, so there is nothing to roll back")
    made = {content["version"]: content for content in history(store)}
    if version is None:
        served = releases(store).served
        if len(served) < 2:
            raise InputError(f"{served[-1]['version']} is the first release: there is none before it")
        version = served[-2]["version"]
    if version not in made:
        raise InputError(f"{version} was never released; there are {', '.join(made)}")
    if not all((store.root / place(made[version])).is_dir() for place in (_bundle, _index)):
        raise InputError(f"{version} was released, but is no longer kept (config `keep` of the asset `release`)")
    about = ("rolled_back_from", "reason")
    return {name: value for name, value in made[version].items() if name not in about}


def places(content: Mapping[str, Any]) -> set[str]:
    """Returns the folders of a release's bundle and index, relative to the store."""
    return {_bundle(content), _index(content)}


def prune(store: Store, keep: int, bucket: Bucket | None = None) -> list[str]:
    """Removes the bundles and indexes of all but the last `keep` releases that served; returns what it removed.

    The current release, what would be evaluated next, and the version last rolled back from stay: that roll-back may
    have been a mistake.
    """
    latest = {content["version"]: content for content in history(store)}
    found = releases(store)
    kept = found.served[-keep:] + [latest[version] for version in list(found.held_back)[-1:] if version in latest]
    stay = {place for content in kept for place in places(content)}
    stay |= {str(store.path(artifact).relative_to(store.root)) for artifact in (SERVING_BUNDLE, SEARCH_INDEX)}
    removed = []
    for content in latest.values():
        for path in sorted(places(content) - stay):
            if not (store.root / path).is_dir():
                continue
            if content["index"]["kind"] == "elasticsearch" and path == _index(content):
                try:
                    connect().ask("DELETE", f"/{content['index']['name']}?ignore_unavailable=true", timeout=60)
                except (IndexUnavailableError, NotServableError) as error:
                    _log.warning("the old index %s stays: %s", content["index"]["name"], error)
                    continue
            if bucket is not None and path == _bundle(content):
                bucket.drop(path)
            discard(store.root / path)
            removed.append(path)
    snapshots = {str(content.get("snapshot")) for content in kept}
    for file in _slices(store, "any").parent.glob("*.json"):
        if file.stem not in snapshots:
            file.unlink()
    return removed


def keep_slices(store: Store, snapshot: str, slices: Mapping[str, str]) -> None:
    """Records the slices, with their data versions, that the snapshot of a release is made from."""
    _slices(store, snapshot).parent.mkdir(parents=True, exist_ok=True)
    write_json(_slices(store, snapshot), slices)


def released_slices(store: Store) -> dict[str, str]:
    """Returns the slices, with their data versions, that the current release was trained on."""
    content = current(store)
    if content is None:
        return {}
    path = _slices(store, str(content["snapshot"]))
    if path.is_file():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    # A release of an earlier version has no such file; its snapshot may still exist.
    about = store.path(TRACK_METADATA) / "snapshot.json"
    snapshot = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
    return dict(snapshot["slices"]) if snapshot.get("snapshot") == content["snapshot"] else {}


def _slices(store: Store, snapshot: str) -> Path:
    return (store.root / CURRENT).with_name("snapshots") / f"{snapshot}.json"


def _history(store: Store) -> Path:
    return (store.root / CURRENT).with_name("history.jsonl")


def _bundle(content: Mapping[str, Any]) -> str:
    return str(content["bundle"])


def _index(content: Mapping[str, Any]) -> str:
    """Returns the folder that holds or describes the index."""
    name = str(content["index"]["name"])
    return name if content["index"]["kind"] == "embedded" else SEARCH_INDEX.path.format(version=name.split("-")[-1])
