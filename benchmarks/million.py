"""Can one small machine take a data set the size of the Million Playlist Dataset from raw playlists to answers?

python -m benchmarks.million [playlists …] [--folder FOLDER] [--delete] [--elasticsearch]

Generates playlists straight into a store as slices of 1,000, runs every payload on them, releases, and asks the
endpoint over HTTP; then, on request, with the same vectors in one node of Elasticsearch (`make services`). What the
folder already contains is not made again, so an interrupted run resumes. Without a folder, a temporary one is used.
Generated playlists say nothing about quality.
"""

import argparse
import http.client
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import (
    ARTIFACTS,
    DEGREE_REPORT,
    EDGE_TABLE,
    EMBEDDINGS,
    EVALUATION_REPORT,
    GCN_WEIGHTS,
    GRAPH_SAMPLE,
    PYG_GRAPH,
    RAW_PLAYLISTS,
    RAW_PLAYLISTS_SCHEMA,
    RELEASE,
    SEARCH_INDEX,
    TRACK_METADATA,
    Artifact,
)
from algorhythms_assets.demo import serving
from algorhythms_assets.ingest.buckets import bucket
from algorhythms_assets.ingest.playlists import load_snapshot
from algorhythms_assets.plan import outdated
from algorhythms_assets.plots import BLUE, GREY, ORANGE, RED, plot
from algorhythms_assets.resources.store import Stamp, Store, digest, replacing, size_of, write_json, write_table
from algorhythms_assets.sample.draw import Sample, draw_sample
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.services.elasticsearch import running_node
from benchmarks.measuring import FailedError, measure

RESULT = Path(__file__).parent / "results" / "million.md"
PLOT = RESULT.with_name("million.png")
SLICE = 1000
HOLDOUT = 0.01
LIMIT_SECONDS, LIMIT_GB = 12 * 3600, 14

# The others are left out: they are only for people to look at, and nothing is made from them.
ARTIFACTS_MADE = [
    artifact for artifact in ARTIFACTS.values() if artifact not in (RAW_PLAYLISTS, DEGREE_REPORT, GRAPH_SAMPLE)
]

# GB written for a million playlists, by the larger artifacts; and what else is written and removed on the way.
WRITTEN_GB = {RAW_PLAYLISTS: 3.4, TRACK_METADATA: 0.4, EDGE_TABLE: 17.8, PYG_GRAPH: 2.4, GCN_WEIGHTS: 3, EMBEDDINGS: 2}
WRITTEN_GB |= {SEARCH_INDEX: 6}
ON_THE_WAY_GB = 8

SEEDS = (1, 10, 50)
ANSWERS = 300
COUNT = 10

# What a store with another index makes itself; everything else is linked. It evaluates only a few playlists, because a
# release needs an evaluation.
ELSEWHERE = (SEARCH_INDEX, EVALUATION_REPORT, RELEASE)
EVALUATED_ELSEWHERE = 100
# Four times as much as in tests, for the graph of two million vectors.
HEAP = "4g"

Figures = dict[str, dict[str, Any]]


