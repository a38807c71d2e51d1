"""Are the served recommendations better than what people would pick instead?

python -m benchmarks.quality [folder of slices] [folds]

Each fold is a run of the whole pipeline on other test playlists: the playlists' buckets are rotated, so that each
playlist is tested at most once. The served model is measured through the code that serves. Peers are trained on the
same training playlists, tuned on the same validation playlists, and get the same tasks.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.release import load_recommender

from algorhythms_assets.contracts import (
    ARTIFACTS,
    EDGE_TABLE,
    RAW_PLAYLISTS_SCHEMA,
    SEARCH_INDEX,
    SERVING_BUNDLE,
    TRACK_METADATA,
)
from algorhythms_assets.evaluation.baselines import ItemKnn, Popularity
from algorhythms_assets.evaluation.comparison import Method, measure, summary
from algorhythms_assets.evaluation.evaluation_report import artist_numbers
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.ingest.buckets import BUCKETS
from algorhythms_assets.ingest.playlists import Playlists, Snapshot, load_snapshot
from algorhythms_assets.metrics import CATEGORIES, METRICS, Task, cut
from algorhythms_assets.resources.store import Store, write_table
from algorhythms_assets.sample.slices import write_sample
from benchmarks.peers import ImplicitAls, OriginGcn

RESULTS = Path(__file__).parent / "results"
SAMPLE = "the generated sample, which is no evidence for quality"
FOLDS = 5
PAYLOADS = (
    "track_metadata",
    "audio_features",
    "scaler",
    "edge_table",
    "pyg_graph",
    "gcn_weights",
    "embeddings",
    "mlp_weights",
    "title_weights",
    "serving_bundle",
    "new_tracks",
    "search_index",
)
# As many choices as were tried for our own model's settings; each is trained for every fold.
ALS_GRID = [
    (factors, regularization, alpha) for factors in (96, 256) for regularization in (50, 100) for alpha in (20, 40)
]
KNN_GRID = (2.0, 5.0, 10.0, 20.0)
RESAMPLES = 2000


def main(folder: Path | None, folds: int) -> None:
    """Measures every method on every fold, and writes the table."""
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            write_sample(Path(temporary) / "sample")
        slices = folder or Path(temporary) / "sample" / "playlists"
        parsed = Store(Path(temporary) / "parsed")
        payload("raw_playlists", parsed, "--folder", str(slices))
        values: dict[str, list[Mapping[str, np.ndarray[Any, Any]]]] = {}
        chosen: list[str] = []
        for fold in range(folds):
            store = Store(Path(temporary) / f"fold{fold}")
            turn(parsed, store, fold * BUCKETS // folds)
            for name in PAYLOADS:
                payload(name, store)
            snapshot = load_snapshot(store.path(TRACK_METADATA))
            tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")
            methods, tuned = methods_of(store, snapshot, tracks)
            chosen.append(tuned)
            for name, method in methods.items():
                found = measure(method, tasks_of(snapshot.test), artist_numbers(tracks)).values
                values.setdefault(name, []).append(found)
                means = {metric: round(value, 4) for metric, value in summary(found)["mean"].items()}
                print(f"fold {fold}: {name} {means}", flush=True)
            shutil.rmtree(store.root)
        playlists = sum(
            pc.count_distinct(pq.read_table(parsed.slice_path(key))["pid"]).as_py() for key in parsed.slices()
        )
    # The sample's figures must not overwrite those of real playlists.
    what, name = (f"{playlists:,} playlists of a folder", playlists) if folder else (SAMPLE, "sample")
    text = report(what, folds, {method: pooled(of_folds) for method, of_folds in values.items()}, chosen)
    print(text)
    (RESULTS / f"quality_{name}.md").write_text(text, encoding="utf-8")


def payload(name: str, store: Store, *arguments: str) -> None:
    """Runs a payload as a program."""
    subprocess.run(
        [sys.executable, "-m", ARTIFACTS[name].module, "--store", str(store.root), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def turn(parsed: Store, store: Store, by: int) -> None:
    """Copies parsed slices with each playlist in another bucket."""
    for key, stamp in parsed.slices().items():
        table = pq.read_table(parsed.slice_path(key))
        buckets = (table["bucket"].to_numpy() - by) % BUCKETS
        path = store.slice_path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        number = table.schema.get_field_index("bucket")
        write_table(table.set_column(number, "bucket", pa.array(buckets)), path, RAW_PLAYLISTS_SCHEMA, stamp)


def tasks_of(playlists: Playlists) -> dict[str, list[Task | None]]:
    """Returns the tasks of each category."""
    return {
        category.name: [cut(int(pid), playlists.distinct(i), category) for i, pid in enumerate(playlists.pids)]
        for category in CATEGORIES
    }


def methods_of(store: Store, snapshot: Snapshot, tracks: pa.Table) -> tuple[dict[str, Method], str]:
    """Returns what is compared, each tuned on the validation playlists, and what was chosen."""
    recommender = load_recommender(store.path(SERVING_BUNDLE), EmbeddedIndex(store.path(SEARCH_INDEX)))
    playlists, artist = tracks["playlists"].to_numpy(), artist_numbers(tracks)
    validation = tasks_of(snapshot.validation)

    def quality(method: Method) -> float:
        return float(summary(measure(method, validation, artist).values)["mean"]["ndcg"])

    knn = {shrinkage: ItemKnn(snapshot.training, tracks.num_rows, shrinkage) for shrinkage in KNN_GRID}
    shrinkage = max(KNN_GRID, key=lambda shrinkage: quality(knn[shrinkage]))
    als = {setting: ImplicitAls(snapshot.training, playlists, *setting) for setting in ALS_GRID}
    setting = max(ALS_GRID, key=lambda setting: quality(als[setting]))
    methods: dict[str, Method] = {
        "served": Served(recommender, tracks),
        "ALS (implicit), tuned": als[setting],
        "item-kNN, tuned": knn[shrinkage],
        "popularity": Popularity(playlists),
        "the origin's recipe": OriginGcn(
            pq.read_table(edge_files(store.path(EDGE_TABLE)), columns=["source", "target", "weight"]), playlists
        ),
    }
    return (
        methods,
        f"ALS {setting[0]} factors, regularization {setting[1]}, alpha {setting[2]}; kNN shrinkage {shrinkage:g}",
    )


def pooled(folds: list[Mapping[str, np.ndarray[Any, Any]]]) -> dict[str, np.ndarray[Any, Any]]:
    """Returns the values of all folds' playlists together."""
    return {metric: np.concatenate([fold[metric] for fold in folds]) for metric in METRICS}


