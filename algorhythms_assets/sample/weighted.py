"""Weighted draws from the members of groups, many at once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class WeightedGroups:
    """Members sorted by group, with running totals of their weights.

    members: int64 [n], `edges`: float64 [n + 1] running totals of weight in that order, starting at 0;
    `bounds`: int64 [groups + 1], group g is members[bounds[g]:bounds[g + 1]].
    """

    members: npt.NDArray[np.int64]
    edges: npt.NDArray[np.float64]
    bounds: npt.NDArray[np.int64]

    @classmethod
    def build(cls, group: npt.NDArray[np.integer], weight: npt.NDArray[np.float64], groups: int) -> Self:
        """Groups 0..groups-1 of the members 0..n-1, given each member's group, integers [n], and weight > 0, [n]."""
        members = np.argsort(group, kind="stable")
        return cls(
            members=members,
            edges=np.concatenate(([0.0], np.cumsum(weight[members]))),
            bounds=np.concatenate(([0], np.cumsum(np.bincount(group, minlength=groups)))),
        )

    def draw(self, groups: npt.NDArray[np.integer], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """One member of each requested group [m], with probability proportional to weight, with replacement: int64 [m].

        Every requested group must have a member.
        """
        first, end = self.bounds[groups], self.bounds[groups + 1]
        low, high = self.edges[first], self.edges[end]
        found = np.searchsorted(self.edges, low + rng.random(len(groups)) * (high - low), side="right") - 1
        # Rounding can push a draw past the end of its group.
        drawn: npt.NDArray[np.int64] = self.members[np.clip(found, first, end - 1)]
        return drawn
