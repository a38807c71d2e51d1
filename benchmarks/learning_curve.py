"""Does the lead over the best peer shrink as the number of playlists grows?

python -m benchmarks.learning_curve <folder of slices> [folds]

The whole pipeline on an eighth, a quarter, a half and all of the training playlists, beside peers that are tuned at
each size on the same validation playlists. Test playlists are the same for all sizes. The served model is measured
through the code that serves; its parts, the network and the factors, directly on the stored vectors.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.recommend import popularity_weight, query_parts
from algorhythms_ask.release import load_recommender
from numpy.typing import NDArray

from algorhythms_assets.contracts import GCN_WEIGHTS, RAW_PLAYLISTS_SCHEMA, SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.evaluation.baselines import ItemKnn, Ranking
from algorhythms_assets.evaluation.comparison import Method, measure, summary
from algorhythms_assets.evaluation.evaluation_report import artist_numbers
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.ingest.buckets import BUCKETS
from algorhythms_assets.ingest.playlists import Playlists, load_snapshot
from algorhythms_assets.metrics import CATEGORIES, DEPTH, Task
from algorhythms_assets.model.stored import load_embeddings
from algorhythms_assets.plots import BLUE, GREY, ORANGE, RED, plot
from algorhythms_assets.resources.store import Store, write_table
from benchmarks.peers import ImplicitAls
from benchmarks.quality import PAYLOADS, payload, pooled, ratio, tasks_of, turn

RESULTS = Path(__file__).parent / "results"
SHARES = (1 / 8, 1 / 4, 1 / 2, 1)
# Buckets below are those of validation and test playlists, at the default holdout.
HELD_OUT = BUCKETS // 5
ALS_GRID = [
    (factors, regularization, alpha)
    for factors in (64, 128, 256, 512)
    for regularization in (50, 100)
    for alpha in (20, 40)
]
KNN_GRID = (2.0, 5.0, 10.0, 20.0)
EASE_GRID = (50.0, 200.0, 500.0, 1500.0)
ALS, COLOURS = "ALS (implicit), tuned", (BLUE, RED, ORANGE, GREY, "#6a8f5b", "#8a6bb1")

Values = Mapping[str, NDArray[np.float64]]


class Ease:
    """The item model of Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, without its rounding.

    With fewer playlists than tracks its inverse is found from that of the playlists' products (Woodbury).
    """

    def __init__(self, training: Playlists, tracks: int, regularization: float) -> None:
        once = training.once()
        ones = np.ones(len(once.tracks))
        self._holds = sp.csr_array((ones, once.tracks, once.offsets), shape=(len(once), tracks))
        products = (self._holds @ self._holds.T).toarray() + regularization * np.eye(len(once))
        self._inverse = np.linalg.inv(products)
        # The diagonal of the tracks' inverse, times the regularization.
        self._diagonal = np.ones(tracks)
        held = self._holds.tocsc()
        for start in range(0, tracks, 4096):
            some = held[:, start : start + 4096]
            self._diagonal[start : start + 4096] -= some.multiply(self._inverse @ some).sum(axis=0)
        self._unknown = np.bincount(once.tracks, minlength=tracks) == 0

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""

        def score(seeds: NDArray[np.int32]) -> NDArray[np.float64]:
            held = np.asarray(self._holds[:, seeds].sum(axis=1)).ravel()
            return np.asarray(self._holds.T @ (self._inverse @ held)) / self._diagonal

        return [best(score(task.seeds), task.seeds, self._unknown) for task in tasks]


class Part:
    """One model of the stored vectors alone, with the popularity term or without."""

    def __init__(self, store: Store, tracks: int, network: bool) -> None:
        numbers, vectors = load_embeddings(store)
        self._stored = np.zeros((tracks, vectors.shape[1]))
        self._stored[numbers] = vectors
        self._unknown = np.ones(tracks, bool)
        self._unknown[numbers] = False
        fold_in = np.load(store.path(GCN_WEIGHTS) / "fold_in.npy").astype(np.float64)
        self._inverse, self._z = np.linalg.inv(fold_in), vectors.shape[1] - 1 - len(fold_in)
        self._network = network

    def rank(self, tasks: Sequence[Task]) -> list[Ranking]:
        """Returns, per task, at most 500 tracks, best first and without the seeds."""

        def score(seeds: NDArray[np.int32]) -> NDArray[np.float64]:
            query = query_parts(self._stored[seeds, :-1], self._inverse).sum(axis=0)
            if not self._network:
                return np.asarray(self._stored[:, self._z : -1] @ query[self._z :])
            popularity = popularity_weight(len(seeds)) * self._stored[:, -1]
            return np.asarray(self._stored[:, : self._z] @ query[: self._z] + popularity)

        return [best(score(task.seeds), task.seeds, self._unknown) for task in tasks]


def best(scores: NDArray[np.float64], seeds: NDArray[np.int32], unknown: NDArray[np.bool_]) -> Ranking:
    """Returns the best of the known tracks, without the seeds."""
    scores[unknown] = -np.inf
    scores[seeds] = -np.inf
    top = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
    top = top[scores[top] > -np.inf]
    return np.asarray(top[np.argsort(-scores[top], kind="stable")], np.int64)


def main(folder: Path, folds: int) -> None:
    """Measures every method at every size, and writes the table and the plot."""
    values: dict[float, dict[str, list[Values]]] = {share: {} for share in SHARES}
    chosen: dict[float, list[str]] = {share: [] for share in SHARES}
    playlists = dict.fromkeys(SHARES, 0)
    with tempfile.TemporaryDirectory() as temporary:
        parsed = Store(Path(temporary) / "parsed")
        payload("raw_playlists", parsed, "--folder", str(folder))
        for share in SHARES:
            for fold in range(folds):
                store = Store(Path(temporary) / f"{share}-{fold}")
                turn(parsed, store, fold * BUCKETS // folds)
                thin(store, share)
                for name in PAYLOADS:
                    payload(name, store)
                playlists[share] = len(load_snapshot(store.path(TRACK_METADATA)).training)
                found, tuned = measured(store)
                chosen[share].append(tuned)
                for name, of_method in found.items():
                    values[share].setdefault(name, []).append(of_method)
                    means = {metric: round(value, 4) for metric, value in summary(of_method)["mean"].items()}
                    print(f"{playlists[share]} playlists, fold {fold}: {name} {means}", flush=True)
                shutil.rmtree(store.root)
    pools = {
        playlists[share]: {name: pooled(of_folds) for name, of_folds in found.items()}
        for share, found in values.items()
    }
    name = f"learning_curve_{max(pools)}"
    draw(pools, RESULTS / f"{name}.png")
    text = report(pools, folds, name, {playlists[share]: tuned for share, tuned in chosen.items()})
    print(text)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")


def thin(store: Store, share: float) -> None:
    """Keeps that share of the training playlists."""
    end = HELD_OUT + share * (BUCKETS - HELD_OUT)
    for key, stamp in store.slices().items():
        table = pq.read_table(store.slice_path(key))
        write_table(
            table.filter(pa.array(table["bucket"].to_numpy() < end)), store.slice_path(key), RAW_PLAYLISTS_SCHEMA, stamp
        )


def measured(store: Store) -> tuple[dict[str, Values], str]:
    """Returns the values of each method on the test playlists, and what was chosen on the validation playlists."""
    snapshot = load_snapshot(store.path(TRACK_METADATA))
    tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")
    artist, held, count = artist_numbers(tracks), tracks["playlists"].to_numpy(), tracks.num_rows
    validation, test = tasks_of(snapshot.validation), tasks_of(snapshot.test)

    def tuned(made: Callable[[Any], Method], grid: Sequence[Any]) -> tuple[Method, Any]:
        def quality(method: Method) -> float:
            return float(summary(measure(method, validation, artist).values)["mean"]["ndcg"])

        setting = max(grid, key=lambda setting: quality(made(setting)))
        return made(setting), setting

    als, of_als = tuned(lambda setting: ImplicitAls(snapshot.training, held, *setting), ALS_GRID)
    knn, of_knn = tuned(lambda shrinkage: ItemKnn(snapshot.training, count, shrinkage), KNN_GRID)
    ease, of_ease = tuned(lambda regularization: Ease(snapshot.training, count, regularization), EASE_GRID)
    recommender = load_recommender(store.path(SERVING_BUNDLE), EmbeddedIndex(store.path(SEARCH_INDEX)))
    methods: dict[str, Method] = {
        "served": Served(recommender, tracks),
        "network alone": Part(store, count, network=True),
        "factors alone": Part(store, count, network=False),
        ALS: als,
        "EASE, tuned": ease,
        "item-kNN, tuned": knn,
    }
    settings = f"ALS {', '.join(map(str, of_als))}; EASE {of_ease:g}; kNN {of_knn:g}"
    return {name: measure(method, test, artist).values for name, method in methods.items()}, settings


def draw(pools: Mapping[int, Mapping[str, Values]], path: Path) -> None:
    """Draws NDCG by the number of playlists."""
    with plot(path, "NDCG@500 by training playlists") as axes:
        for name, colour in zip(next(iter(pools.values())), COLOURS, strict=True):
            means = [summary(found[name])["mean"]["ndcg"] for found in pools.values()]
            axes.semilogx(list(pools), means, marker="o", markersize=3, color=colour, label=name)
        axes.set_xticks(list(pools), [f"{playlists:,}" for playlists in pools])
        axes.minorticks_off()
        axes.set_xlabel("training playlists")
        axes.set_ylabel("NDCG@500")
        axes.legend(frameon=False, fontsize="small")


def report(
    pools: Mapping[int, Mapping[str, Values]], folds: int, name: str, chosen: Mapping[int, Sequence[str]]
) -> str:
    """Returns the results as Markdown."""
    names = list(next(iter(pools.values())))
    test = len(next(iter(pools.values()))["served"]["ndcg"])
    lines = [
        "# Quality by the number of playlists",
        "",
        f"{test:,} test playlists in {folds} folds, the same at every size; mean of "
        f"{', '.join(category.name for category in CATEGORIES)}; peers tuned at every size on validation playlists; "
        f"{os.cpu_count()} cores; `python -m benchmarks.learning_curve`. R-precision and NDCG@500.",
        "",
        f"![NDCG@500 by training playlists]({name}.png)",
        "",
        f"| training playlists | {' | '.join(names)} |",
        f"| ---: |{' ---: |' * len(names)}",
    ]
    for playlists, found in pools.items():
        means = [summary(found[name])["mean"] for name in names]
        cells = " | ".join(f"{mean['r_precision']:.4f}, {mean['ndcg']:.4f}" for mean in means)
        lines.append(f"| {playlists:,} | {cells} |")
    lines += [
        "",
        "Served over each, R-precision and NDCG@500, paired, with 95 % intervals over playlists:",
        "",
        f"| training playlists | {' | '.join(names[1:])} |",
        f"| ---: |{' --- |' * (len(names) - 1)}",
    ]
    for playlists, found in pools.items():
        cells = " | ".join(
            "; ".join(
                "{:.3f} ({:.3f} to {:.3f})".format(*ratio(found["served"][metric], found[name][metric]))
                for metric in ("r_precision", "ndcg")
            )
            for name in names[1:]
        )
        lines.append(f"| {playlists:,} | {cells} |")
    lines += ["", f"Served over {ALS}, R-precision by category:", ""]
    lines += [f"| training playlists | {' | '.join(category.name for category in CATEGORIES)} |"]
    lines += [f"| ---: |{' ---: |' * len(CATEGORIES)}"]
    for playlists, found in pools.items():
        ours, theirs = summary(found["served"]), summary(found[ALS])
        cells = " | ".join(
            f"{ours[category.name]['r_precision'] / theirs[category.name]['r_precision']:.3f}"
            for category in CATEGORIES
        )
        lines.append(f"| {playlists:,} | {cells} |")
    lines += ["", "Chosen on validation playlists, by fold:", ""]
    lines += [f"- {playlists:,}: {'; '.join(tuned)}" for playlists, tuned in chosen.items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
