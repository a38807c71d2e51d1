"""How well are tracks placed that training never saw: by album, by artist, by audio features?

python -m benchmarks.cold_start [folder of slices]

A second training without every seventh track, and without all tracks of every thirtieth artist: their rows are taken
out of the training playlists, so only held-out playlists still contain them. Such tracks are then tested both as the
only seed and as the tracks to be found. Without a folder, the generated sample is used, which has audio features, but
is no evidence for quality.
"""

import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.features import FEATURES
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import load_encoder, load_recommender
from algorhythms_ask.songs import Song
from numpy.typing import NDArray

from algorhythms_assets.contracts import RAW_PLAYLISTS_SCHEMA, SCALER, SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.evaluation.baselines import Popularity, Ranking
from algorhythms_assets.features.scaler import load_features
from algorhythms_assets.ingest.config import TrackMetadataConfig
from algorhythms_assets.ingest.playlists import Playlists, load_snapshot, split_ranges
from algorhythms_assets.metrics import DEPTH, Task, ndcg, r_precision
from algorhythms_assets.resources.store import Store, write_table
from algorhythms_assets.sample.slices import write_sample
from benchmarks.quality import PAYLOADS, payload

RESULTS = Path(__file__).parent / "results"
ONE_TRACK_IN, ONE_ARTIST_IN = 7, 30
SEEDS = 5
RESAMPLES = 2000
AT_ONCE = 100

Rank = Callable[[Sequence[Task]], list[Ranking]]


def main(folder: Path | None) -> None:
    """Trains without some tracks, and writes the tables."""
    with tempfile.TemporaryDirectory() as temporary:
        features: list[str] = []
        slices = folder
        if slices is None:
            write_sample(Path(temporary) / "sample")
            slices = Path(temporary) / "sample" / "playlists"
            features = ["--source", str(Path(temporary) / "sample" / "audio_features.csv")]
        store = Store(Path(temporary) / "store")
        payload("raw_playlists", store, "--folder", str(slices))
        hide(store)
        for name in PAYLOADS:
            payload(name, store, *(features if name == "audio_features" else ()))
        text = report(Study(store), folder is not None)
    print(text)
    (RESULTS / f"cold_start{'' if folder else '_sample'}.md").write_text(text, encoding="utf-8")


def hidden(uris: pa.ChunkedArray, one_in: int) -> NDArray[np.bool_]:
    """Returns which identifiers are hidden, bool [n]: by a checksum, so always the same."""
    names = pc.dictionary_encode(uris.combine_chunks())
    chosen = [uri is not None and zlib.crc32(uri.encode()) % one_in == 0 for uri in names.dictionary.to_pylist()]
    codes = pc.fill_null(names.indices, -1).to_numpy()
    return np.array([*chosen, False])[codes]


def hide(store: Store) -> None:
    """Takes the hidden tracks out of the training playlists of every slice."""
    _, held_out = split_ranges(TrackMetadataConfig().holdout)["test"]
    for key, stamp in store.slices().items():
        table = pq.read_table(store.slice_path(key))
        training = table["bucket"].to_numpy() >= held_out
        unseen = hidden(table["track_uri"], ONE_TRACK_IN) | hidden(table["artist_uri"], ONE_ARTIST_IN)
        write_table(table.filter(pa.array(~(training & unseen))), store.slice_path(key), RAW_PLAYLISTS_SCHEMA, stamp)


