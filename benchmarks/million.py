"""Does a data set as large as the Million Playlist Dataset go from raw playlists to the graph on one small machine?

python benchmarks/million.py [playlists]

Generates playlists straight into the store as slices of 1,000, runs the payloads up to `pyg_graph`, and deletes all.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from algorhythms_assets.contracts import (
    AUDIO_FEATURES,
    DEGREE_REPORT,
    EDGE_TABLE,
    PYG_GRAPH,
    RAW_PLAYLISTS,
    RAW_PLAYLISTS_SCHEMA,
    SCALER,
    TRACK_METADATA,
    Artifact,
)
from algorhythms_assets.ingest.buckets import bucket
from algorhythms_assets.resources.store import Stamp, Store, digest, replacing, write_table
from algorhythms_assets.sample.draw import Sample, draw_sample
from benchmarks.measuring import measure

RESULT = Path(__file__).parent / "results" / "million.md"
SLICE = 1000
# Rows, edges and graph of a million playlists, with room for what sorting spills.
NEEDED_GB = 35
LIMIT_SECONDS, LIMIT_GB = 3600, 16


def main(playlists: int) -> None:
    """Generates, measures each payload, and writes the table."""
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    needed = NEEDED_GB * playlists / 1e6
    if free < needed:
        sys.exit(f"{tempfile.gettempdir()} has {free:.0f} GB free, {needed:.0f} are needed: set TMPDIR")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        started = time.monotonic()
        rows = generate(store, playlists)
        print(f"{rows:,} rows generated in {time.monotonic() - started:.0f} s", flush=True)
        lines = []
        for artifact in (TRACK_METADATA, AUDIO_FEATURES, SCALER, EDGE_TABLE, DEGREE_REPORT, PYG_GRAPH):
            # All of them train, so that the edges are those of all.
            knobs = ["--holdout", "0"] if artifact is TRACK_METADATA else []
            done = measure([sys.executable, "-m", artifact.module, "--store", folder, *knobs], LIMIT_SECONDS, LIMIT_GB)
            about = json.loads(done.output)
            gigabytes = size(store, artifact) / 1e9
            lines.append(f"| {artifact.name} | {done.seconds:.0f} | {done.peak_gb:.1f} | {gigabytes:.2f} |")
            numbers = {
                name.removeprefix("dagster/row_"): value
                for name, value in about.items()
                if isinstance(value, int | float)
            }
            print(lines[-1], numbers, flush=True)
            lines[-1] += " " + ", ".join(f"{name} {value:,}" for name, value in numbers.items()) + " |"
    text = "\n".join(
        [
            "# From raw playlists to the graph, as many as the Million Playlist Dataset has",
            "",
            f"{playlists:,} generated playlists, {rows:,} rows, in slices of {SLICE:,}; {os.cpu_count()} cores; "
            "`python -m benchmarks.million`. Peak memory is the sum over a payload's processes, which counts mapped "
            "files in each.",
            "",
            "| artifact | seconds | peak GB | GB written | |",
            "| --- | ---: | ---: | ---: | --- |",
            *lines,
            "",
        ]
    )
    print(text)
    RESULT.write_text(text, encoding="utf-8")


def generate(store: Store, playlists: int) -> int:
    """Writes generated playlists as if they had been parsed; returns how many rows."""
    sample = draw_sample(playlists, seed=7)
    names = {
        "track_uri": pa.array(sample.catalogue_names.track_uri),
        "track_name": pa.array(sample.catalogue_names.track),
        "artist_uri": pa.array(sample.catalogue_names.artist_uri),
        "artist_name": pa.array(sample.catalogue_names.artist),
        "album_uri": pa.array(sample.catalogue_names.album_uri),
        "album_name": pa.array(sample.catalogue_names.album),
        "duration_ms": pa.array(sample.catalogue.duration_ms),
    }
    for first in range(0, playlists, SLICE):
        key = f"mpd.slice.{first}-{min(first + SLICE, playlists) - 1}"
        about = {"slice": key, "playlists": min(SLICE, playlists - first)}
        stamp = Stamp(RAW_PLAYLISTS.name, digest(key), RAW_PLAYLISTS.code_version, config=about)
        with replacing(store.slice_path(key)) as path:
            write_table(rows_of(sample, names, first, min(first + SLICE, playlists)), path, RAW_PLAYLISTS_SCHEMA, stamp)
    return len(sample.playlists.tracks)


def rows_of(sample: Sample, names: dict[str, pa.Array], first: int, end: int) -> pa.Table:
    """Returns the rows of playlists first to end (exclusive)."""
    offsets = sample.playlists.offsets[first : end + 1]
    tracks = sample.playlists.tracks[offsets[0] : offsets[-1]]
    lengths = np.diff(offsets)
    pids = np.arange(first, end)
    owner = np.repeat(np.arange(end - first), lengths)
    by = {
        "track": pa.array(tracks),
        "artist": pa.array(sample.catalogue.track_artist[tracks]),
        "album": pa.array(sample.catalogue.track_album[tracks]),
        "duration": pa.array(tracks),
    }
    columns = {name: values.take(by[name.partition("_")[0]]) for name, values in names.items()}
    return pa.table(
        {
            "pid": pids[owner],
            "name": pa.array(sample.playlist_names[first:end]).take(pa.array(owner)),
            "bucket": np.array([bucket(int(pid)) for pid in pids])[owner],
            "content": pids[owner],
            "num_tracks": lengths[owner],
            "position": np.arange(len(tracks)) - (offsets[:-1] - offsets[0])[owner],
            **columns,
        }
    )


def size(store: Store, artifact: Artifact) -> int:
    """Returns the bytes that an artifact takes."""
    place = store.path(artifact)
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(path.stat().st_size for path in files if path.is_file())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
