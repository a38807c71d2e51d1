"""Does gcn_weights take as long as in another checkout of this project, and are its results as good?

python -m benchmarks.weights checkout folder-of-slices [folds]

Each fold has other test playlists. Both train on the same graph, one after the other, and take turns going first. All
else is made by this checkout, from the weights of either, and is measured through the code that serves.
"""

import os
import resource
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.release import load_recommender

from algorhythms_assets.contracts import ARTIFACTS, GCN_WEIGHTS, SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.evaluation.comparison import measure as measure_method
from algorhythms_assets.evaluation.comparison import summary
from algorhythms_assets.evaluation.evaluation_report import artist_numbers
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.ingest.buckets import BUCKETS
from algorhythms_assets.ingest.playlists import load_snapshot
from algorhythms_assets.resources.store import Store
from benchmarks.measuring import Measured, measure
from benchmarks.quality import PAYLOADS, payload, pooled, ratio, tasks_of, turn

RESULTS = Path(__file__).parent / "results"
HERE = Path(__file__).parents[1]
LIMIT_SECONDS, LIMIT_GB = 3600, 20
TRAINING = PAYLOADS.index(GCN_WEIGHTS.name)


def main(other: Path, slices: Path, folds: int) -> None:
    """Measures both checkouts on every fold, and writes the table."""
    checkouts = {"before": other.resolve(), "now": HERE}
    runs: dict[str, list[tuple[Measured, float]]] = {name: [] for name in checkouts}
    values: dict[str, list[Any]] = {name: [] for name in checkouts}
    loads, tracks, playlists = [], [], 0
    with tempfile.TemporaryDirectory() as temporary:
        parsed = Store(Path(temporary) / "parsed")
        payload("raw_playlists", parsed, "--folder", str(slices))
        for fold in range(folds):
            store = Store(Path(temporary) / f"fold{fold}")
            turn(parsed, store, fold * BUCKETS // folds)
            for name in PAYLOADS[:TRAINING]:
                payload(name, store)
            for name in sorted(checkouts, reverse=bool(fold % 2)):
                loads.append(os.getloadavg()[0])
                of_its_own = Store(Path(temporary) / f"fold{fold}-{name}")
                shutil.copytree(store.root, of_its_own.root)
                for step in PAYLOADS[TRAINING:]:
                    before = cpu_seconds()
                    by = checkouts[name] if step == GCN_WEIGHTS.name else HERE
                    done = measure(command(by, step, of_its_own), LIMIT_SECONDS, LIMIT_GB)
                    if step == GCN_WEIGHTS.name:
                        runs[name].append((done, cpu_seconds() - before))
                values[name].append(quality(of_its_own))
                shutil.rmtree(of_its_own.root)
                mean = {metric: round(value, 4) for metric, value in summary(values[name][-1])["mean"].items()}
                print(fold, name, runs[name][-1], f"load {loads[-1]:.1f}", mean, flush=True)
            tracks.append(pq.read_metadata(store.path(TRACK_METADATA) / "tracks.parquet").num_rows)
            playlists = len(load_snapshot(store.path(TRACK_METADATA)).training)
            shutil.rmtree(store.root)
    text = report(f"{playlists:,} training playlists, {tracks[-1]:,} tracks, {folds} folds", runs, values, loads)
    print(text)
    (RESULTS / f"weights_{playlists}.md").write_text(text, encoding="utf-8")


def command(checkout: Path, name: str, store: Store) -> list[str]:
    """Returns the command that runs a payload of a checkout."""
    path = f"PYTHONPATH={checkout}:{checkout / 'lambda' / 'src'}"
    return ["env", "-C", str(checkout), path, sys.executable, "-m", ARTIFACTS[name].module, "--store", str(store.root)]


def cpu_seconds() -> float:
    """Returns the CPU seconds, on all cores, of child processes that have ended."""
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return of_children.ru_utime + of_children.ru_stime


def quality(store: Store) -> Any:
    """Returns the values of what the store would serve, on its test playlists."""
    tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")
    recommender = load_recommender(store.path(SERVING_BUNDLE), EmbeddedIndex(store.path(SEARCH_INDEX)))
    test = load_snapshot(store.path(TRACK_METADATA)).test
    return measure_method(Served(recommender, tracks), tasks_of(test), artist_numbers(tracks)).values


def report(
    what: str, runs: dict[str, list[tuple[Measured, float]]], values: dict[str, list[Any]], loads: list[float]
) -> str:
    """Returns the results as Markdown."""
    lines = [
        "# The whole of gcn_weights, before and now",
        "",
        f"{what}; {os.cpu_count()} cores, load {min(loads):.1f} to {max(loads):.1f} before each run; by turns, in one "
        "run of `python -m benchmarks.weights`. Quality is that of what is served, on test playlists.",
        "",
        "| | seconds, median (each) | of all cores | peak GB | R-precision | NDCG@500 |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    every = {name: pooled(of_folds) for name, of_folds in values.items()}
    median = {}
    for name, of_one in runs.items():
        seconds = [run.seconds for run, _ in of_one]
        median[name] = statistics.median(seconds), statistics.median(cpu for _, cpu in of_one)
        each = ", ".join(f"{one:.0f}" for one in seconds)
        mean = summary(every[name])["mean"]
        lines.append(
            f"| {name} | {median[name][0]:.0f} ({each}) | {median[name][1]:.0f} "
            f"| {max(run.peak_gb for run, _ in of_one):.2f} | {mean['r_precision']:.4f} | {mean['ndcg']:.4f} |"
        )
    times = [f"{before / now:.1f} times less" for before, now in zip(median["before"], median["now"], strict=True)]
    ratios = [
        "{:.3f} ({:.3f} to {:.3f})".format(*ratio(every["now"][metric], every["before"][metric]))
        for metric in ("r_precision", "ndcg")
    ]
    return "\n".join([*lines, f"| now / before, paired | {' | '.join(times)} | | {' | '.join(ratios)} |", ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 2)
