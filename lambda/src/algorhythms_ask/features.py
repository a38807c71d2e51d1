"""Spotify's 13 audio features, their 29 network inputs, and the network that places a track by its features."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NUMERIC_FEATURES = (
    "danceability",
    "energy",
    "loudness",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
)
CATEGORICAL_FEATURES = ("key", "mode", "time_signature")
FEATURES = NUMERIC_FEATURES + CATEGORICAL_FEATURES

# The classes that occur in Spotify's data; key -1 ("none found") and rarer signatures become all zeros.
ONE_HOT: dict[str, list[int]] = {
    "key": list(range(12)),
    "mode": [0, 1],
    "time_signature": [0, 1, 3, 4, 5],
}

# Inclusive limits of Spotify's reference; loudness in dB, tempo in beats per minute.
LIMITS: dict[str, tuple[float, float]] = {
    "danceability": (0, 1),
    "energy": (0, 1),
    "loudness": (-60, 10),
    "speechiness": (0, 1),
    "acousticness": (0, 1),
    "instrumentalness": (0, 1),
    "liveness": (0, 1),
    "valence": (0, 1),
    "tempo": (0, 300),
    "duration_ms": (0, 24 * 60 * 60 * 1000),
    "key": (-1, 11),
    "mode": (0, 1),
    "time_signature": (0, 7),
}


def problems(features: Mapping[str, Any], needed: Iterable[str] = FEATURES) -> dict[str, str]:
    """Returns, by field, why the features cannot be used; empty if they can."""
    found = {}
    for name in needed:
        value = features.get(name)
        low, high = LIMITS[name]
        if value is None:
            found[name] = "is missing"
        elif isinstance(value, bool) or not isinstance(value, int | float):
            found[name] = "must be a number"
        elif not low <= value <= high:  # NaN is out of range, too
            found[name] = f"must be {low:g} to {high:.9g}"
        elif name in CATEGORICAL_FEATURES and value % 1:
            found[name] = "must be a whole number"
    return found


@dataclass(frozen=True)
class Encoder:
    """Converts features to network inputs: min-max scaled numbers, then one-hot classes.

    `minimum` and `maximum` are float32 [10], in the order of `NUMERIC_FEATURES`; `classes` as in `ONE_HOT`. A feature
    that no training track has is not an input: its range is NaN, and it has no classes.
    """

    minimum: Floats
    maximum: Floats
    classes: Mapping[str, Sequence[int]]

    @property
    def features(self) -> tuple[str, ...]:
        """The features that become inputs, in the order of `FEATURES`."""
        ranged = (name for name, low in zip(NUMERIC_FEATURES, self.minimum, strict=True) if np.isfinite(low))
        return (*ranged, *(name for name in CATEGORICAL_FEATURES if name in self.classes))

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs, in order: 29 if no feature is missing."""
        return [
            name if name in NUMERIC_FEATURES else f"{name}={c}"
            for name in self.features
            for c in self.classes.get(name, [0])
        ]

    def encode(self, values: Floats) -> Floats:
        """Returns the inputs, float32 [n, inputs], of features, float32 [n, 13] in the order of `FEATURES`.

        Numbers outside the range seen in training are clipped to it; a missing class (NaN) is all zeros.
        """
        ranged = np.flatnonzero(np.isfinite(self.minimum))
        low, high = self.minimum[ranged], self.maximum[ranged]
        blocks = [np.clip((values[:, ranged] - low) / np.where(high > low, high - low, 1), 0, 1)]
        for column, name in enumerate(CATEGORICAL_FEATURES, start=len(NUMERIC_FEATURES)):
            if name in self.classes:
                blocks.append(values[:, column, None] == np.asarray(self.classes[name]))
        return np.concatenate(blocks, axis=1, dtype=np.float32)


@dataclass(frozen=True)
class FeatureNetwork:
    """The two layers that place a track outside the graph: weights1 [inputs, hidden], weights2 [hidden, dimension]."""

    encoder: Encoder
    weights1: Floats
    bias1: Floats
    weights2: Floats
    bias2: Floats

    def place(self, features: Mapping[str, Any]) -> Floats:
        """Returns the unit vector, float32 [dimension], of features without `problems` among the encoder's."""
        known = self.encoder.features
        values = np.asarray([[features[name] if name in known else np.nan for name in FEATURES]], dtype=np.float32)
        hidden = np.maximum(self.encoder.encode(values) @ self.weights1 + self.bias1, 0)
        vector: Floats = (hidden @ self.weights2 + self.bias2)[0]
        return vector / max(float(np.linalg.norm(vector)), 1e-12)
