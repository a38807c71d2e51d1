"""Parses slice files into the store, each on its own: a bad one costs nothing but itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc

from algorhythms_assets.contracts import RAW_PLAYLISTS, RAW_PLAYLISTS_SCHEMA
from algorhythms_assets.ingest.config import RawPlaylistsConfig
from algorhythms_assets.ingest.formats.document import SliceError, check_size
from algorhythms_assets.ingest.parsing import Slice, parse_slice
from algorhythms_assets.ingest.slices import SliceFile, content_version, find_slices
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import InputError, Stamp, replacing, write_table


@dataclass(frozen=True)
class Outcome:
    """What became of a slice: either `failed` says why it could not be used, or the rest says what it holds."""

    key: str
    failed: str | None = None
    data_version: str | None = None
    rows: int = 0
    playlists: int = 0
    rejected: int = 0
    warnings: Mapping[str, int] | None = None
    median_length: float = 0.0


class SliceTask(NamedTuple):
    """A slice to parse: its partition key, its file, and where to write its rows."""

    key: str
    source: SliceFile
    target: Path

    def __str__(self) -> str:
        return f"slice {self.key}"


def ingest(slice_: SliceTask, max_rejected_share: float = 0.5) -> Outcome:
    """Parses one slice.

    It fails if a larger share of its playlists than `max_rejected_share` is set aside.
    """
    key, source, target = slice_
    try:
        check_size(source.size, "the file has")
        content = source.read_bytes()
        parsed = parse_slice(content, key)
    except (OSError, SliceError) as error:
        return Outcome(key, failed=f"{source}: {error}")
    with replacing(target.with_suffix(".rejected.jsonl")) as path:
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in parsed.rejected)
        path.write_text(lines, encoding="utf-8")
    failed = _too_many_rejected(parsed, max_rejected_share)
    if failed:
        return Outcome(key, failed=f"{source}: {failed}")
    # The sensors go by these: whether the file was written anew, and how many playlists a snapshot lacks.
    about = {"source": source.location, "source version": source.version, "playlists": parsed.playlists}
    version = content_version(key, content)
    stamp = Stamp(RAW_PLAYLISTS.name, version, RAW_PLAYLISTS.code_version, config=about)
    with replacing(target) as path:
        write_table(parsed.table, path, RAW_PLAYLISTS_SCHEMA, stamp)
    lengths = parsed.table.group_by("pid").aggregate([("num_tracks", "max")])["num_tracks_max"]
    return Outcome(
        key,
        data_version=stamp.data_version,
        rows=parsed.table.num_rows,
        playlists=parsed.playlists,
        rejected=len(parsed.set_aside),
        warnings=parsed.warnings,
        median_length=pc.quantile(lengths, 0.5)[0].as_py(),
    )


def _too_many_rejected(parsed: Slice, max_share: float) -> str | None:
    """Returns why a slice cannot be used as too little of it can, or None."""
    rejected = parsed.set_aside
    total = parsed.playlists + len(rejected)
    if not total:
        return "no playlist can be used: it is empty"
    if parsed.playlists and len(rejected) <= max_share * total:
        return None
    first = f"playlist {rejected[0]['playlist']}: {rejected[0]['reason']}"
    if not parsed.playlists:
        return f"no playlist can be used; {first}"
    return f"{len(rejected)} of {total} playlists cannot be used, max_rejected_share is {max_share:g}; {first}"


def build(work: Work[RawPlaylistsConfig]) -> dict[str, Any]:
    """Parse slices of playlists into rows."""
    files = find_slices(work.config.folder)
    keys = list(files) if work.config.keys is None else work.config.keys
    for key in keys:
        if key not in files:
            raise InputError(f"slice {key} is no longer in {work.config.folder}")
    slices = [SliceTask(key, files[key], work.store.slice_path(key)) for key in keys]
    parse = partial(ingest, max_rejected_share=work.config.max_rejected_share)
    outcomes = work.progress(work.engine.map_blocks(parse, slices), len(slices), "slices")
    return {"outcomes": [asdict(outcome) for outcome in outcomes]}


if __name__ == "__main__":
    # What became of each slice is reported by the asset: Pipes knows of no partitions.
    run(build, RAW_PLAYLISTS, RawPlaylistsConfig, report=lambda pipes, _, made: pipes.report_custom_message(made))