def main() -> None:
    """Generates, measures, and writes the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("playlists", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--folder", type=Path, help="where all is kept, for a later run to resume (else: temporary)")
    parser.add_argument("--delete", action="store_true", help="delete the stores in the folder afterwards")
    parser.add_argument("--elasticsearch", action="store_true", help="load the largest into Elasticsearch too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        for playlists in chosen.playlists:
            store = folder / str(playlists)
            kept = folder / f"{playlists}.json"
            figures = run(store, kept, playlists)
            if chosen.elasticsearch and playlists == max(chosen.playlists) and "elasticsearch" not in figures:
                note(kept, figures, "elasticsearch", in_elasticsearch(Store(store)))
            if chosen.delete or not chosen.folder:
                shutil.rmtree(store)
            print("\n".join(table(playlists, figures)), flush=True)
        known = sorted((int(path.stem), json.loads(path.read_text())) for path in folder.glob("[0-9]*.json"))
    if len(known) > 1:
        plot_growth(known)
    RESULT.write_text("\n".join(report(known)), encoding="utf-8")


def run(root: Path, kept: Path, playlists: int) -> Figures:
    """Makes every missing artifact; returns the figures of all artifacts, which are also kept in a file."""
    store, settings = Store(root), Settings(store=root, features="none", holdout=HOLDOUT)
    figures: Figures = json.loads(kept.read_text()) if kept.is_file() else {}
    require_room(root, playlists)
    if RAW_PLAYLISTS.name not in figures:
        started = time.monotonic()
        rows = generate(store, playlists)
        spent = {"seconds": round(time.monotonic() - started, 1), "bytes": size_of(store.slice_path("any").parent)}
        note(kept, figures, RAW_PLAYLISTS.name, {**spent, "rows": rows})
    missing = outdated(store, settings)
    for artifact in ARTIFACTS_MADE:
        if artifact.name in missing or artifact.name not in figures:
            for earlier in ("answers", "elasticsearch"):
                figures.pop(earlier, None)
            knobs = ["--holdout", str(HOLDOUT)] if artifact is TRACK_METADATA else []
            note(kept, figures, artifact.name, made(store, artifact, *knobs))
    if "answers" not in figures:
        note(kept, figures, "answers", answers(store))
    return figures


def require_room(root: Path, playlists: int) -> None:
    """Ends the run if the disk has no room for what is still missing; unfinished artifacts count as existing."""
    root.mkdir(parents=True, exist_ok=True)
    needed = (sum(WRITTEN_GB.values()) + ON_THE_WAY_GB) * playlists / 1e6 - size_of(root) / 1e9
    free = shutil.disk_usage(root).free / 1e9
    if free < needed:
        sys.exit(
            f"{root} has {free:.1f} GB free, {needed:.1f} more are needed for {playlists:,} playlists: see --folder"
        )


def in_elasticsearch(store: Store) -> dict[str, Any]:
    """Serves the same vectors from a node of Elasticsearch; returns the figures of its index and answers."""
    other = Store(store.root.with_name(f"{store.root.name}-elasticsearch"))
    shutil.rmtree(other.root, ignore_errors=True)
    other.root.mkdir()
    for entry in store.root.iterdir():
        if entry.name not in {*(artifact.path.split("/")[0] for artifact in ELSEWHERE), "releases", ".locks"}:
            (other.root / entry.name).symlink_to(entry)
    with tempfile.TemporaryDirectory(prefix="elasticsearch") as folder, running_node(Path(folder), HEAP) as node:
        os.environ["DATABASE_URL"] = node.url
        found = made(other, SEARCH_INDEX, "--index", node.url)
        made(other, EVALUATION_REPORT, "--playlists", str(EVALUATED_ELSEWHERE))
        made(other, RELEASE)
        about = json.loads((other.path(SEARCH_INDEX) / "index.json").read_text())
        found |= {name: about[name] for name in ("num_candidates", "recall")} | {"answers": answers(other)}
    shutil.rmtree(other.root)
    return found


def made(store: Store, artifact: Artifact, *knobs: str) -> dict[str, Any]:
    """Makes an artifact; returns its figures, or ends the run with the reason why it cannot be made."""
    command = [sys.executable, "-m", artifact.module, "--store", str(store.root), *knobs]
    if artifact is RELEASE:
        # Forced, because the gate's verdict on generated playlists does not matter.
        code = "import pathlib, sys; from algorhythms_assets.release.publish import Store, publish; "
        code += "publish(Store(pathlib.Path(sys.argv[1])), force=True)"
        command = [sys.executable, "-c", code, str(store.root)]
    print(f"{artifact.name} …", flush=True)
    try:
        done = measure(command, LIMIT_SECONDS, LIMIT_GB, store.root.with_name(f"{store.root.name}.{artifact.name}.log"))
    except FailedError as error:
        sys.exit(f"{artifact.name}: {error}")
    # Only the counts, since the other figures are about quality.
    said = json.loads(done.output or "{}")
    numbers = {name.removeprefix("dagster/row_"): value for name, value in said.items() if type(value) is int}
    return {
        "seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
        "peak_gb": round(done.peak_gb, 2),
        "bytes": size_of(store.path(artifact)),
        "numbers": numbers,
    }


def note(kept: Path, figures: Figures, name: str, about: dict[str, Any]) -> None:
    """Keeps the figures of one artifact beside the others'."""
    figures[name] = about
    write_json(kept, figures)
    print(name, about, flush=True)


