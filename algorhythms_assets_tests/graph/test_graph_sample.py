import math

import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import AUDIO_FEATURES, EDGE_TABLE, GRAPH_SAMPLE, GRAPH_SAMPLE_SCHEMA, TRACK_METADATA
from algorhythms_assets.features import audio_features
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.graph import edge_table
from algorhythms_assets.graph.config import GraphSampleConfig
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.graph.graph_sample import build
from algorhythms_assets_tests.graph.conftest import made


@pytest.fixture
def ready(store, snapshot):
    source = snapshot.root.parent / "sample" / "audio_features.csv"
    made(audio_features.build, store, AUDIO_FEATURES, AudioFeaturesConfig(source=str(source)))
    made(edge_table.build, store, EDGE_TABLE)
    return store


def sample_of(store, **config):
    about = made(build, store, GRAPH_SAMPLE, GraphSampleConfig(**config))
    table = pq.read_table(store.path(GRAPH_SAMPLE) / "sample.parquet")
    assert table.schema.names == GRAPH_SAMPLE_SCHEMA.names
    return about, table.to_pandas()


def test_a_drawn_track_comes_with_all_its_neighbours_names_and_features(ready):
    about, sample = sample_of(ready, nodes=5)
    assert about["tracks drawn"] == sample["track_uri"].nunique() == 5
    tracks = pq.read_table(ready.path(TRACK_METADATA) / "tracks.parquet").to_pandas().set_index("track_uri")
    edges = pq.read_table(edge_files(ready.path(EDGE_TABLE))).to_pandas()
    for uri, rows in sample.groupby("track_uri"):
        number = tracks.loc[uri, "track"]
        own = edges[(edges["source"] == number) | (edges["target"] == number)]
        assert len(rows) == len(own)
        assert sorted(rows["weight"]) == sorted(own["weight"])
        assert rows["weight"].is_monotonic_decreasing
        assert (rows["track_name"] == tracks.loc[uri, "track_name"]).all()
        assert (rows["neighbour_name"].values == tracks.loc[rows["neighbour_uri"], "track_name"].values).all()
        assert rows["tempo"].nunique() <= 1
    assert sample["tempo"].notna().any()


def test_a_share_of_the_tracks_can_be_drawn_instead(ready):
    tracks = pq.read_table(ready.path(TRACK_METADATA) / "tracks.parquet")
    known = int((tracks["playlists"].to_numpy() > 0).sum())
    assert sample_of(ready, share=0.01)[0]["tracks drawn"] == math.ceil(0.01 * known)


def test_the_same_seed_draws_the_same(ready):
    one, again, other = (sample_of(ready, nodes=5, seed=seed)[1] for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one["track_uri"].equals(other["track_uri"])
