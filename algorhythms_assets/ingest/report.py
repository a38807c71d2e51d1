"""Reports the outcome of each file to a person: the totals first, each reason once, and all details in a file."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from algorhythms_assets.ingest.slices import some


@dataclass(frozen=True)
class Outcome:
    """The outcome of a slice.

    `failed` says why it could not be used, `nothing` why there was nothing to read; the rest describes its content.
    """

    key: str
    failed: str | None = None
    nothing: str | None = None
    data_version: str | None = None
    rows: int = 0
    playlists: int = 0
    rejected: int = 0
    warnings: Mapping[str, int] | None = None
    median_length: float = 0.0


def summary(outcomes: Sequence[Outcome], passed_over: Mapping[str, str]) -> list[str]:
    """Returns lines for a person: how much was read, and what was not and why, each reason once."""
    read = [outcome for outcome in outcomes if not outcome.failed and not outcome.nothing]
    playlists, rows = sum(outcome.playlists for outcome in read), sum(outcome.rows for outcome in read)
    rejected = sum(outcome.rejected for outcome in read)
    lines = [
        f"{_files(len(read))} read: {playlists:,} playlists, {rows:,} tracks"
        + (f"; {rejected:,} playlists set aside" if rejected else "")
    ]
    lines += _by_reason("set aside", ((outcome.key, outcome.failed) for outcome in outcomes if outcome.failed))
    nothing = ((outcome.key, outcome.nothing) for outcome in outcomes if outcome.nothing)
    lines += _by_reason("without playlists, ignored", nothing)
    lines += _by_reason("passed over", passed_over.items())
    warnings: Counter[str] = Counter()
    for outcome in outcomes:
        warnings.update(outcome.warnings or {})
    lines += [f"warning: {what} ({count:,} times)" for what, count in warnings.most_common()]
    return lines


def details(outcomes: Iterable[Outcome]) -> Iterator[dict[str, Any]]:
    """Yields all that is known about each file."""
    for outcome in outcomes:
        yield {name: value for name, value in asdict(outcome).items() if value not in (None, {}, 0)}


def _by_reason(what: str, reasons: Iterable[tuple[str, str]]) -> list[str]:
    """Returns a line for each kind of reason; reasons that differ only in names and numbers share one."""
    kinds: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, reason in reasons:
        said = reason.rpartition(f"{key}: ")[2] if f"{key}: " in reason else re.sub(r"^\S*/[^:]*: ", "", reason)
        kinds[re.sub(r"`[^`]*`|\d[\d,.]*", "…", said)].append((key, said))
    return [
        f"{_files(len(members))} {what}: {members[0][1]} ({some(key for key, _ in members)})"
        for members in kinds.values()
    ]


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
