"""Trains and stores what playlists' titles say about their tracks; without titles, only a description of that."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from algorhythms_ask.titles import Titles
from numpy.typing import NDArray

from algorhythms_assets.contracts import GCN_WEIGHTS, TITLE_WEIGHTS, TRACK_METADATA, NoConfig
from algorhythms_assets.ingest.playlists import Playlists, load_names, load_snapshot
from algorhythms_assets.model.stored import load_embeddings
from algorhythms_assets.model.titles import AT_ONCE, playlist_queries, trained
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import write_json

# Maximum number of validation playlists that measure whether titles help.
_JUDGED = 1000


def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Train vectors of titles' n-grams on training playlists, and measure them on validation playlists."""
    metadata = work.store.path(TRACK_METADATA)
    snapshot, names = load_snapshot(metadata), load_names(metadata)
    tracks, vectors = load_embeddings(work.store)
    fold_in = np.load(work.store.path(GCN_WEIGHTS) / "fold_in.npy")
    row = np.full(max(int(snapshot.training.tracks.max(initial=0)), int(tracks.max(initial=0))) + 1, -1)
    row[tracks] = np.arange(len(tracks))
    titled = snapshot.training.where(np.array([int(pid) in names for pid in snapshot.training.pids], bool)).once()
    queries = work.progress(playlist_queries(titled, row, vectors, fold_in), math.ceil(len(titled) / AT_ONCE), "blocks")
    titles = trained([names[int(pid)] for pid in titled.pids], queries, vectors.shape[1] - 1)
    known = len(titles.hashes) > 0
    description: dict[str, Any] = {"titles": known, "ngrams": len(titles.hashes), "playlists": len(titled)}
    if known:
        pairs = list(_judged(snapshot.validation, names, titles, tracks, vectors))
        found = np.array(pairs).reshape(-1, 2).mean(axis=0).tolist() if pairs else [None, None]
        description |= {"judged": len(pairs), "r_precision": found[0], "popularity": found[1]}

    def write(folder: Path) -> None:
        if known:
            np.save(folder / "title_hashes.npy", titles.hashes)
            np.save(folder / "title_weights.npy", titles.weights)
            np.save(folder / "title_vectors.npy", titles.vectors)
        write_json(folder / "description.json", description)

    work.write_folder(write)
    return {name: value for name, value in description.items() if value is not None}


def _judged(
    validation: Playlists,
    names: Mapping[int, str],
    titles: Titles,
    tracks: NDArray[np.int32],
    vectors: NDArray[np.float32],
) -> Iterator[tuple[float, float]]:
    """Yields the R-precision of titles alone and of popularity, for playlists whose titles have known n-grams."""
    popularity = vectors[:, -1]
    for i in range(len(validation))[:_JUDGED]:
        title = names.get(int(validation.pids[i]))
        query = None if title is None else titles.place(title)
        if query is not None:
            wanted = validation.distinct(i)
            scores = vectors[:, :-1] @ query.astype(np.float32) + popularity
            yield _r_precision(tracks, scores, wanted), _r_precision(tracks, popularity, wanted)


def _r_precision(tracks: NDArray[np.int32], scores: NDArray[np.float32], wanted: NDArray[np.int32]) -> float:
    first = tracks[np.argpartition(-scores, min(len(wanted), len(scores)) - 1)[: len(wanted)]]
    return float(np.isin(first, wanted).sum() / len(wanted))


if __name__ == "__main__":
    run(build, TITLE_WEIGHTS, NoConfig)
