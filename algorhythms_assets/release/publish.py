"""Switches what is served, if the evaluation of exactly that bundle and index allows it."""

import json
from collections.abc import Mapping
from typing import Any

from algorhythms_ask.contract import Evaluation
from algorhythms_ask.release import CURRENT, index_reference, load_recommender, open_index

from algorhythms_assets.contracts import (
    EVALUATION_REPORT,
    RELEASE,
    SEARCH_INDEX,
    SERVING_BUNDLE,
    TRACK_METADATA,
    Artifact,
)
from algorhythms_assets.release.block_list import publish_block_list
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import KEEP, Content, current, follow, keep_slices, prune, releases, switch
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.store import InputError, Store, write_json


class RefusedError(InputError):
    """The evaluation does not allow the bundle and index to be released."""


def publish(store: Store, force: bool, keep: int = KEEP, bucket: Bucket | None = None) -> Content:
    """Makes `releases/current.json` name the evaluated bundle and index; returns its content.

    The files and indexes of the last `keep` releases stay, so that they can be rolled back to. The files that endpoints
    read from a `bucket` are uploaded there.

    Raises:
        RefusedError: the verdict is negative, and the release is not forced.
        NotServableError, IndexUnavailableError: the endpoint could not load it.
        InputError: bundle, index and report do not belong together, or the bucket rejects the release.
    """
    with lock(store.locks, RELEASE.name):
        return _publish(store, force, keep, bucket)


def _publish(store: Store, force: bool, keep: int, bucket: Bucket | None) -> Content:
    inputs = store.inputs(RELEASE)
    bundle, index = store.path(SERVING_BUNDLE), store.path(SEARCH_INDEX)
    report = _read(store, EVALUATION_REPORT, "report.json")
    held_back = releases(store).held_back.get(report["version"])
    if held_back and not force:
        raise RefusedError(
            f"{report['version']} was rolled back from at {held_back['released_at']}{_because(held_back)}, so it is "
            f"not released again automatically; {held_back['version']} serves. Materialize its replacement, or "
            "overrule this with config `force: true` of the asset release."
        )
    if not report["gate"]["passed"] and not force:
        raise RefusedError(f"{report['version']} is not released: {'; '.join(report['gate']['reasons'])}")
    content: dict[str, Any] = {
        "version": report["version"],
        "snapshot": report["snapshot"],
        "test_buckets": report.get("test_buckets"),
        "bundle": str(bundle.relative_to(store.root)),
        "index": index_reference(store.root, index),
        "metrics": {name: method["mean"] for name, method in report["methods"].items()},
        "evaluation": inputs["evaluation_report"].data_version,
        "forced": force and (held_back is not None or not report["gate"]["passed"]),
    }
    released = current(store)
    if released is not None and {name: released.get(name) for name in content} == content:
        if bucket is not None:
            publish_block_list(store, bucket)
            bucket.hold(store, released["bundle"])
            bucket.point(released)
        # Nothing new, unless the file was damaged meanwhile.
        write_json(store.root / CURRENT, released)
        follow(released)
        return released
    check(store, content)
    snapshot = _read(store, TRACK_METADATA, "snapshot.json")
    keep_slices(store, report["snapshot"], snapshot["slices"])
    # What the endpoint reports about quality; the evaluation's version already identifies it.
    told = {name: report[name] for name in Evaluation.model_fields if name in report}
    content = switch(store, content | {"report": told}, bucket)
    prune(store, keep, bucket)
    return content


def _read(store: Store, artifact: Artifact, name: str) -> dict[str, Any]:
    path = store.path(artifact) / name
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}): materialize {artifact.name} again.") from None


def _because(rolled_back: Mapping[str, Any]) -> str:
    return f" ({rolled_back['reason']})" if rolled_back.get("reason") else ""


def check(store: Store, content: Mapping[str, Any]) -> None:
    """Loads a release as the endpoint will.

    Raises:
        NotServableError, IndexUnavailableError: it cannot be served.
    """
    load_recommender(store.root / content["bundle"], open_index(store.root, content["index"]))
