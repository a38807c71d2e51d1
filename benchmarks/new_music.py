"""Is new music found before the next training: tracks that arrived in slices newer than the snapshot?

python -m benchmarks.new_music [folder of slices]

The last fifth of the slices are the newer ones. Every tenth track is removed from the others, so that new tracks are as
popular as any. The pipeline trains on the older slices and extends its index by the tracks of the newer ones; then
held-out playlists of the newer slices are continued from their first known tracks, and the new tracks among the rest
are to be found. Without a folder, the generated sample is used, which is no evidence for quality.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import load_recommender
from algorhythms_ask.songs import Song
from numpy.typing import NDArray

from algorhythms_assets.contracts import (
    NEW_TRACKS,
    RAW_PLAYLISTS_SCHEMA,
    SEARCH_INDEX,
    SERVING_BUNDLE,
    TRACK_METADATA,
)
from algorhythms_assets.evaluation.comparison import Method, measure
from algorhythms_assets.evaluation.evaluation_report import artist_numbers
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.ingest.playlists import load_snapshot
from algorhythms_assets.metrics import CATEGORIES, DEPTH, cut, ndcg, r_precision
from algorhythms_assets.resources.store import Store, write_table
from algorhythms_assets.sample.slices import write_sample
from benchmarks.cold_start import hidden, mean
from benchmarks.quality import PAYLOADS, payload

RESULTS = Path(__file__).parent / "results"
NEWER, ONE_TRACK_IN, SEEDS, AT_ONCE = 5, 10, 5, 100
# Factors of the popularity that new tracks would get from training; 1 is served.
WEIGHTS = (0.0, 0.5, 1.0, 1.5)


@dataclass(frozen=True)
class Asked:
    """A held-out playlist of the newer slices: songs given, and the tracks to be found, new ones among them."""

    songs: list[Song]
    targets: list[str]
    new: list[str]


def main(folder: Path | None) -> None:
    """Trains on the older slices, extends by the newer ones, and writes the tables."""
    with tempfile.TemporaryDirectory() as temporary:
        slices = folder
        if slices is None:
            write_sample(Path(temporary) / "sample", slice_size=200)
            slices = Path(temporary) / "sample" / "playlists"
        parsed, store = Store(Path(temporary) / "parsed"), Store(Path(temporary) / "store")
        payload("raw_playlists", parsed, "--folder", str(slices))
        keys = list(parsed.slices())
        newer = keys[-max(1, len(keys) // NEWER) :]
        for key in keys[: -len(newer)]:
            copy(parsed, store, key, hide=True)
        for name in PAYLOADS:
            payload(name, store)
        before = recommender(store, store.path(SEARCH_INDEX))
        for key in newer:
            copy(parsed, store, key, hide=False)
        for name in ("new_tracks", "search_index"):
            payload(name, store)
        text = report(store, before, newer, folder is not None)
    print(text)
    (RESULTS / f"new_music{'' if folder else '_sample'}.md").write_text(text, encoding="utf-8")


def copy(parsed: Store, store: Store, key: str, hide: bool) -> None:
    """Copies a slice, with or without the tracks that are to be new."""
    table = pq.read_table(parsed.slice_path(key))
    if hide:
        table = table.filter(pa.array(~hidden(table["track_uri"], ONE_TRACK_IN)))
    path = store.slice_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, path, RAW_PLAYLISTS_SCHEMA, parsed.slices()[key])


def recommender(store: Store, index: Path) -> Recommender:
    """Returns the recommender that serves from an index of the store."""
    return load_recommender(store.path(SERVING_BUNDLE), EmbeddedIndex(index))


def weighted(store: Store, new: Sequence[str], weight: float, folder: Path) -> Recommender:
    """Returns a recommender for which the popularity term of new tracks is multiplied by `weight`."""
    place = Path(shutil.copytree(store.path(SEARCH_INDEX), folder / f"{weight:g}"))
    vectors = np.load(place / "vectors.npy")
    row = {uri: number for number, uri in enumerate(EmbeddedIndex(place)._ids)}
    vectors[[row[uri] for uri in new], -1] *= weight
    np.save(place / "vectors.npy", vectors)
    return recommender(store, place)


def asked(store: Store, newer: Sequence[str], known: Recommender, placed: frozenset[str]) -> tuple[list[Asked], int]:
    """Returns the held-out playlists of the newer slices that name new tracks, and how many new tracks these name."""
    held_out = json.loads((store.path(TRACK_METADATA) / "snapshot.json").read_text())["split"]["test"][1]
    found: list[Asked] = []
    named: set[str] = set()
    for key in newer:
        table = pq.read_table(store.slice_path(key), filters=[("bucket", "<", held_out)])
        for pid in pc.unique(table["pid"]).to_pylist():
            rows = table.filter(pc.equal(table["pid"], pid)).sort_by("position").to_pylist()
            songs = {row["track_uri"]: Song(row["track_uri"], row["track_name"], row["artist_name"]) for row in rows}
            trained = known.index.fetch(list(songs))
            given = [uri for uri in songs if uri in trained][:SEEDS]
            targets = [uri for uri in songs if uri not in given]
            new = [uri for uri in targets if uri not in trained]
            named.update(new)
            if given and set(new) & placed:
                found.append(Asked([songs[uri] for uri in given], targets, [uri for uri in new if uri in placed]))
    return found, len(named)


def answers(known: Recommender, playlists: Sequence[Asked]) -> list[list[str]]:
    """Returns the first 500 tracks for each playlist."""
    found = []
    for start in range(0, len(playlists), AT_ONCE):
        requests = [playlist.songs for playlist in playlists[start : start + AT_ONCE]]
        found += [[hit.id for hit in hits] for hits in known.rank(requests, known.resolve(requests), DEPTH)]
    return found


def measured(found: Sequence[Sequence[str]], playlists: Sequence[Asked]) -> Mapping[str, NDArray[np.float64]]:
    """Returns, per playlist, the share of its new tracks that was found, and R-precision and NDCG of all its tracks."""
    hits = np.zeros((len(playlists), DEPTH), bool)
    for row, (answer, playlist) in enumerate(zip(found, playlists, strict=True)):
        hits[row, : len(answer)] = np.isin(answer, playlist.targets)
    targets = np.array([len(playlist.targets) for playlist in playlists])
    of_new = [np.isin(playlist.new, answer).mean() for answer, playlist in zip(found, playlists, strict=True)]
    return {"recall": np.array(of_new), "r": r_precision(hits, targets), "ndcg": ndcg(hits, targets)}


def report(store: Store, before: Recommender, newer: Sequence[str], real: bool) -> str:
    """Returns the results as Markdown."""
    table = pq.read_table(store.path(NEW_TRACKS))
    new = table["track_uri"].to_pylist()
    playlists, named = asked(store, newer, before, frozenset(new))
    what = "the playlists of a folder" if real else "the generated sample, which is no evidence for quality"
    ways = ", ".join(f"{row['counts']:,} by {row['values']}" for row in pc.value_counts(table["placed_by"]).to_pylist())
    lines = [
        "# New music without a training",
        "",
        f"On {what}: {before.index.tracks:,} tracks trained on, {len(new):,} new tracks placed ({ways}). Held-out "
        f"playlists of the newer slices name {named:,} new tracks; {len(playlists)} of these playlists hold one that "
        f"was placed, and are continued from up to {SEEDS} known tracks. Means with 95 % intervals; `python -m "
        "benchmarks.new_music`.",
        "",
        "| index | recall@500 of placed new tracks | R-precision of all tracks | NDCG@500 of all tracks |",
        "| --- | ---: | ---: | ---: |",
    ]
    of_before = measured(answers(before, playlists), playlists)
    chance = DEPTH / (before.index.tracks + len(new))
    lines.append(f"| not extended | 0 | {mean(of_before['r'])} | {mean(of_before['ndcg'])} |")
    lines.append(f"| new tracks at random among all | {min(1.0, chance):.4f} | | |")
    with tempfile.TemporaryDirectory() as folder:
        indices = {weight: weighted(store, new, weight, Path(folder)) for weight in WEIGHTS}
        for weight, known in indices.items():
            of_this = measured(answers(known, playlists), playlists)
            cells = [mean(of_this[metric]) for metric in ("recall", "r", "ndcg")]
            name = f"extended, {weight:g} × the popularity of a trained track"
            lines.append(f"| {name}{', as served' if weight == 1 else ''} | {' | '.join(cells)} |")
            if weight == 1:
                more = [mean(of_this[metric] - of_before[metric]) for metric in ("r", "ndcg")]
                lines.append(f"| … minus not extended | | {' | '.join(more)} |")
        lines += ["", *older(store, before, indices[1.0], new)]
    return "\n".join([*lines, ""])


def older(store: Store, before: Recommender, extended: Recommender, new: Sequence[str]) -> list[str]:
    """Returns lines on how the extension affects the snapshot's test playlists, which are older than the new tracks."""
    tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")
    test = load_snapshot(store.path(TRACK_METADATA)).test
    tasks = {c.name: [cut(int(pid), test.distinct(i), c) for i, pid in enumerate(test.pids)] for c in CATEGORIES}
    artist = artist_numbers(tracks)
    passing = Served(extended, tracks, new)
    methods: dict[str, Method] = {
        "not extended": Served(before, tracks),
        "extended, new tracks passed over, as the gate does": passing,
        "extended, new tracks counted as misses": Served(extended, tracks),
    }
    lines = [
        f"The snapshot's {len(test)} test playlists, in which no new track is to be found:",
        "",
        "| index | R-precision | NDCG@500 |",
        "| --- | ---: | ---: |",
    ]
    for name, method in methods.items():
        values = measure(method, tasks, artist).values
        cells = [f"{np.nanmean(np.nanmean(values[metric], axis=0)):.4f}" for metric in ("r_precision", "ndcg")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, "", f"Of the first ten {passing.shown[0] / passing.shown[1]:.1%} are new."]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
