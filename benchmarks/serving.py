"""How fast does the endpoint's code answer, compared with the origin's sequence of calls to the same node?

python -m benchmarks.serving [tracks]

One node of Elasticsearch on this machine (`make services`), generated vectors, clustered as embeddings are. An answer
is everything from songs to recommendations with names and terms, without HTTP. The origin fetches each seed's vector,
searches as many neighbours of each as there are seeds, and merges by mean score times log(1 + seeds that found it).
"""

import os

# As the endpoint does.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import math
import multiprocessing
import queue
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document
from algorhythms_ask.recommend import Recommender, query_parts
from algorhythms_ask.songs import Song
from algorhythms_ask.wish import Wish
from elasticsearch import Elasticsearch
from numpy.typing import NDArray

from algorhythms_assets.resources.index.elastic import build_elastic, longest, verify_elastic, writer
from algorhythms_assets.resources.index.embedded import IndexFaultError, build_embedded
from algorhythms_assets_tests.services.elasticsearch import missing, running_node

RESULT = Path(__file__).parent / "results" / "serving.md"
MPD_TRACKS = 2_262_191
# Dimensions of the unit vector and of the factors: as released, and smaller without factors.
SHAPES = ((128, 128), (64, 0))
SEEDS = (1, 10, 50, 100)
SAMPLES = 300
# The origin takes long with many seeds: a cell of the table ends after this time, and says how many samples it has.
CELL_SECONDS = 40
CLIENTS = (1, 8, 32)
CLIENT_SECONDS = 8
COUNT = 10
TRACKS_OF_ARTIST = 20
# As many as the asset keeps.
NEIGHBOURS = 20
LATENT = 24

Ask = Callable[[list[str]], Any]


@dataclass(frozen=True)
class Catalogue:
    """Stored vectors, float32 [tracks, z + factors + 1], by falling popularity; B of the factors; each one's artist."""

    vectors: NDArray[np.float32]
    fold_in: NDArray[np.float32]
    artists: NDArray[np.int64]

    def documents(self) -> Iterator[tuple[Document, list[str]]]:
        """Yields each track with its key."""
        for row, vector in enumerate(self.vectors):
            names = f"Track {row}", f"Artist {self.artists[row]}", f"Album {self.artists[row]}"
            neighbours = tuple((f"t{(row + step) % len(self.vectors)}", 9) for step in range(NEIGHBOURS))
            document = Document(f"t{row}", "track", *names, len(self.vectors) - row, vector, neighbours)
            yield document, [document.id]

    def playlists(self, seeds: int, count: int) -> list[list[str]]:
        """Returns lists of seeds, each of tracks close to one that tends to be popular."""
        draw = np.random.default_rng(seeds)
        weight = 1 / (np.arange(len(self.vectors)) + 10)
        found = []
        for first in draw.choice(len(self.vectors), count, p=weight / weight.sum()):
            near = self.vectors[:, :-1] @ self.vectors[first, :-1]
            rows = np.argpartition(-near, 10 * seeds)[: 10 * seeds]
            found.append([f"t{row}" for row in draw.choice(rows, seeds, replace=False)])
        return found


