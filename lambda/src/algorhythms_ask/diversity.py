"""Diversity by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998)."""

import numpy as np
from numpy.typing import NDArray


def diversified(scores: NDArray[np.float64], z: NDArray[np.float64], diversity: float, count: int) -> list[int]:
    """Returns the positions of `count` candidates, each the one left with the highest marginal relevance.

    That is (1 - diversity) times its score, scaled to 0 to 1 over all candidates, minus `diversity` times its largest
    cosine to those before it. `scores` are float64 [candidates], best first; `z` unit vectors, float64 [candidates,
    dimension].
    """
    count = min(count, len(scores))
    if not diversity or count == 0:
        return list(range(count))
    span = scores[0] - scores[-1]
    worth = (1 - diversity) * ((scores - scores[-1]) / span if span else np.ones(len(scores)))
    nearest = np.full(len(scores), -1.0)
    chosen = [0]
    while len(chosen) < count:
        nearest = np.maximum(nearest, z @ z[chosen[-1]])
        left = worth - diversity * nearest
        left[chosen] = -np.inf
        chosen.append(int(np.argmax(left)))
    return chosen
