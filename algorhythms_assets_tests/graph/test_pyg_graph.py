import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from algorhythms_ask.release import load_encoder
from torch_geometric.data import Data

from algorhythms_assets.contracts import AUDIO_FEATURES, EDGE_TABLE, PYG_GRAPH, SCALER, TRACK_METADATA
from algorhythms_assets.features import audio_features, scaler
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.features.scaler import load_features
from algorhythms_assets.graph import edge_table
from algorhythms_assets.graph.config import PygGraphConfig
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.graph.pyg_graph import build, load_graph
from algorhythms_assets.ingest import raw_playlists, track_metadata
from algorhythms_assets.ingest.config import RawPlaylistsConfig, TrackMetadataConfig
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.conftest import playlist, slice_bytes
from algorhythms_assets_tests.graph.conftest import made


def graph_of(store, features="none", **config) -> Data:
    made(audio_features.build, store, AUDIO_FEATURES, AudioFeaturesConfig(source=str(features)))
    made(scaler.build, store, SCALER)
    made(edge_table.build, store, EDGE_TABLE)
    about = made(build, store, PYG_GRAPH, PygGraphConfig(**config))
    graph = load_graph(store.path(PYG_GRAPH))
    assert about["version"] == store.path(PYG_GRAPH).name == store.stamp(PYG_GRAPH).data_version[:12]
    assert about["directed edges"] == graph.num_edges
    assert graph.validate()
    return graph


@pytest.mark.parametrize(
    ("weighting", "column"), [("origin", "weight"), ("playlists", "playlists"), ("proximity", "proximity")]
)
def test_edges_are_the_strongest_of_either_end_by_the_chosen_weighting(store, weighting, column):
    graph = graph_of(store, weighting=weighting, neighbours=7)
    edges = pq.read_table(edge_files(store.path(EDGE_TABLE))).to_pandas()
    both = np.concatenate([edges[["source", "target"]].values, edges[["target", "source"]].values])
    strength = np.tile(edges[column].values.astype(np.float32), 2)
    order = np.lexsort((both[:, 1], -strength, both[:, 0]))
    node = both[order, 0]
    starts = np.flatnonzero(np.diff(node, prepend=-1))
    rank = np.arange(len(node)) - np.repeat(starts, np.diff(np.append(starts, len(node))))
    kept = order[rank < 7]
    expected = {tuple(sorted(pair)): value for pair, value in zip(both[kept].tolist(), strength[kept], strict=True)}
    half = graph.num_edges // 2
    pairs = graph.edge_index[:, :half].T.tolist()
    assert dict(zip(map(tuple, pairs), graph.edge_weight[:half].tolist(), strict=True)) == expected
    assert torch.equal(graph.edge_index[:, half:], graph.edge_index[:, :half].flip(0))
    assert graph.is_undirected()


def test_nodes_with_features_have_the_scalers_inputs_and_others_zeros(store, snapshot):
    graph = graph_of(store, features=snapshot.root.parent / "sample" / "audio_features.csv")
    having, features = load_features(store)
    assert 0 < len(having) < graph.num_nodes
    assert np.array_equal(graph.x[having].numpy(), load_encoder(store.path(SCALER)).encode(features))
    assert not graph.x[np.setdiff1d(np.arange(graph.num_nodes), having)].any()


def test_without_features_every_input_is_zero(store):
    graph = graph_of(store)
    assert graph.x.shape == (pq.read_metadata(store.path(TRACK_METADATA) / "tracks.parquet").num_rows, 29)
    assert not graph.x.any()


@pytest.mark.parametrize(
    "playlists",
    [[["a"]], [["a"], ["b"], ["c"]], [["a", "b"]], [["a", "b", "c"]] * 4, [["x", name] for name in "abcdef"]],
    ids=["one track", "no two together", "one playlist", "all identical", "a track in every playlist"],
)
def test_the_smallest_and_the_oddest_playlists_make_a_graph(tmp_path, playlists):
    store = Store(tmp_path / "store")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "mpd.slice.0-9.json").write_bytes(
        slice_bytes(*(playlist(pid, tracks) for pid, tracks in enumerate(playlists)))
    )
    config = RawPlaylistsConfig(folder=str(tmp_path / "in"))
    made(raw_playlists.build, store, raw_playlists.RAW_PLAYLISTS, config)
    made(track_metadata.build, store, TRACK_METADATA, TrackMetadataConfig(holdout=0))
    graph = graph_of(store)
    together = {frozenset((a, b)) for tracks in playlists for a in tracks for b in tracks if a != b}
    assert graph.num_edges == 2 * len(together)
    assert graph.num_nodes == len({track for tracks in playlists for track in tracks})
