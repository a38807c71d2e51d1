"""The chance that a recommended track would be in the playlist, from its score and the number of seeds.

For a score s with n seeds the log odds are a + b s + c log n + d s log n: a logistic calibration of the score (Platt,
"Probabilistic outputs for support vector machines", 1999), whose scale depends on how many seeds it sums over. The
weights a to d come with a release; they are fitted to held-out playlists, and checked on others, by
`algorhythms_assets`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# The chance of an answer is the mean chance of this many first recommendations.
FIRST = 10


def inputs(scores: NDArray[np.float64], seeds: NDArray[np.integer]) -> NDArray[np.float64]:
    """Returns what the weights are multiplied by, float64 [n, 4], for scores and numbers of seeds, at least 1."""
    logs = np.log(seeds)
    return np.stack([np.ones(len(scores)), scores, logs, scores * logs], axis=1)


def chances(
    weights: Sequence[float], scores: Sequence[float] | NDArray[np.float64], seeds: int | NDArray[np.integer]
) -> NDArray[np.float64]:
    """Returns the chance of each score, float64 [n]; `seeds` is the number of seeds, of all scores or of each."""
    odds = inputs(np.array(scores, np.float64), np.broadcast_to(seeds, len(scores))) @ np.array(weights)
    return np.asarray(1 / (1 + np.exp(-odds)))