def answers(store: Store) -> dict[str, Any]:
    """Asks the endpoint to continue beginnings of test playlists, one request after another on one connection."""
    metadata = store.path(TRACK_METADATA)
    uris = pq.read_table(metadata / "tracks.parquet", columns=["track_uri"])["track_uri"]
    test = load_snapshot(metadata).test
    lists = [tracks for tracks in map(test.distinct, range(len(test))) if len(tracks)]
    found: dict[str, Any] = {}
    others = psutil.Process().children()
    started = time.monotonic()
    with serving(store.root) as url:
        found["start_seconds"] = round(time.monotonic() - started, 1)
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        for seeds in SEEDS:
            long = [tracks for tracks in lists if len(tracks) >= seeds]
            bodies = [
                json.dumps({"count": COUNT, "songs": [{"id": uris[int(track)].as_py()} for track in tracks[:seeds]]})
                for tracks in (long[number % len(long)] for number in range(ANSWERS))
            ]
            taken = [asked(connection, body) for body in bodies]
            found[f"{seeds} seeds"] = {
                "p50_ms": round(statistics.median(taken), 1),
                "p99_ms": round(sorted(taken)[math.ceil(len(taken) * 0.99) - 1], 1),
            }
        [server] = (child for child in psutil.Process().children() if child not in others)
        usage = server.memory_info()
        found["resident_gb"] = round(usage.rss / 1e9, 2)
        found["mapped_gb"] = round(usage.shared / 1e9, 2)
    return found


