"""Places tracks that arrived after the snapshot: they were not trained, so they are placed by their metadata."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import load_recommender
from algorhythms_ask.seeds import Seed
from algorhythms_ask.songs import Song
from numpy.typing import NDArray

from algorhythms_assets.contracts import (
    EMBEDDINGS,
    NEW_TRACKS,
    NEW_TRACKS_SCHEMA,
    RAW_PLAYLISTS,
    SERVING_BUNDLE,
    TRACK_METADATA,
)
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.features.sources import open_source
from algorhythms_assets.ingest.snapshot import snapshot_tables
from algorhythms_assets.model.stored import load_embeddings, stored_factors
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets.resources.store import InputError, Store, digest
from algorhythms_assets.serving.documents import documents

# Requests that share a round trip to the index.
_AT_ONCE = 10_000
_SHOWN = 10


def build(work: Work[AudioFeaturesConfig]) -> dict[str, Any]:
    """Give tracks of slices newer than the snapshot vectors by their name, album, artist or audio features.

    Like every track with a vector, they come only from training playlists: those only in held-out ones stay unknown.
    """
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet")
    numbers, vectors = load_embeddings(work.store)
    known = tracks.take(pa.array(numbers))
    newer = _newer_slices(work)
    arrived = _arrived(work, newer, known["track_uri"])
    seeds = _placed(work, known, vectors, arrived)
    kept = [row for row, seed in enumerate(seeds) if seed is not None]
    placed = [seed for seed in seeds if seed is not None]
    table = arrived.take(pa.array(kept, pa.int64()))
    popularity = _weight(known, vectors) * np.log1p(table["playlists"].to_numpy())
    z_and_v = np.array([seed.vector for seed in placed], np.float32).reshape(-1, vectors.shape[1] - 1)
    stored = np.column_stack([z_and_v, popularity]).astype(np.float32)
    ways = Counter(seed.resolved_by for seed in placed)
    table = table.append_column("placed_by", pa.array([seed.resolved_by for seed in placed], pa.string()))
    dimension = vectors.shape[1]
    column = pa.FixedSizeListArray.from_arrays(pa.array(stored.reshape(-1)), dimension)
    of_this_size = NEW_TRACKS_SCHEMA.field("embedding").with_type(pa.list_(pa.float32(), dimension))
    schema = NEW_TRACKS_SCHEMA.set(NEW_TRACKS_SCHEMA.get_field_index("embedding"), of_this_size)
    work.write_file(table.append_column("embedding", column), schema)
    left_out = arrived.num_rows - table.num_rows
    if left_out:
        work.log.warning(
            "left out until the next training: %d of %d new tracks, of which neither album nor artist is known, "
            "nor all audio features",
            left_out,
            arrived.num_rows,
        )
    return {
        "dagster/row_count": table.num_rows,
        "left out": left_out,
        "slices newer than the snapshot": len(newer),
        **{f"placed by {way}": ways[way] for way in ("name", "album", "artist", "features")},
        "the most popular": {"raw_value": _shown(table), "type": "md"},
    }


def _newer_slices(work: Work[AudioFeaturesConfig]) -> list[Path]:
    """Returns the files of the slices that are not in the snapshot."""
    slices = {key: stamp.data_version for key, stamp in work.store.slices().items()}
    if digest(slices) != work.stamp.inputs[RAW_PLAYLISTS.name]:
        raise InputError(f"slices arrived while {NEW_TRACKS.name} was starting: materialize it again")
    of_snapshot = _snapshot(work)["slices"]
    return [work.store.slice_path(key) for key, version in slices.items() if of_snapshot.get(key) != version]


def _snapshot(work: Work[AudioFeaturesConfig]) -> dict[str, Any]:
    return dict(json.loads((work.store.path(TRACK_METADATA) / "snapshot.json").read_text(encoding="utf-8")))


def _arrived(work: Work[AudioFeaturesConfig], newer: list[Path], known: pa.ChunkedArray) -> pa.Table:
    """Returns the tracks in those slices' training playlists that have no vector, with their number of playlists."""
    if not newer:
        return NEW_TRACKS_SCHEMA.empty_table().drop_columns(["placed_by", "embedding"])
    tracks, _ = snapshot_tables(work.engine, newer, _snapshot(work)["split"]["test"][1])
    unknown = pc.invert(pc.is_in(tracks["track_uri"], known.combine_chunks()))
    return tracks.filter(pc.and_(unknown, pc.greater(tracks["playlists"], 0))).drop_columns(["track"])


def _placed(
    work: Work[AudioFeaturesConfig], known: pa.Table, vectors: NDArray[np.float32], arrived: pa.Table
) -> list[Seed | None]:
    """Returns the seed for each new track, as the endpoint would place it; None if it cannot."""
    if not arrived.num_rows:
        return []
    songs = [
        Song(row["track_uri"], row["track_name"], row["artist_name"] or row["artist_uri"], row["album_name"])
        for row in arrived.to_pylist()
    ]
    embeddings = work.store.require(EMBEDDINGS).data_version
    with _folder(work.store) as folder:
        # Uses the endpoint's code, which needs an index: of the tracks that already have vectors.
        build_embedded(folder, documents(known, vectors, {}, stored_factors(work.store)), vectors.shape[1], embeddings)
        return _seeds(work, folder, songs)


def _seeds(work: Work[AudioFeaturesConfig], folder: Path, songs: list[Song]) -> list[Seed | None]:
    recommender = load_recommender(work.store.path(SERVING_BUNDLE), EmbeddedIndex(folder))
    seeds = _resolved(recommender, songs)
    unplaced = [row for row, seed in enumerate(seeds) if seed is None]
    if unplaced and recommender.network is not None:
        for row, seed in zip(unplaced, _resolved(recommender, _heard(work, songs, unplaced)), strict=True):
            seeds[row] = seed
    return seeds


@contextmanager
def _folder(store: Store) -> Iterator[Path]:
    """Gives a folder in the store, where there is space for an index; removes what a killed run left there."""
    folder = store.root / f".{NEW_TRACKS.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _resolved(recommender: Recommender, songs: Sequence[Song]) -> list[Seed | None]:
    return [
        found.seeds[0] if found.seeds else None
        for start in range(0, len(songs), _AT_ONCE)
        for found in recommender.resolve([[song] for song in songs[start : start + _AT_ONCE]])
    ]


def _heard(work: Work[AudioFeaturesConfig], songs: Sequence[Song], rows: Sequence[int]) -> list[Song]:
    """Returns the songs of those rows with their audio features."""
    features = open_source(work).find([songs[row].id for row in rows]).features
    heard = features[features.index.isin([songs[row].id for row in rows])].astype(float).to_dict("index")
    return [Song(songs[row].id, features=heard.get(songs[row].id)) for row in rows]


def _weight(known: pa.Table, vectors: NDArray[np.float32]) -> float:
    """Returns the factor of log(1 + playlists) in the popularity term of stored vectors."""
    playlists = known["playlists"].to_numpy()
    most = int(np.argmax(playlists))
    return float(vectors[most, -1] / np.log1p(playlists[most]))


def _shown(table: pa.Table) -> str:
    rows = table.sort_by([("playlists", "descending"), ("track_uri", "ascending")]).slice(0, _SHOWN).to_pylist()
    lines = [
        f"| {row['track_name']} | {row['artist_name']} | {row['playlists']} | {row['placed_by']} |" for row in rows
    ]
    return "\n".join(["| track | artist | new playlists | placed by |", "| --- | --- | ---: | --- |", *lines])


if __name__ == "__main__":
    run(build, NEW_TRACKS, AudioFeaturesConfig)
