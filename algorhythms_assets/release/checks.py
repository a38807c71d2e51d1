"""Whether endpoints serve what the store says."""

from typing import Any

import dagster as dg
from algorhythms_ask.blocking import BLOCKED, BlockList, BlockListError
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError

from algorhythms_assets.release.assets import release
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import current
from algorhythms_assets.release.publish import check
from algorhythms_assets.release.told import about
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.serving.blocked import block_list
from algorhythms_assets.settings import Settings


@dg.asset_check(asset=release)
def served_is_what_was_released(
    compute: dg.ResourceParam[Compute], settings: dg.ResourceParam[Settings], s3: dg.ResourceParam[Any]
) -> dg.AssetCheckResult:
    """The current release can be loaded as an endpoint does, and the bucket names the same one."""
    store = compute.store
    problem = _problem(store, settings, s3)
    content = current(store)
    return dg.AssetCheckResult(
        passed=problem is None,
        description=problem or f"{content['version'] if content else ''} serves",
        metadata=about(store, content) if content else {},
    )


def _problem(store: Store, settings: Settings, s3: Any) -> str | None:
    content = current(store)
    if content is None:
        return f"nothing is released in {store.root}"
    try:
        check(store, content)
        blocked = block_list(store)
        bucket = Bucket(s3.get_client()) if settings.releases == "bucket" else None
        published = bucket.current() if bucket is not None else content
        listed = bucket.block_list() if bucket is not None else None
    except (InputError, NotServableError, IndexUnavailableError) as error:
        return str(error)
    if published != content:
        served = published["version"] if published else "nothing"
        return f"the bucket serves {served}, the store says {content['version']}: materialize release again"
    if listed is not None and not _is_list(listed, blocked):
        return (
            "the bucket's list of what is blocked is not the store's: run "
            "python -m algorhythms_assets.release.block_list"
        )
    return None


def _is_list(content: bytes, blocked: BlockList) -> bool:
    try:
        return BlockList.parsed(content, BLOCKED) == blocked
    except BlockListError:
        return False
