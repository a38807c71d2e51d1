"""The releases that were made, in `releases/history.jsonl`, and the one step that switches between them."""

import json
import logging
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import CURRENT, connect

from algorhythms_assets.contracts import SEARCH_INDEX, SERVING_BUNDLE
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.resources.store import InputError, Store, replacing, write_json

KEEP = 3
ALIAS = "tracks"

Content = dict[str, Any]

_log = logging.getLogger(__name__)


def current(store: Store) -> Content | None:
    """Returns what is released now."""
    path = store.root / CURRENT
    return dict(json.loads(path.read_text())) if path.is_file() else None


def history(store: Store) -> list[Content]:
    """Returns what was ever released, roll-backs included, the latest last."""
    path = _history(store)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def switch(store: Store, content: Mapping[str, Any], bucket: Bucket | None = None) -> Content:
    """Makes `releases/current.json` name a release; notes it in the history; has the alias follow.

    The rename of `current.json` is the release: what fails after it fails no release. Where there is a bucket,
    endpoints read from there, and it comes first: done again, a switch that broke off in between comes out the same.

    Raises:
        InputError: the bucket does not take it; what is served stays.
    """
    content = {**content, "released_at": datetime.now(UTC).isoformat(timespec="seconds")}
    if bucket is not None:
        bucket.hold(store, _bundle(content))
        bucket.point(content)
    path = _history(store)
    lines = path.read_text() if path.is_file() else ""
    write_json(store.root / CURRENT, content)
    with replacing(path) as temporary:
        temporary.write_text(lines + json.dumps(content) + "\n")
    follow(content)
    return content


def follow(content: Mapping[str, Any]) -> None:
    """Points the alias `tracks` of Elasticsearch, a courtesy to other readers, at the index of a release."""
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


def earlier(store: Store, version: str | None = None) -> Content:
    """Returns the release before the current one, or the latest of a version.

    Rolling back again goes further back: what was rolled back to takes the place that it had.

    Raises:
        InputError: there is none.
    """
    now = current(store)
    if now is None:
        raise InputError(f"nothing is released in {store.root}, so there is nothing to roll back")
    made: dict[str, Content] = {}
    for content in history(store):
        if "rolled_back_from" not in content:
            made.pop(content["version"], None)
            made[content["version"]] = content
    versions = list(made)
    if version is None:
        before = versions[: versions.index(now["version"])] if now["version"] in versions else versions
        if not before:
            raise InputError(f"{now['version']} is the first release: there is none before it")
        version = before[-1]
    if version not in made:
        raise InputError(f"{version} was never released; there are {', '.join(versions)}")
    if not all((store.root / place(made[version])).is_dir() for place in (_bundle, _index)):
        raise InputError(f"{version} was released, but is no longer kept (config `keep` of the asset `release`)")
    return made[version]


def prune(store: Store, keep: int, bucket: Bucket | None = None) -> list[str]:
    """Removes the bundles and indices of all but the last releases; returns what it removed.

    What is current, what would be evaluated next, and what one of the last `keep` versions shares stays.
    """
    latest: dict[str, Content] = {}
    for content in history(store):
        latest.pop(content["version"], None)
        latest[content["version"]] = content
    kept = [latest[version] for version in list(latest)[-keep:]]
    stay = {_bundle(content) for content in kept} | {_index(content) for content in kept}
    stay |= {str(store.path(artifact).relative_to(store.root)) for artifact in (SERVING_BUNDLE, SEARCH_INDEX)}
    removed = []
    for content in latest.values():
        for path in sorted({_bundle(content), _index(content)} - stay):
            if not (store.root / path).is_dir():
                continue
            if content["index"]["kind"] == "elasticsearch" and path == _index(content):
                try:
                    connect().ask("DELETE", f"/{content['index']['name']}?ignore_unavailable=true", timeout=60)
                except IndexUnavailableError as error:
                    _log.warning("the old index %s stays: %s", content["index"]["name"], error)
                    continue
            if bucket is not None and path == _bundle(content):
                bucket.drop(path)
            shutil.rmtree(store.root / path)
            removed.append(path)
    return removed


def _history(store: Store) -> Path:
    return (store.root / CURRENT).with_name("history.jsonl")


def _bundle(content: Mapping[str, Any]) -> str:
    return str(content["bundle"])


def _index(content: Mapping[str, Any]) -> str:
    """Returns the folder that holds the index, or tells of it."""
    name = str(content["index"]["name"])
    return name if content["index"]["kind"] == "embedded" else SEARCH_INDEX.path.format(version=name.split("-")[-1])