def catalogue(tracks: int, z: int, factors: int) -> Catalogue:
    """Draws genres, artists within them, and tracks around their artists."""
    draw = np.random.default_rng(0)
    # A few directions carry most of the variance, as in trained embeddings: genres overlap.
    axes = draw.normal(size=(LATENT, z + factors)) / math.sqrt(LATENT)
    genres = draw.normal(size=(200, LATENT))
    artists = draw.integers(200, size=tracks // TRACKS_OF_ARTIST + 1)
    centres = genres[artists] + 0.7 * draw.normal(size=(len(artists), LATENT))
    of = draw.integers(len(artists), size=tracks)
    drawn = (centres[of] + 0.5 * draw.normal(size=(tracks, LATENT))) @ axes
    drawn += 0.4 * draw.normal(size=drawn.shape)
    drawn[:, :z] /= np.linalg.norm(drawn[:, :z], axis=1, keepdims=True)
    popularity = 0.08 * np.log1p(tracks / (np.arange(tracks) + 1.0))
    vectors = np.hstack([drawn[:, :z], 0.05 * drawn[:, z:], popularity[:, None]]).astype(np.float32)
    return Catalogue(vectors, np.eye(factors, dtype=np.float32), of)


def queries(made: Catalogue) -> dict[str, NDArray[np.float32]]:
    """Returns the endpoint's queries, float32 [n, dimension], by the weight of popularity."""
    asked = {}
    inverse = np.linalg.inv(made.fold_in.astype(np.float64))
    for coefficient in (1, 0, -1, 3):
        rows = []
        for seeds in (1, 10):
            for playlist in made.playlists(seeds, 50):
                placed = made.vectors[[int(key[1:]) for key in playlist], :-1].astype(np.float64)
                rows.append(np.append(query_parts(placed, inverse).sum(axis=0), coefficient))
        asked[f"popularity times {coefficient}"] = np.array(rows, np.float32)
    return asked


def ours(recommender: Recommender) -> Ask:
    """Returns the endpoint's way."""
    return lambda keys: recommender.recommend([Wish([Song(key, key, key, key) for key in keys], COUNT)])


def origin(url: str, index: str) -> Ask:
    """Returns the origin's sequence of calls, with the official client as there."""
    client = Elasticsearch(url, request_timeout=60)

    def ask(keys: list[str]) -> list[tuple[str, float]]:
        scores: dict[str, list[float]] = defaultdict(list)
        for key in keys:
            found = client.get(index=index, id=key, source_includes=["embedding"], source_exclude_vectors=False)
            near = {"field": "embedding", "query_vector": found["_source"]["embedding"]}
            near |= {"k": len(keys), "num_candidates": 1000}
            for hit in client.search(index=index, knn=near, size=len(keys), source=["name", "artist"])["hits"]["hits"]:
                scores[hit["_id"]].append(hit["_score"])
        merged = {key: statistics.fmean(found) * math.log1p(len(found)) for key, found in scores.items()}
        return sorted(merged.items(), key=lambda item: -item[1])[:COUNT]

    return ask


def latencies(ask: Ask, playlists: list[list[str]]) -> list[float]:
    """Returns the milliseconds of each answer, rising."""
    for keys in playlists[:10]:
        ask(keys)
    taken = []
    until = time.perf_counter() + CELL_SECONDS
    for number in range(SAMPLES):
        started = time.perf_counter()
        ask(playlists[number % len(playlists)])
        taken.append((time.perf_counter() - started) * 1000)
        if time.perf_counter() > until:
            break
    return sorted(taken)


def throughput(make: Callable[[], Ask], playlists: list[list[str]], clients: int, processes: bool) -> float:
    """Returns the answers per second with that many clients, each of which sends one request after another.

    They are threads that share what `make` returns, as in one server, or processes with their own, as on Lambda.
    """
    if processes:
        context = multiprocessing.get_context("fork")
        barrier, rates = context.Barrier(clients), context.SimpleQueue()
        run: Any = context.Process
    else:
        barrier, rates, run = threading.Barrier(clients), queue.SimpleQueue(), threading.Thread
        shared = make()
        make = lambda: shared  # noqa: E731

    def client(number: int) -> None:
        ask = make()
        ask(playlists[number % len(playlists)])
        barrier.wait()
        done, started = 0, time.perf_counter()
        while time.perf_counter() < started + CLIENT_SECONDS:
            ask(playlists[(number + done * clients) % len(playlists)])
            done += 1
        rates.put(done / (time.perf_counter() - started))

    running = [run(target=client, args=(number,)) for number in range(clients)]
    for one in running:
        one.start()
    found = sum(rates.get() for _ in running)
    for one in running:
        one.join()
    return found


def scan_milliseconds(vectors: NDArray[np.float32]) -> float:
    """Returns how long it takes to read the matrix once: the best of several ways and tries."""
    best = math.inf
    for _ in range(5):
        for read in (lambda: vectors.view(np.int32).max(), lambda: vectors.sum()):
            started = time.perf_counter()
            read()
            best = min(best, time.perf_counter() - started)
    return best * 1000


def measured(tracks: int, z: int, factors: int, url: str, folder: Path, short: bool) -> list[str]:
    """Builds both indices, measures, and returns lines of Markdown."""
    made = catalogue(tracks, z, factors)
    dimension = made.vectors.shape[1]
    database = Database(url, timeout=60)
    client, connection = writer(database), Connection(database)
    name = f"tracks-bench-{dimension}"
    started = time.perf_counter()
    held = build_elastic(client, name, made.documents(), dimension, longest(made.vectors), "bench", folder)
    load = time.perf_counter() - started
    try:
        found = verify_elastic(client, connection, name, held, {}, made.vectors, queries(made))
        recalls = ", ".join(f"{recall:.3f} ({called})" for called, recall in found["recall"].items())
        recalls = f"Recall@100 at {found['num_candidates']:,} candidates: {recalls}."
    except IndexFaultError as error:
        recalls = f"The asset would refuse it: {error}. What follows is at 1,000 candidates."
    size = connection.get(f"/{name}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    lines = [
        f"## {tracks:,} tracks, vectors of {dimension}",
        "",
        f"Loaded and merged in {load:.0f} s, {size / 1e6:,.0f} MB; a straight line gives "
        f"{load * MPD_TRACKS / tracks / 60:.0f} minutes and {size * MPD_TRACKS / tracks / 1e9:.1f} GB at "
        f"{MPD_TRACKS:,} tracks. {recalls}",
        "",
    ]
    print("\n".join(lines), flush=True)
    if short:
        return lines
    (folder / "embedded").mkdir()
    build_embedded(folder / "embedded", made.documents(), dimension, "bench")
    ways: dict[str, Callable[[], Ask]] = {
        "origin's calls": lambda: origin(url, name),
        "ours, Elasticsearch": lambda: ours(Recommender(None, ElasticIndex(Connection(database), name), made.fold_in)),
        "ours, embedded": lambda: ours(Recommender(None, EmbeddedIndex(folder / "embedded"), made.fold_in)),
    }
    table = ["| seeds | way | p50 ms | p99 ms | samples |", "| ---: | --- | ---: | ---: | ---: |"]
    p50: dict[tuple[int, str], float] = {}
    p99: dict[tuple[int, str], float] = {}
    for seeds in SEEDS:
        playlists = made.playlists(seeds, 60)
        for way, make in ways.items():
            taken = latencies(make(), playlists)
            p50[seeds, way], p99[seeds, way] = taken[len(taken) // 2], taken[math.ceil(len(taken) * 0.99) - 1]
            table.append(f"| {seeds} | {way} | {p50[seeds, way]:.1f} | {p99[seeds, way]:.1f} | {len(taken)} |")
            print(table[-1], flush=True)
    of = [(clients, False) for clients in CLIENTS] + [(clients, True) for clients in CLIENTS if clients > 1]
    called = [f"{clients} {'processes' if processes else 'threads'}" for clients, processes in of]
    rates = ["| answers a second at 50 seeds | " + " | ".join(called) + " |", "| --- |" + " ---: |" * len(of)]
    playlists = made.playlists(50, 60)
    rate: dict[str, list[float]] = {}
    for way, make in ways.items():
        rate[way] = [throughput(make, playlists, clients, processes) for clients, processes in of]
        rates.append(f"| {way} | " + " | ".join(f"{one:.1f}" for one in rate[way]) + " |")
        print(rates[-1], flush=True)
    theirs, elastic, embedded = ways
    scan = scan_milliseconds(made.vectors)
    more = [one / other for one, other in zip(rate[elastic], rate[theirs], strict=True)]
    summary = [
        "| | measured | target |",
        "| --- | ---: | ---: |",
        "| throughput at 50 seeds, times the origin's, "
        + " / ".join(called)
        + " | "
        + " / ".join(f"{one:.0f}" for one in more)
        + " | at least 30 |",
        f"| p99 at 50 seeds, of the origin's p50 | {p99[50, elastic] / p50[50, theirs]:.3f} | at most 0.2 |",
        f"| p50 at 100 seeds, times that at 1 | {p50[100, elastic] / p50[1, elastic]:.1f} | at most 2 |",
        f"| embedded p50 at 1 seed, times one read of the matrix ({scan:.1f} ms) | {p50[1, embedded] / scan:.1f} "
        "| at most 2 |",
    ]
    return [*lines, *table, "", *rates, "", *summary, ""]


def main() -> None:
    """Measures, and writes the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("tracks", type=int, nargs="?", default=200_000)
    parser.add_argument("--load-only", action="store_true", help="build and verify, print, write nothing")
    chosen = parser.parse_args()
    if lacking := missing():
        raise SystemExit(lacking)
    lines = [
        "# Answers",
        "",
        f"One node of Elasticsearch and its client on one machine of {os.cpu_count()} cores, which others use too; "
        f"`python -m benchmarks.serving`. {SAMPLES} answers a cell, fewer where that takes more than {CELL_SECONDS} s.",
        "",
    ]
    with tempfile.TemporaryDirectory() as name, running_node(Path(name), heap="3g") as node:
        for z, factors in SHAPES:
            work = Path(name) / f"work{z}"
            work.mkdir()
            lines += measured(chosen.tracks, z, factors, node.url, work, chosen.load_only)
            if not chosen.load_only:
                RESULT.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
