"""Parses slice files into the store, each independently: a bad one does not affect the others."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc

from algorhythms_assets.contracts import RAW_PLAYLISTS, RAW_PLAYLISTS_SCHEMA
from algorhythms_assets.ingest.config import RawPlaylistsConfig
from algorhythms_assets.ingest.formats.document import NoPlaylistsError, SliceError, check_size
from algorhythms_assets.ingest.parsing import Slice, parse_slice
from algorhythms_assets.ingest.report import Outcome, details, summary
from algorhythms_assets.ingest.slices import SliceFile, content_version, find_slices
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import (
    FAILED_SUFFIX,
    REPORT_FILE,
    InputError,
    Stamp,
    replacing,
    write_json,
    write_table,
)


class SliceTask(NamedTuple):
    """A slice to parse: its partition key, its file, and where to write its rows."""

    key: str
    source: SliceFile
    target: Path

    def __str__(self) -> str:
        return f"slice {self.key}"


def ingest(slice_: SliceTask, max_rejected_share: float = 0.5) -> Outcome:
    """Parses one slice, or records in the store why it cannot be used.

    A slice fails if more than `max_rejected_share` of its playlists are set aside.
    """
    key, source, target = slice_
    outcome = _ingest(SliceTask(key, source, target), max_rejected_share)
    note = target.with_suffix(FAILED_SUFFIX)
    if outcome.failed:
        with suppress(OSError):  # the outcome says it anyway
            write_json(note, {"slice": key, "source version": source.version, "reason": outcome.failed})
    else:
        note.unlink(missing_ok=True)
    return outcome


def _ingest(slice_: SliceTask, max_rejected_share: float) -> Outcome:
    key, source, target = slice_
    try:
        check_size(source.size, "the file has")
        content = source.read_bytes()
        parsed = parse_slice(content, key, source.name)
        nothing = None
    except NoPlaylistsError as reason:
        # Recorded so that the file is not read again.
        parsed, nothing = Slice(RAW_PLAYLISTS_SCHEMA.empty_table(), 0, [], {}), str(reason)
    except (OSError, SliceError) as error:
        return Outcome(key, failed=f"{source}: {error}")
    failed = None if nothing else _too_many_rejected(parsed, max_rejected_share)
    version = content_version(key, content)
    # Sensors use these: whether the file was rewritten, and how many playlists the snapshot does not have yet.
    about = {
        "slice": key,
        "source": _text(source.location),
        "source version": source.version,
        "playlists": parsed.playlists,
    }
    stamp = Stamp(RAW_PLAYLISTS.name, version, RAW_PLAYLISTS.code_version, config=about)
    try:
        with replacing(target.with_suffix(".rejected.jsonl")) as path:
            lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in parsed.rejected)
            path.write_text(lines, encoding="utf-8", errors="replace")
        if not failed:
            with replacing(target) as path:
                write_table(parsed.table, path, RAW_PLAYLISTS_SCHEMA, stamp, write_page_checksum=True)
    except OSError as error:
        failed = f"cannot write its rows: {error}"
    if failed:
        return Outcome(key, failed=f"{source}: {failed}")
    lengths = parsed.table.group_by("pid").aggregate([("num_tracks", "max")])["num_tracks_max"]
    return Outcome(
        key,
        nothing=nothing,
        data_version=stamp.data_version,
        rows=parsed.table.num_rows,
        playlists=parsed.playlists,
        rejected=len(parsed.set_aside),
        warnings=parsed.warnings,
        median_length=pc.quantile(lengths, 0.5)[0].as_py() or 0.0,
    )


def _text(location: str) -> str:
    """Returns a path as valid text, even if it is not in the system's encoding."""
    return location.encode(errors="surrogateescape").decode(errors="replace")


def _too_many_rejected(parsed: Slice, max_share: float) -> str | None:
    """Returns why too little of a slice is usable, or None."""
    rejected = parsed.set_aside
    total = parsed.playlists + len(rejected)
    if not total:
        return "no usable playlist: it is empty"
    if parsed.playlists and len(rejected) <= max_share * total:
        return None
    first = f"playlist {rejected[0]['playlist']}: {rejected[0]['reason']}"
    if not parsed.playlists:
        return f"no usable playlist; {first}"
    return f"{len(rejected)} of {total} playlists cannot be used, but max_rejected_share is {max_share:g}; {first}"


def build(work: Work[RawPlaylistsConfig]) -> dict[str, Any]:
    """Parse slices of playlists into rows."""
    found = find_slices(work.config.folder)
    keys = list(found.files) if work.config.keys is None else work.config.keys
    for key in keys:
        if key not in found.files:
            raise InputError(f"slice {key} is no longer in {work.config.folder}")
    slices = [SliceTask(key, found.files[key], work.store.slice_path(key)) for key in keys]
    parse = partial(ingest, max_rejected_share=work.config.max_rejected_share)
    outcomes = list(work.progress(work.engine.map_blocks(parse, slices), len(slices), "slices"))
    said = summary(outcomes, found.passed_over)
    report = work.store.slice_path("any").with_name(REPORT_FILE)
    with replacing(report) as path:
        path.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in details(outcomes)), encoding="utf-8"
        )
    for line in said:
        work.log.info("%s", line)
    return {"summary": said, "details": str(report), "outcomes": [asdict(outcome) for outcome in outcomes]}


def _on_terminal(made: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns what a run prints on a terminal, where the exit code says whether anything was read.

    Raises:
        InputError: none of the files has playlists.
    """
    outcomes = made["outcomes"]
    numbers = {name: sum(outcome[name] for outcome in outcomes) for name in ("playlists", "rows")}
    if not numbers["playlists"]:
        raise InputError(f"none of {len(outcomes)} files could be used; details in {made['details']}")
    return {"files": len(outcomes), **numbers, "details": made["details"]}


if __name__ == "__main__":
    # The asset reports the outcome of each slice, because Pipes does not support partitions.
    run(
        build,
        RAW_PLAYLISTS,
        RawPlaylistsConfig,
        report=lambda pipes, _, made, spent: pipes.report_custom_message({**made, "spent": spent}),
        show=_on_terminal,
    )
