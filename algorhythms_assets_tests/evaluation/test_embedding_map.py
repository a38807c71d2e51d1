import numpy as np
import pyarrow as pa
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.recommend import Recommender

from algorhythms_assets.evaluation.embedding_map import embedding_map, plot_map
from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets.serving.documents import documents

TRACKS = 40


def table():
    return pa.table(
        {
            "track": pa.array(range(TRACKS), pa.int32()),
            "track_uri": [f"t{i}" for i in range(TRACKS)],
            "track_name": [f"name {i}" for i in range(TRACKS)],
            "artist_uri": [f"a{i % 2}" for i in range(TRACKS)],
            "artist_name": [f"artist {i % 2}" for i in range(TRACKS)],
            "album_uri": pa.nulls(TRACKS, pa.string()),
            "album_name": pa.nulls(TRACKS, pa.string()),
            "playlists": pa.array(range(TRACKS, 0, -1), pa.int32()),
        }
    )


@pytest.fixture
def recommender(tmp_path):
    """Two artists on opposite sides of a sphere; the factors, which the map leaves out, are huge."""
    random = np.random.default_rng(0)
    z = random.normal(0, 0.1, (TRACKS, 8))
    z[:, 0] += np.where(np.arange(TRACKS) % 2, 1, -1)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    stored = np.concatenate([z, random.normal(0, 50, (TRACKS, 2)), np.ones((TRACKS, 1))], axis=1).astype(np.float32)
    build_embedded(tmp_path, documents(table(), stored, {}, 2), 11, "v")
    return Recommender(None, EmbeddedIndex(tmp_path), np.eye(2, dtype=np.float32))


def test_the_map_shows_the_direction_in_which_tracks_differ_most(recommender, tmp_path):
    found = embedding_map(recommender, table())
    first = np.array([artist == "artist 0" for artist in found.artists])
    assert found.places[first, 0].max() < 0 < found.places[~first, 0].min() or (
        found.places[first, 0].min() > 0 > found.places[~first, 0].max()
    )
    assert 0.8 < found.share <= 1
    plot_map(found, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_there_is_no_map_of_next_to_nothing(recommender):
    assert embedding_map(recommender, table().slice(0, 2)) is None
