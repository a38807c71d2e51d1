"""Builds the training graph: every track is a node with its strongest neighbours, features, artist and album."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from algorhythms_ask.release import load_encoder
from safetensors.torch import load_file, save_file
from torch_geometric.data import Data

from algorhythms_assets.contracts import EDGE_TABLE, PYG_GRAPH, SCALER, TRACK_METADATA
from algorhythms_assets.features.scaler import load_features
from algorhythms_assets.graph.config import STRENGTH, PygGraphConfig
from algorhythms_assets.graph.edge_table import edge_files, strength_parts
from algorhythms_assets.graph.pruning import strongest
from algorhythms_assets.ingest.identities import identities
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import Store, write_json

INPUTS = 29


def build(work: Work[PygGraphConfig]) -> dict[str, Any]:
    """Build a torch_geometric graph of the strongest neighbours of each track."""
    tracks = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet")
    count = sum(pq.read_metadata(path).num_rows for path in edge_files(work.store.path(EDGE_TABLE)))
    parts = strength_parts(work, STRENGTH[work.config.weighting])
    kept, strengths = strongest(parts, tracks.num_rows, work.config.neighbours).edges(tracks.num_rows)
    pairs, weights = torch.from_numpy(kept), torch.from_numpy(strengths)
    x = _inputs(work.store, tracks.num_rows)
    data = Data(
        x=torch.from_numpy(x),
        edge_index=torch.cat([pairs, pairs.flip(0)], dim=1),
        edge_weight=torch.cat([weights, weights]),
        artist=torch.from_numpy(_codes(tracks, "artist")),
        album=torch.from_numpy(_codes(tracks, "album")),
        playlists=torch.tensor(tracks["playlists"].to_numpy()),
        num_nodes=tracks.num_rows,
    )
    data.validate()
    place = work.write_folder(lambda folder: save_graph(data, folder), version=work.stamp.data_version[:12])
    return {
        "nodes": data.num_nodes,
        "directed edges": data.num_edges,
        "share of edges kept": round(len(strengths) / count, 4) if count else 1.0,
        "nodes with features": int((x != 0).any(axis=1).sum()),
        "version": place.name,
    }


def _inputs(store: Store, tracks: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Returns float32 [tracks, 29], fewer columns if no track has some feature; zeros for tracks without features."""
    if not json.loads((store.path(SCALER) / "description.json").read_text(encoding="utf-8"))["features"]:
        return np.zeros((tracks, INPUTS), np.float32)
    encoder = load_encoder(store.path(SCALER))
    inputs = np.zeros((tracks, len(encoder.inputs)), np.float32)
    having, features = load_features(store)
    inputs[having] = encoder.encode(features)
    return inputs


def _codes(tracks: pa.Table, kind: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Returns a number for each track's artist or album, int64 [tracks]; 0 means none."""
    codes = pc.fill_null(pc.dictionary_encode(identities(tracks, kind).combine_chunks()).indices, -1)
    return np.asarray(codes.to_numpy(zero_copy_only=False), np.int64) + 1


def save_graph(data: Data, folder: Path) -> None:
    """Writes the tensors of a graph as safetensors, and a description of them."""
    tensors = {name: value.contiguous() for name, value in data.to_dict().items() if isinstance(value, torch.Tensor)}
    save_file(tensors, folder / "graph.safetensors")
    shapes = {name: {"shape": list(value.shape), "dtype": str(value.dtype)} for name, value in tensors.items()}
    write_json(folder / "graph.json", {"num_nodes": data.num_nodes, "tensors": shapes})


def load_graph(folder: Path) -> Data:
    """Returns the graph from a folder that `save_graph` wrote."""
    about = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    return Data(**load_file(folder / "graph.safetensors"), num_nodes=about["num_nodes"])


if __name__ == "__main__":
    run(build, PYG_GRAPH, PygGraphConfig)
