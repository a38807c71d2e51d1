"""What do options cost compared with plain answers, a batch compared with single requests, and a list of 500 lines?

python -m benchmarks.options [store]

A released store, its embedded index, and one node of Elasticsearch on this machine (`make services`) that holds the
same tracks. An option is measured in turn with a plain request, so that both meet the same load; a batch goes over
HTTP, as do its requests one by one. Lines are drawn from the store's own names.
"""

import os

# As the endpoint does.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import multiprocessing
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow.parquet as pq
import uvicorn
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.http import create_app
from algorhythms_ask.index import Document, Index
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import Release, load_release
from algorhythms_ask.requests import MAX_LINE
from algorhythms_ask.resolving import resolved
from algorhythms_ask.songs import Song
from algorhythms_ask.wish import Wish, paged

from algorhythms_assets.contracts import TRACK_METADATA
from algorhythms_assets.resources.index.elastic import build_elastic, longest, writer
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.services.elasticsearch import missing, running_node

RESULT = Path(__file__).parent / "results" / "options.md"
SAMPLES = 300
COUNT = 20
SEEDS = 5
BATCH = 100
ROUNDS = 5
LINES = 500

OPTIONS: dict[str, dict[str, Any]] = {
    "popularity 0.5": {"popularity": 0.5},
    "diversity 0.5": {"diversity": 0.5},
    "max_per_artist 2": {"max_per_artist": 2},
    "collapse_versions": {"collapse_versions": True},
    "negative, 2 songs": {"negative": True},
    "exclude, 200 tracks": {"without_tracks": True},
    "evidence": {"evidence": True},
    "cursor": {"paged": paged(COUNT)},
    "tastes 2": {"tastes": 2},
    "tastes auto": {"tastes": None},
}

# Opens a release again, because a forked process must not share connections.
Open = Callable[[], Release]


class Names:
    """Tracks of a store by falling popularity, and lists of them."""

    def __init__(self, store: Path, index: Index) -> None:
        table = pq.read_table(Store(store).path(TRACK_METADATA) / "tracks.parquet")
        rows = table.sort_by([("playlists", "descending")]).to_pylist()
        self.songs = [
            Song(row["track_uri"], row["track_name"], row["artist_name"], row["album_name"])
            for row in rows
            if row["track_name"] and row["artist_name"]
        ]
        known = index.fetch([song.id for song in self.songs])
        self.songs = [song for song in self.songs if song.id in known]
        self._draw = random.Random(0)

    def wish(self, **options: Any) -> Wish:
        """Returns a request with an option, whose songs tend to be popular ones."""
        most = min(len(self.songs), 5000)
        songs = [self.songs[int(most * self._draw.random() ** 2)] for _ in range(SEEDS)]
        if options.get("negative"):
            options["negative"] = self._draw.sample(self.songs[:most], 2)
        if options.get("without_tracks"):
            options["without_tracks"] = [song.id for song in self._draw.sample(self.songs[:most], min(200, most))]
        return Wish(songs, COUNT, **options)

    def lines(self) -> dict[str, list[str]]:
        """Returns lists of lines, from clean ones to what an attacker might send."""
        draw = self._draw
        named = [(str(song.artist), str(song.name)) for song in draw.choices(self.songs, k=LINES)]
        words = [word for song in self.songs[:20_000] for word in str(song.name).split()]
        return {
            "artist - title": [f"{artist} - {title}"[:MAX_LINE] for artist, title in named],
            "a typo in both": [f"{self._typo(artist)} - {self._typo(title)}"[:MAX_LINE] for artist, title in named],
            f"{MAX_LINE} characters of words": [" ".join(draw.choices(words, k=99))[:MAX_LINE] for _ in named],
            "words and separators": [" - ".join(draw.choices(words, k=99))[:MAX_LINE] for _ in named],
        }

    def _typo(self, name: str) -> str:
        place = self._draw.randrange(len(name))
        return name[:place] + self._draw.choice("aeiourst") + name[place + 1 :]


def documents(index: Index, songs: Sequence[Song]) -> Iterator[tuple[Document, list[str]]]:
    """Yields the tracks' documents in an index, with their keys."""
    for start in range(0, len(songs), 2000):
        identifiers = [song.id for song in songs[start : start + 2000]]
        found = index.fetch(identifiers, neighbours=True)
        yield from ((found[identifier], [identifier]) for identifier in identifiers if identifier in found)


