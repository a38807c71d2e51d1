"""Are the served recommendations better than what people would pick instead?

python -m benchmarks.quality [folder of slices] [folds]

Each fold is a run of the whole pipeline on other test playlists: the buckets that playlists fall into are turned on, so
that each playlist is tested at most once. What is served is measured through the code that serves. Peers are trained on
the same training playlists, tuned on the same validation playlists, and do the same tasks.
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
import pyarrow.parquet as pq
import scipy.sparse as sp
import torch
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.release import load_recommender
from threadpoolctl import threadpool_limits
from torch_geometric.nn import GCNConv

from algorhythms_assets.challenge import CATEGORIES, DEPTH, METRICS, Task, cut
from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS_SCHEMA, SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.evaluation.baselines import ItemKnn, Popularity, Ranking
from algorhythms_assets.evaluation.comparison import Method, measure, summary
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.ingest.buckets import BUCKETS
from algorhythms_assets.ingest.playlists import Playlists, Snapshot, load_snapshot
from algorhythms_assets.resources.store import Store, write_table
from algorhythms_assets.sample.slices import write_sample

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
    "serving_bundle",
    "search_index",
)
# As many choices as our own model's settings were looked at; each is trained for every fold.
ALS_GRID = [
    (factors, regularization, alpha) for factors in (96, 256) for regularization in (50, 100) for alpha in (20, 40)
]
ALS_ITERATIONS = 15
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
                found = measure(method, tasks_of(snapshot.test), tracks.num_rows).values
                values.setdefault(name, []).append(found)
                means = {metric: round(value, 4) for metric, value in summary(found)["mean"].items()}
                print(f"fold {fold}: {name} {means}", flush=True)
            shutil.rmtree(store.root)
    # The sample's figures must not take the place of those of real playlists.
    what, name = ("the playlists of a folder", "quality.md") if folder else (SAMPLE, "quality_sample.md")
    text = report(what, folds, {method: pooled(of_folds) for method, of_folds in values.items()}, chosen)
    print(text)
    (RESULTS / name).write_text(text, encoding="utf-8")


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
    playlists, count = tracks["playlists"].to_numpy(), tracks.num_rows
    validation = tasks_of(snapshot.validation)

    def quality(method: Method) -> float:
        return float(summary(measure(method, validation, count).values)["mean"]["ndcg"])

    knn = {shrinkage: ItemKnn(snapshot.training, count, shrinkage) for shrinkage in KNN_GRID}
    shrinkage = max(KNN_GRID, key=lambda shrinkage: quality(knn[shrinkage]))
    als = {setting: ImplicitAls(snapshot.training, playlists, *setting) for setting in ALS_GRID}
    setting = max(ALS_GRID, key=lambda setting: quality(als[setting]))
    methods: dict[str, Method] = {
        "served": Served(recommender, tracks),
        "ALS (implicit), tuned": als[setting],
        "item-kNN, tuned": knn[shrinkage],
        "popularity": Popularity(playlists),
        "the origin's recipe": OriginGcn(store, playlists),
    }
    return (
        methods,
        f"ALS {setting[0]} factors, regularization {setting[1]}, alpha {setting[2]}; kNN shrinkage {shrinkage:g}",
    )


class ImplicitAls:
    """Alternating least squares of the package implicit; a playlist's factors come from its seeds."""

    def __init__(
        self, training: Playlists, playlists: np.ndarray[Any, Any], factors: int, regularization: float, alpha: float
    ) -> None:
        from implicit.als import AlternatingLeastSquares

        holds = sp.csr_matrix(
            (np.ones(len(training.tracks), np.float32), training.tracks, training.offsets),
            shape=(len(training), len(playlists)),
        )
        holds.sum_duplicates()
        holds.data[:] = 1
        self._unknown = np.flatnonzero(playlists == 0)
        self._model = AlternatingLeastSquares(
            factors, regularization=regularization, alpha=alpha, iterations=ALS_ITERATIONS, random_state=0
        )
        with threadpool_limits(1, "blas"):
            self._model.fit(holds, show_progress=False)

    def rank(self, tasks: list[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""
        seeds = [task.seeds for task in tasks]
        rows = sp.csr_matrix(
            (
                np.ones(sum(map(len, seeds)), np.float32),
                np.concatenate(seeds),
                np.cumsum([0, *map(len, seeds)]),
            ),
            shape=(len(tasks), self._model.item_factors.shape[0]),
        )
        count = min(DEPTH, rows.shape[1] - len(self._unknown) - max(map(len, seeds)))
        with threadpool_limits(1, "blas"):
            found, _ = self._model.recommend(
                np.arange(len(tasks)), rows, N=count, filter_items=self._unknown, recalculate_user=True
            )
        return [ranking.astype(np.int64) for ranking in found]


class OriginGcn:
    """The recipe of the proof of concept: a GCN on the error of edge weights, and its merge of a search per seed.

    Without audio features its 29 inputs are random, as they carry nothing else.
    """

    EPOCHS = 100

    def __init__(self, store: Store, playlists: np.ndarray[Any, Any]) -> None:
        from algorhythms_assets.contracts import EDGE_TABLE
        from algorhythms_assets.graph.edge_table import edge_files

        torch.manual_seed(0)
        table = pq.read_table(edge_files(store.path(EDGE_TABLE)), columns=["source", "target", "weight"])
        weight = table["weight"].to_numpy()
        strong = weight >= np.quantile(weight, 0.1)
        ends = np.stack([table["source"].to_numpy()[strong], table["target"].to_numpy()[strong]]).astype(np.int64)
        pairs, weights = torch.from_numpy(ends), torch.from_numpy(weight[strong])
        both = torch.cat([pairs, pairs.flip(0)], dim=1)
        x = torch.rand(len(playlists), 29)
        first, second = GCNConv(29, 16), GCNConv(16, 10)
        optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()], lr=0.01)
        for _ in range(self.EPOCHS):
            z = second(torch.relu(first(x, both)), both)
            some = torch.randint(len(weights), (200_000,))
            loss = torch.nn.functional.mse_loss((z[pairs[0, some]] * z[pairs[1, some]]).sum(dim=1), weights[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self._z = z.detach()
        self._known = torch.from_numpy(playlists > 0)

    def rank(self, tasks: list[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks by mean(score) * log(1 + seeds that found it); a seed finds 500."""
        found = []
        for task in tasks:
            seeds = torch.from_numpy(task.seeds.astype(np.int64))
            # Elasticsearch's score of the l2 norm.
            scores = 1 / (1 + torch.cdist(self._z[seeds], self._z) ** 2)
            scores[:, ~self._known] = 0
            scores[:, seeds] = 0
            best = scores.topk(min(DEPTH, scores.shape[1]), dim=1)
            total, times = torch.zeros(len(self._z)), torch.zeros(len(self._z))
            total.index_add_(0, best.indices.ravel(), best.values.ravel())
            times.index_add_(0, best.indices.ravel(), (best.values.ravel() > 0).float())
            merged = total / times.clamp(min=1) * torch.log1p(times)
            ranking = merged.topk(min(DEPTH, int((merged > 0).sum()))).indices
            found.append(ranking.numpy())
        return found


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
