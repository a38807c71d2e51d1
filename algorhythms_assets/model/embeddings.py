"""Computes the stored vector of every track in a training playlist."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from algorhythms_assets.contracts import EMBEDDINGS, EMBEDDINGS_SCHEMA, GCN_WEIGHTS, PYG_GRAPH, NoConfig
from algorhythms_assets.graph.pyg_graph import load_graph
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn_weights import load_model
from algorhythms_assets.model.stored import FACTORS_KEY
from algorhythms_assets.model.training import stored_vectors
from algorhythms_assets.payload import Work, run


@torch.no_grad()
def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Compute one vector per track: the unit vector of the graph network, the factors, the popularity term.

    Tracks that are only in held-out playlists get no vector: the evaluation must not find them, so nobody does.
    """
    weights = work.store.path(GCN_WEIGHTS)
    config = GcnConfig.model_validate(json.loads((weights / "training.json").read_text(encoding="utf-8"))["config"])
    model = load_model(weights, load_graph(work.store.path(PYG_GRAPH)), config)
    tracks = torch.nonzero(model.playlists > 0)[:, 0]
    factors = torch.from_numpy(np.load(weights / "factors.npy", mmap_mode="r")[tracks.cpu().numpy()])
    z, prior, playlists = model()[tracks], model.prior, model.playlists[tracks]
    # Also frees its weights and the matrix of the graph, which take as much memory again.
    del model
    vectors = stored_vectors(z, prior, playlists, config.temperature, factors).cpu().numpy()
    del z, factors
    dimension = vectors.shape[1]
    table = pa.table(
        {
            "track": pa.array(tracks.cpu().numpy(), pa.int32()),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), dimension),
        }
    )
    field = EMBEDDINGS_SCHEMA.field("embedding").with_type(pa.list_(pa.float32(), dimension))
    of_this_size = field.with_metadata({FACTORS_KEY: str(dimension - config.dimension - 1)})
    work.write_file(table, EMBEDDINGS_SCHEMA.set(1, of_this_size))
    return {"dagster/row_count": len(tracks), "dimension": dimension}


if __name__ == "__main__":
    run(build, EMBEDDINGS, NoConfig)