def beside_plain(recommender: Recommender, names: Names, options: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Returns the rising milliseconds of plain requests and of those with an option, measured in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(-10, SAMPLES):
        for way, chosen in enumerate(({}, options)):
            wish = names.wish(**chosen)
            started = time.perf_counter()
            recommender.recommend([wish])
            if number >= 0:
                taken[way].append((time.perf_counter() - started) * 1000)
    return sorted(taken[0]), sorted(taken[1])


def batches(opened: Open, names: Names) -> float:
    """Returns the ratio of answers per second, in batches to single requests."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    context = multiprocessing.get_context("fork")
    settings = {"host": "127.0.0.1", "port": port, "log_level": "error"}
    server = context.Process(target=lambda: uvicorn.run(create_app(opened()), **settings), daemon=True)
    server.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _until(lambda: client.get("/health/live").is_success)
            ratios = []
            for _ in range(ROUNDS):
                asked = [
                    {"count": COUNT, "songs": [{"id": song.id} for song in names.wish().songs]} for _ in range(BATCH)
                ]
                started = time.perf_counter()
                single = [client.post("/recommendations", json=one).raise_for_status().json() for one in asked]
                between = time.perf_counter()
                many = client.post("/recommendations:batch", json={"requests": asked}).raise_for_status().json()
                ratios.append((between - started) / (time.perf_counter() - between))
                assert [len(one["answer"]["recommendation_nodes"]) for one in many["responses"]] == [
                    len(one["recommendation_nodes"]) for one in single
                ]
        return statistics.median(ratios)
    finally:
        server.terminate()
        server.join()


def _until(answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if answers():
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def measured(ways: dict[str, Open], names: Names) -> Iterator[str]:
    """Yields lines of Markdown."""
    releases = [opened() for opened in ways.values()]
    yield "| option | " + " | ".join(f"{way}: p50 ms | of plain | p99 ms | of plain" for way in ways) + " |"
    yield "| --- |" + " ---: |" * 4 * len(ways)
    for name, options in OPTIONS.items():
        cells = []
        for release in releases:
            plain, taken = beside_plain(release.recommender, names, options)
            for share in (0.5, 0.99):
                place = int(share * SAMPLES)
                cells += [f"{taken[place]:.1f}", f"{taken[place] / plain[place]:.2f}"]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    yield "| 500 lines, seconds | " + " | ".join(ways) + " | matched |"
    yield "| --- |" + " ---: |" * (len(ways) + 1)
    for name, lines in names.lines().items():
        cells, matched = [], 0
        for release in releases:
            taken = []
            for _ in range(3):
                started = time.perf_counter()
                found = resolved(lines, release.recommender.index)
                taken.append(time.perf_counter() - started)
            matched = sum(one.match is not None for one in found)
            cells.append(f"{min(taken):.2f}")
        yield f"| {name} | {' | '.join(cells)} | {matched} |"
    yield ""
    for way, opened in ways.items():
        yield f"- A batch of {BATCH} over HTTP, {way}: {batches(opened, names):.1f} times the answers a second."


def main() -> None:
    """Measures, and writes the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.options", description=__doc__)
    parser.add_argument("store", type=Path, nargs="?", default=Path(os.environ.get("ALGORHYTHMS_STORE", "store")))
    store = parser.parse_args().store
    if lacking := missing():
        raise SystemExit(lacking)
    embedded = load_release(store)
    index = embedded.recommender.index
    names = Names(store, index)
    print(f"{index.tracks:,} tracks", flush=True)
    lines = [
        "# Options, batches, lists",
        "",
        f"{index.tracks:,} tracks, vectors of {index.dimension}, {SEEDS} seeds, {COUNT} answers, {SAMPLES} samples of "
        f"each kind in turn, one machine of {os.cpu_count()} cores; `python -m benchmarks.options`. Of the lists the "
        "best of three tries, of the batches the median of five.",
        "",
    ]
    with tempfile.TemporaryDirectory() as folder, running_node(Path(folder), heap="2g") as node:
        database = Database(node.url, timeout=60)
        work = Path(folder) / "work"
        work.mkdir()
        made = list(documents(index, names.songs))
        length = longest(np.stack([document.vector for document, _ in made]))
        build_elastic(writer(database), "options", made, index.dimension, length, index.embeddings, work)

        def elastic() -> Release:
            known, found = embedded.recommender, ElasticIndex(Connection(database), "options")
            return Release(embedded.version, Recommender(known.network, found, known.fold_in, known.titles))

        ways = {"embedded": lambda: load_release(store), "Elasticsearch": elastic}
        for line in measured(ways, names):
            print(line, flush=True)
            lines.append(line)
    RESULT.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
