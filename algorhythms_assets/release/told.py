"""What Dagster's UI says about what is served."""

from collections.abc import Mapping
from typing import Any

from algorhythms_assets.release.history import Content, releases
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.serving.blocked import block_list


def about(store: Store, content: Content) -> dict[str, Any]:
    """Returns metadata of a release: what is served, since when, what is held back, and what is blocked."""
    found = releases(store)
    before = found.served[-2]["version"] if len(found.served) > 1 else "nothing"
    return {
        "serves": content["version"],
        "since": content["released_at"],
        "a roll-back would go to": before,
        "held back": _held_back(found.held_back),
        "blocked": _blocked(store),
    }


def _held_back(versions: Mapping[str, Content]) -> str:
    lines = [
        f"{version}: rolled back from at {content['released_at']}"
        + (f", {content['reason']}" if content.get("reason") else "")
        for version, content in versions.items()
    ]
    return "\n".join(lines) or "nothing"


def _blocked(store: Store) -> str:
    try:
        blocked = block_list(store)
    except InputError as error:
        return str(error)
    return f"{len(blocked.tracks)} tracks, {len(blocked.artists)} artists"