def asked(connection: http.client.HTTPConnection, body: str) -> float:
    """Returns the milliseconds of an answer."""
    started = time.perf_counter()
    connection.request("POST", "/recommendations", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    content = json.load(response)
    taken = (time.perf_counter() - started) * 1000
    if response.status != 200 or len(content["recommendation_nodes"]) != COUNT:
        sys.exit(f"the endpoint answered {response.status}: {content}")
    return taken


def table(playlists: int, figures: Figures) -> list[str]:
    """Returns the figures of one size as lines of Markdown."""
    lines = [
        f"## {playlists:,} playlists, {figures[RAW_PLAYLISTS.name]['rows']:,} rows",
        "",
        "| artifact | seconds | CPU seconds | peak GB | GB written | |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for artifact in ARTIFACTS_MADE:
        one = figures[artifact.name]
        numbers = ", ".join(f"{name} {value:,}" for name, value in one["numbers"].items())
        lines.append(
            f"| {artifact.name} | {one['seconds']:,.0f} | {one['cpu_seconds']:,.0f} | {one['peak_gb']:.1f} "
            f"| {one['bytes'] / 1e9:.2f} | {numbers} |"
        )
    every = [figures[artifact.name] for artifact in ARTIFACTS_MADE]
    lines.append(
        f"| all | {sum(one['seconds'] for one in every):,.0f} | {sum(one['cpu_seconds'] for one in every):,.0f} "
        f"| {max(one['peak_gb'] for one in every):.1f} | {sum(one['bytes'] for one in every) / 1e9:.2f} | |"
    )
    lines += ["", f"Embedded index: {told(figures['answers'])}", ""]
    if "elasticsearch" in figures:
        other = figures["elasticsearch"]
        recalls = ", ".join(f"{share:.3f} of {called}" for called, share in other["recall"].items())
        lines += [
            f"One node of Elasticsearch, {HEAP} of heap: loaded and verified in {other['seconds']:,.0f} s, "
            f"{other['numbers']['bytes in the cluster'] / 1e9:.2f} GB in the cluster; recall@100 {recalls}, at "
            f"{other['num_candidates']} candidates. {told(other['answers'])}",
            "",
        ]
    return lines


def told(found: Mapping[str, Any]) -> str:
    """Returns the figures of answers as a sentence."""
    milliseconds = ", ".join(
        f"{found[f'{seeds} seeds']['p50_ms']} and {found[f'{seeds} seeds']['p99_ms']} ms at {seeds}" for seeds in SEEDS
    )
    return (
        f"{ANSWERS} answers over HTTP to each number of seeds, p50 and p99: {milliseconds}. The endpoint started in "
        f"{found['start_seconds']:.1f} s and has {found['resident_gb']:.2f} GB resident, {found['mapped_gb']:.2f} of "
        "these mapped from files."
    )


def report(known: Sequence[tuple[int, Figures]]) -> list[str]:
    """Returns the tables of every size, and how each artifact grows from one to the next."""
    lines = [
        "# From raw playlists to answers, as many as the Million Playlist Dataset has",
        "",
        f"Generated playlists in slices of {SLICE:,}, holdout {HOLDOUT:g}, no audio features; {os.cpu_count()} cores; "
        "`python -m benchmarks.million`. Peak memory is the sum over a payload's processes, which counts mapped "
        "files in each. Generated playlists say nothing about quality.",
        "",
    ]
    for playlists, figures in known:
        lines += table(playlists, figures)
    return lines + (growth(known) if len(known) > 1 else [])


def growth(known: Sequence[tuple[int, Figures]]) -> list[str]:
    """Returns the exponents e of seconds, peak memory and bytes ~ playlists ** e, between neighbouring sizes."""
    pairs = list(pairwise(known))
    heads = [f"{small:,} to {large:,}" for (small, _), (large, _) in pairs]
    lines = [
        "## Growth",
        "",
        "The exponent e of seconds, peak memory and bytes ~ playlists^e. Starting an interpreter and its libraries "
        "takes seconds and some 0.2 to 1 GB whatever the size, so small sizes grow slowest.",
        "",
        f"![seconds by playlists]({PLOT.name})",
        "",
        f"| artifact | {' | '.join(heads)} |",
        f"| --- |{' ---: |' * len(heads)}",
    ]
    for artifact in ARTIFACTS_MADE:
        cells = [
            ", ".join(
                f"{exponent(small, large, before[artifact.name], after[artifact.name], what):.2f}"
                for what in ("seconds", "peak_gb", "bytes")
            )
            for (small, before), (large, after) in pairs
        ]
        lines.append(f"| {artifact.name} | {' | '.join(cells)} |")
    return [*lines, ""]


def plot_growth(known: Sequence[tuple[int, Figures]]) -> None:
    """Draws seconds by the number of playlists, of the artifacts that take most at the largest size."""
    sizes = [playlists for playlists, _ in known]
    most = sorted(ARTIFACTS_MADE, key=lambda artifact: -float(known[-1][1][artifact.name]["seconds"]))
    styles = [(colour, line) for line in ("-", "--") for colour in (BLUE, RED, ORANGE, GREY)]
    with plot(PLOT, "Seconds by playlists") as axes:
        for artifact, (colour, line) in zip(most, styles, strict=False):
            spent = [figures[artifact.name]["seconds"] for _, figures in known]
            axes.loglog(sizes, spent, line, color=colour, marker="o", markersize=3, label=artifact.name)
        axes.set_xlabel("playlists")
        axes.set_ylabel("seconds")
        axes.legend(frameon=False, fontsize="small")


def exponent(small: int, large: int, before: Mapping[str, float], after: Mapping[str, float], what: str) -> float:
    """Returns the exponent e of `what` ~ playlists ** e; 0 if it is 0 at either size."""
    if not before[what] or not after[what]:
        return 0.0
    return math.log(after[what] / before[what]) / math.log(large / small)


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


if __name__ == "__main__":
    main()