class Study:
    """What was trained, and the tracks that it never saw."""

    def __init__(self, store: Store) -> None:
        self.recommender: Recommender = load_recommender(
            store.path(SERVING_BUNDLE), EmbeddedIndex(store.path(SEARCH_INDEX))
        )
        tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")
        self.playlists = tracks["playlists"].to_numpy()
        self.known = self.playlists > 0
        of_hidden_artist = hidden(tracks["artist_uri"], ONE_ARTIST_IN)
        self.groups = {
            "another track of the artist was trained on": ~self.known & ~of_hidden_artist,
            "none of the artist's was": ~self.known & of_hidden_artist,
        }
        having, features = load_features(store)
        self.inputs = np.full((tracks.num_rows, 0), np.nan, np.float32)
        if len(having):
            encoded = load_encoder(store.path(SCALER)).encode(features)
            self.inputs = np.full((tracks.num_rows, encoded.shape[1]), np.nan, np.float32)
            self.inputs[having] = encoded
        by_track = dict(zip(having.tolist(), features.tolist(), strict=True))
        self.songs = [
            Song(
                row["track_uri"],
                row["track_name"],
                row["artist_uri"] or row["artist_name"],
                row["album_uri"],
                dict(zip(FEATURES, by_track[number], strict=True)) if number in by_track else None,
            )
            for number, row in enumerate(tracks.to_pylist())
        ]
        self.number = {song.id: number for number, song in enumerate(self.songs)}
        self.test: Playlists = load_snapshot(store.path(TRACK_METADATA)).test
        self.given: dict[str, Callable[[Song], Song]] = {
            "as served": lambda song: song,
            "album": lambda song: replace(song, artist=None, features=None),
            "artist": lambda song: replace(song, album=None, features=None),
        }
        if len(having):
            self.given["features by the network"] = lambda song: replace(song, artist=None, album=None)

    def seed_tasks(self, group: NDArray[np.bool_]) -> list[Task]:
        """Returns a task for each test playlist's first track of the group: the known tracks are to be found."""
        tasks = []
        for playlist, pid in enumerate(self.test.pids):
            tracks = self.test.distinct(playlist)
            unseen, targets = tracks[group[tracks]], tracks[self.known[tracks]]
            if len(unseen) and len(targets):
                tasks.append(Task(int(pid), unseen[:1], targets))
        return tasks

    def candidate_tasks(self, group: NDArray[np.bool_]) -> list[Task]:
        """Returns a task for each test playlist with tracks of the group, which are to be found from known ones."""
        tasks = []
        for playlist, pid in enumerate(self.test.pids):
            tracks = self.test.distinct(playlist)
            targets, seeds = tracks[group[tracks]], tracks[self.known[tracks]]
            if len(targets) and len(seeds):
                tasks.append(Task(int(pid), seeds[:SEEDS], targets))
        return tasks

    def seed_methods(self) -> Mapping[str, Rank]:
        """Returns, by name, the ways to rank from one seed that training never saw."""
        methods: dict[str, Rank] = {name: self._served(given) for name, given in self.given.items()}
        if self.inputs.shape[1]:
            methods["nearest raw features"] = self._nearest_features
        methods["popularity"] = Popularity(self.playlists).rank
        methods["random"] = self._random
        return methods

    def _served(self, given: Callable[[Song], Song]) -> Rank:
        def rank(tasks: Sequence[Task]) -> list[Ranking]:
            found = []
            for start in range(0, len(tasks), AT_ONCE):
                requests = [[given(self.songs[seed]) for seed in task.seeds] for task in tasks[start : start + AT_ONCE]]
                hits = self.recommender.rank(requests, self.recommender.resolve(requests), DEPTH)
                found += [np.array([self.number[hit.id] for hit in of_request], np.int64) for of_request in hits]
            return found

        return rank

    def _nearest_features(self, tasks: Sequence[Task]) -> list[Ranking]:
        distances = [((self.inputs - self.inputs[task.seeds[0]]) ** 2).sum(axis=1) for task in tasks]
        found = []
        for distance in distances:
            possible = np.flatnonzero(self.known & ~np.isnan(distance))
            found.append(possible[np.argsort(distance[possible], kind="stable")[:DEPTH]])
        return found

    def _random(self, tasks: Sequence[Task]) -> list[Ranking]:
        random, known = np.random.default_rng(0), np.flatnonzero(self.known)
        return [random.permutation(known)[:DEPTH] for _ in tasks]

    def placed(self, tracks: NDArray[np.int64], given: Callable[[Song], Song]) -> NDArray[np.float32]:
        """Returns a vector for each track from what `given` leaves of it, float32 [n, dimension]; NaN if not placed."""
        vectors = np.full((len(tracks), self.recommender.index.dimension), np.nan, np.float32)
        for row, resolution in enumerate(self.recommender.resolve([[given(self.songs[track])] for track in tracks])):
            if resolution.seeds:
                # No playlist holds it: log(1 + 0) is its popularity.
                vectors[row] = np.append(resolution.seeds[0].vector, 0)
        return vectors

    def recall(self, tasks: Sequence[Task], given: Callable[[Song], Song]) -> tuple[NDArray[np.float64], float]:
        """Returns the share of each task's targets among the first 500, and the share of targets that were placed."""
        known = np.flatnonzero(self.known)
        unseen = np.unique(np.concatenate([task.targets for task in tasks])).astype(np.int64)
        documents = self.recommender.index.fetch([self.songs[track].id for track in known])
        vectors = [np.stack([documents[self.songs[track].id].vector for track in known]), self.placed(unseen, given)]
        candidates, numbers = np.concatenate(vectors), np.concatenate([known, unseen])
        requests = [[self.songs[seed] for seed in task.seeds] for task in tasks]
        shares = []
        for task, resolution in zip(tasks, self.recommender.resolve(requests), strict=True):
            query = np.append(self.recommender.parts(resolution.seeds).sum(axis=0), 1).astype(np.float32)
            scores = np.nan_to_num(candidates @ query, nan=-np.inf)
            scores[np.searchsorted(known, task.seeds)] = -np.inf
            best = numbers[np.argsort(-scores, kind="stable")[:DEPTH]]
            shares.append(np.isin(task.targets, best).mean())
        return np.array(shares), float((~np.isnan(vectors[1][:, 0])).mean())


