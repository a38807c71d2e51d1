"""What Dagster's UI says about what is served."""

from collections.abc import Mapping
from typing import Any

from algorhythms_assets.release.history import Content, releases
from algorhythms_assets.resources.store import Store


def about(store: Store, content: Content) -> dict[str, Any]:
    """Returns metadata of a release: what serves, since when, and what is held back."""
    found = releases(store)
    before = found.served[-2]["version"] if len(found.served) > 1 else "nothing"
    return {
        "serves": content["version"],
        "since": content["released_at"],
        "a roll-back would go to": before,
        "held back": _held_back(found.held_back),
    }


def _held_back(versions: Mapping[str, Content]) -> str:
    lines = [
        f"{version}: rolled back from at {content['released_at']}"
        + (f", {content['reason']}" if content.get("reason") else "")
        for version, content in versions.items()
    ]
    return "\n".join(lines) or "nothing"
