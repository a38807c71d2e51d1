"""The size of a store on one page: current artifacts, their other versions, and everything else."""

from dataclasses import dataclass
from pathlib import Path

from algorhythms_assets.contracts import ARTIFACTS
from algorhythms_assets.resources.store import LATEST_FILE, InputError, Store, size_of


@dataclass(frozen=True)
class Size:
    """Bytes of one part of a store: of what is in use, and of everything else below the same path."""

    part: str
    bytes: int
    other: int = 0


def sizes(store: Store) -> list[Size]:
    """Returns the existing parts, largest first; together they are the whole store."""
    found = [_artifact(store, name) for name in ARTIFACTS]
    counted = {_top(store, name) for name in ARTIFACTS}
    beside = [path for path in store.root.iterdir() if path not in counted] if store.root.is_dir() else []
    found += [Size(path.name, size_of(path)) for path in beside]
    return sorted((size for size in found if size.bytes + size.other), key=lambda size: -size.bytes - size.other)


def _artifact(store: Store, name: str) -> Size:
    whole = size_of(_top(store, name))
    if "{version}" not in ARTIFACTS[name].path:
        return Size(name, whole)
    try:
        other = whole - size_of(store.path(ARTIFACTS[name])) - size_of(_top(store, name) / LATEST_FILE)
    except InputError:
        other = whole
    return Size(name, whole - other, other)


def _top(store: Store, name: str) -> Path:
    return store.root / Path(ARTIFACTS[name].path).parts[0]


def in_words(count: float) -> str:
    """Returns a number of bytes in words, such as 2.4 GB, in decimal units."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
