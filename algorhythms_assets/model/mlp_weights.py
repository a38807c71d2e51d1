"""Trains and stores the network from audio features to vectors; without features, only a description of that."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from algorhythms_ask.release import load_encoder

from algorhythms_assets.contracts import MLP_WEIGHTS, SCALER, TRACK_METADATA
from algorhythms_assets.features.scaler import load_features
from algorhythms_assets.ingest.identities import identities
from algorhythms_assets.model.config import MlpConfig
from algorhythms_assets.model.mlp import train_mlp
from algorhythms_assets.model.stored import load_embeddings, stored_factors
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import write_json


def build(work: Work[MlpConfig]) -> dict[str, Any]:
    """Train the network that places tracks outside the graph by their audio features."""
    having, features = load_features(work.store)
    if len(having):
        tracks, vectors = load_embeddings(work.store)
        known = np.isin(having, tracks)
        having, features = having[known], features[known]
    if not len(having):
        work.write_folder(lambda folder: write_json(folder / "description.json", {"features": False}))
        return {"features": False}
    inputs = load_encoder(work.store.path(SCALER)).encode(features)
    names = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet", columns=["artist_uri", "artist_name"])
    artists = pc.fill_null(identities(names, "artist"), "").combine_chunks()
    codes = pc.dictionary_encode(artists).indices.to_numpy()[having]
    torch.manual_seed(work.config.seed)
    trained = train_mlp(
        torch.from_numpy(inputs),
        torch.from_numpy(vectors[np.searchsorted(tracks, having), : -1 - stored_factors(work.store)].copy()),
        torch.from_numpy(codes.astype(np.int64)),
        work.config,
    )
    weights = trained.network.state_dict()
    arrays = {
        "weights1": weights["0.weight"].T,
        "bias1": weights["0.bias"],
        "weights2": weights["2.weight"].T,
        "bias2": weights["2.bias"],
    }

    def write(folder: Path) -> None:
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", np.ascontiguousarray(array.numpy()))
        cosines = {"cosine_new_artists": trained.cosine, "cosine_constant": trained.constant}
        write_json(folder / "description.json", {"features": True, **cosines})

    work.write_folder(write)
    cosine = {} if trained.cosine is None else {"cosine for new artists": round(trained.cosine, 4)}
    return {"features": True, "tracks": len(having), **cosine}


if __name__ == "__main__":
    run(build, MLP_WEIGHTS, MlpConfig)
