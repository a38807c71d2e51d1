"""How much slower are requests if much is blocked?

python -m benchmarks.blocked [address of an Elasticsearch cluster]

Made-up tracks with clustered vectors; ten seeds, 50 recommendations. Sizes of the list take turns, so that other
load on the machine affects all of them alike.
"""

import math
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from algorhythms_ask.blocking import BlockList, without
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document, Index
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.songs import Song
from algorhythms_ask.wish import Wish

from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.index.embedded import build_embedded

RESULTS = Path(__file__).parent / "results"
TRACKS, DIMENSION, A_ARTIST, CLUSTERS = 30_000, 128, 10, 300
SEEDS, COUNT, ROUNDS, BATCH = 10, 50, 25, 100
NAME = "tracks-blocked-benchmark"
LISTS = {
    "nothing": (0, 0),
    "10 tracks": (10, 0),
    "100 tracks": (100, 0),
    "1,000 tracks": (1_000, 0),
    "10,000 tracks": (10_000, 0),
    "10 artists": (0, 10),
    "1,000 artists": (0, 1_000),
}


def documents() -> Iterator[tuple[Document, list[str]]]:
    """Yields made-up tracks by falling popularity."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(CLUSTERS, DIMENSION))
    z = centres[random.integers(CLUSTERS, size=TRACKS)] + random.normal(size=(TRACKS, DIMENSION))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    for number in range(TRACKS):
        artist = f"artist {number % (TRACKS // A_ARTIST)}"
        playlists = TRACKS - number
        vector = np.append(z[number], popularity(playlists)).astype(np.float32)
        key = track(number)
        yield Document(key, "track", f"title {number}", artist, None, playlists, vector), [key]


def popularity(playlists: int) -> float:
    """Returns the last number of the vector of a track in so many playlists."""
    return 0.08 * math.log1p(playlists)


def track(number: int) -> str:
    """Returns the identifier of a track."""
    return f"spotify:track:{number:022d}"


def main(address: str | None) -> None:
    """Measures the available indices, and writes the table."""
    with tempfile.TemporaryDirectory() as folder:
        build_embedded(Path(folder), documents(), DIMENSION + 1, "benchmark")
        indices: dict[str, Index] = {"embedded": EmbeddedIndex(Path(folder))}
        if address:
            database = Database(address, timeout=60)
            with tempfile.TemporaryDirectory() as progress:
                length = math.hypot(1, popularity(TRACKS))
                build_elastic(writer(database), NAME, documents(), DIMENSION + 1, length, "benchmark", Path(progress))
            indices["Elasticsearch"] = ElasticIndex(Connection(database), NAME)
        lines = [
            "# What a block list costs",
            "",
            f"{TRACKS:,} made-up tracks of {DIMENSION} dimensions, {SEEDS} seeds, {COUNT} recommendations: medians of "
            f"{ROUNDS} requests in milliseconds, and of a batch of {BATCH} in seconds. The machine did other things "
            "besides, so rows compare with each other alone; `python -m benchmarks.blocked`.",
            "",
            "| blocked | " + " | ".join(f"{name}, one request | {name}, a batch" for name in indices) + " |",
            "| --- |" + " ---: |" * 2 * len(indices),
        ]
        columns = [column for index in indices.values() for column in measured(index)]
        lines += [f"| {name} | " + " | ".join(column[name] for column in columns) + " |" for name in LISTS]
    text = "\n".join([*lines, ""])
    print(text)
    (RESULTS / "blocked.md").write_text(text, encoding="utf-8")


def measured(index: Index) -> tuple[dict[str, str], dict[str, str]]:
    """Returns how long a request and a batch take, as texts, by what is blocked."""
    random = np.random.default_rng(1)
    recommenders = {}
    for name, (tracks, artists) in LISTS.items():
        blocked = BlockList(
            frozenset(map(track, random.choice(TRACKS, tracks, replace=False).tolist())),
            frozenset(f"artist {number}" for number in random.choice(TRACKS // A_ARTIST, artists, replace=False)),
        )
        recommenders[name] = Recommender(None, without(index, blocked))
    single: dict[str, list[float]] = {name: [] for name in LISTS}
    batches: dict[str, list[float]] = {name: [] for name in LISTS}
    for number in range(ROUNDS):
        wish = Wish([Song(track(int(seed))) for seed in random.integers(TRACKS, size=SEEDS)], COUNT)
        for name, recommender in recommenders.items():
            single[name].append(seconds(recommender, [wish]))
            if number < 3:
                batches[name].append(seconds(recommender, [wish] * BATCH))
    return (
        {name: f"{1000 * np.median(times):.1f}" for name, times in single.items()},
        {name: f"{np.median(times):.2f}" for name, times in batches.items()},
    )


def seconds(recommender: Recommender, wishes: list[Wish]) -> float:
    """Returns the seconds that answering takes."""
    started = time.perf_counter()
    recommender.recommend(wishes)
    return time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
