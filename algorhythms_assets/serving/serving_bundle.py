"""Collects the files that the endpoint loads, with a manifest of checksums."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from algorhythms_ask.features import FEATURES
from algorhythms_ask.release import load_encoder

from algorhythms_assets.contracts import (
    EMBEDDINGS,
    GCN_WEIGHTS,
    MLP_WEIGHTS,
    SCALER,
    SERVING_BUNDLE,
    TITLE_WEIGHTS,
    NoConfig,
)
from algorhythms_assets.model.stored import stored_dimension, stored_factors
from algorhythms_assets.payload import Work, run
from algorhythms_assets.resources.store import write_json

_FEATURE_FILES = {
    SCALER: ("scaler.json", "one_hot.json"),
    MLP_WEIGHTS: ("weights1.npy", "bias1.npy", "weights2.npy", "bias2.npy"),
}
_TITLE_FILES = ("title_hashes.npy", "title_weights.npy", "title_vectors.npy")


def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Gather the files that the endpoint loads, with their checksums."""
    version = work.stamp.data_version[:12]
    stored, factors = stored_dimension(work.store), stored_factors(work.store)
    features = json.loads((work.store.path(MLP_WEIGHTS) / "description.json").read_text(encoding="utf-8"))["features"]
    sources = [work.store.path(artifact) / name for artifact, names in _FEATURE_FILES.items() for name in names]
    of_titles = work.store.path(TITLE_WEIGHTS)
    titles = json.loads((of_titles / "description.json").read_text(encoding="utf-8"))["titles"]
    titled = [of_titles / name for name in _TITLE_FILES] if titles else []
    fold_in = work.store.path(GCN_WEIGHTS) / "fold_in.npy"

    def write(folder: Path) -> None:
        for source in [fold_in, *(sources if features else ()), *titled]:
            shutil.copyfile(source, folder / source.name)
        write_json(
            folder / "manifest.json",
            {
                "version": version,
                "snapshot": work.stamp.snapshot,
                "embeddings": work.store.require(EMBEDDINGS).data_version,
                "features": features,
                "titles": titles,
                "factors": factors,
                "feature_order": list(FEATURES),
                "inputs": load_encoder(folder).inputs if features else [],
                "dimensions": {"stored": stored, "vector": stored - factors - 1},
                "files": {
                    path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())
                },
            },
        )

    work.write_folder(write, version)
    return {"version": version, "features": features, "titles": titles}


if __name__ == "__main__":
    run(build, SERVING_BUNDLE, NoConfig)