def measured(rankings: Sequence[Ranking], tasks: Sequence[Task]) -> dict[str, NDArray[np.float64]]:
    """Returns R-precision and NDCG of each task."""
    hits = np.zeros((len(tasks), DEPTH), bool)
    for row, (ranking, task) in enumerate(zip(rankings, tasks, strict=True)):
        hits[row, : len(ranking)] = np.isin(ranking, task.targets)
    targets = np.array([len(task.targets) for task in tasks])
    return {"R-precision": r_precision(hits, targets), "NDCG@500": ndcg(hits, targets)}


def mean(values: NDArray[np.float64]) -> str:
    """Returns the mean with its 95 % bootstrap interval."""
    draws = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return f"{values.mean():.4f} ({low:.4f} to {high:.4f})"


def report(study: Study, real: bool) -> str:
    """Returns the results as Markdown."""
    what = "the playlists of a folder" if real else "the generated sample, which is no evidence for quality"
    lines = [
        "# Tracks that training never saw",
        "",
        f"On {what}: {study.known.sum():,} tracks trained on; of the others "
        + ", ".join(f"{group.sum():,} of which {name}" for name, group in study.groups.items())
        + "; means over test playlists with 95 % intervals; `python -m benchmarks.cold_start`.",
    ]
    for name, group in study.groups.items():
        tasks = study.seed_tasks(group)
        if tasks:
            lines += ["", f"## As the only seed, where {name}: {len(tasks)} playlists", ""]
            lines += ["| placed by | R-precision | NDCG@500 | served minus it, R-precision | the same, NDCG@500 |"]
            lines += ["| --- | ---: | ---: | ---: | ---: |"]
            values = {method: measured(rank(tasks), tasks) for method, rank in study.seed_methods().items()}
            served = values["as served"]
            for method, of_method in values.items():
                cells = [mean(of_metric) for of_metric in of_method.values()]
                cells += [mean(served[metric] - of_metric) for metric, of_metric in of_method.items()]
                lines.append(f"| {method} | {' | '.join(cells)} |")
        tasks = study.candidate_tasks(group)
        if tasks:
            lines += ["", f"## To be found from {SEEDS} known tracks, where {name}: {len(tasks)} playlists", ""]
            lines += ["| placed by | recall@500 | targets placed |", "| --- | ---: | ---: |"]
            for method, given in study.given.items():
                shares, placed = study.recall(tasks, given)
                lines.append(f"| {method} | {mean(shares)} | {placed:.0%} |")
            chance = DEPTH / (study.known.sum() + len(np.unique(np.concatenate([task.targets for task in tasks]))))
            lines.append(f"| at random | {min(1.0, chance):.4f} | 100% |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
