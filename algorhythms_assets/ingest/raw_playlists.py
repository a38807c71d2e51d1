"""Parses slice files into the store, each on its own: a bad one costs nothing but itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from algorhythms_assets.contracts import RAW_PLAYLISTS, RAW_PLAYLISTS_SCHEMA
from algorhythms_assets.ingest.config import RawPlaylistsConfig
from algorhythms_assets.ingest.mpd import SliceError, parse_slice
from algorhythms_assets.ingest.slices import content_stamp, find_slices
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import InputError, replacing, write_table


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


def ingest(slice_: tuple[str, Path, Path]) -> Outcome:
    """Parses one slice, given as (partition key, its file, where to write its rows)."""
    key, source, target = slice_
    try:
        content = source.read_bytes()
        parsed = parse_slice(content)
    except (OSError, SliceError) as error:
        return Outcome(key, failed=f"{source}: {error}")
    with replacing(target.with_suffix(".rejected.jsonl")) as path:
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in parsed.rejected))
    if not parsed.playlists:
        first = parsed.rejected[0] if parsed.rejected else {"reason": "it is empty"}
        return Outcome(
            key, failed=f"{source}: no playlist can be used; playlist {first.get('playlist', 0)}: {first['reason']}"
        )
    stamp = content_stamp(content)
    with replacing(target) as path:
        write_table(parsed.table, path, RAW_PLAYLISTS_SCHEMA, stamp)
    lengths = parsed.table.group_by("pid").aggregate([("num_tracks", "max")])["num_tracks_max"]
    return Outcome(
        key,
        data_version=stamp.data_version,
        rows=parsed.table.num_rows,
        playlists=parsed.playlists,
        rejected=sum("track" not in line for line in parsed.rejected),
        warnings=parsed.warnings,
        median_length=pc.quantile(lengths, 0.5)[0].as_py(),
    )


def build(work: Work[RawPlaylistsConfig]) -> dict[str, Any]:
    """Parse slices of playlists into rows."""
    files = find_slices(work.config.folder)
    keys = list(files) if work.config.keys is None else work.config.keys
    for key in keys:
        if key not in files:
            raise InputError(f"slice {key} is no longer in {work.config.folder}")
    slices = [(key, files[key], work.store.slice_path(key)) for key in keys]
    outcomes = work.progress(work.engine.map_blocks(ingest, slices), len(slices), "slices")
    return {"outcomes": [asdict(outcome) for outcome in outcomes]}


if __name__ == "__main__":
    # What became of each slice is reported by the asset: Pipes knows of no partitions.
    run(build, RAW_PLAYLISTS, RawPlaylistsConfig, report=lambda pipes, _, made: pipes.report_custom_message(made))