def ratio(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    """Returns the ratio of the means over categories, with its paired 95 % bootstrap interval over playlists."""
    playlists = len(ours)
    draws = np.random.default_rng(0).multinomial(playlists, np.full(playlists, 1 / playlists), size=RESAMPLES)

    def means(draws: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return ((draws @ np.nan_to_num(values)) / (draws @ ~np.isnan(values))).mean(axis=1)

    low, high = np.quantile(means(draws, ours) / means(draws, theirs), [0.025, 0.975])
    everyone = np.ones((1, playlists))
    return float((means(everyone, ours) / means(everyone, theirs))[0]), float(low), float(high)


def report(what: str, folds: int, values: dict[str, dict[str, np.ndarray[Any, Any]]], chosen: list[str]) -> str:
    """Returns the results as Markdown."""
    served = values["served"]
    lines = [
        "# Quality of recommendations",
        "",
        f"On {what}: {len(served['ndcg']):,} test playlists in {folds} folds, on which no method was trained or tuned "
        f"(how the weight of artists was chosen stands in docs/log.md); mean of "
        f"{', '.join(category.name for category in CATEGORIES)}; {os.cpu_count()} cores; "
        "`python -m benchmarks.quality`. Ratios are paired, with 95 % intervals over playlists.",
        "",
        "| method | R-precision | NDCG@500 | clicks | served / it, R-precision | served / it, NDCG@500 |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, of_method in values.items():
        mean = summary(of_method)["mean"]
        ratios = ["", ""]
        if name != "served":
            ratios = [
                "{:.3f} ({:.3f} to {:.3f})".format(*ratio(served[metric], of_method[metric]))
                for metric in ("r_precision", "ndcg")
            ]
        lines.append(
            f"| {name} | {mean['r_precision']:.4f} | {mean['ndcg']:.4f} | {mean['clicks']:.2f} | {' | '.join(ratios)} |"
        )
    lines += ["", "| R-precision | " + " | ".join(category.name for category in CATEGORIES) + " |"]
    lines.append("| --- |" + " ---: |" * len(CATEGORIES))
    for name, of_method in values.items():
        by_category = summary(of_method)
        cells = " | ".join(f"{by_category[category.name]['r_precision']:.4f}" for category in CATEGORIES)
        lines.append(f"| {name} | {cells} |")
    lines += ["", "Chosen on validation playlists, by fold:", "", *(f"- {tuned}" for tuned in chosen), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, int(sys.argv[2]) if len(sys.argv) > 2 else FOLDS)
