"""A graph of two cliques, and playlists that stay within one."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from algorhythms_assets_tests.graph.test_edges import csr

CLIQUE = 20


@pytest.fixture
def playlists():
    """Sixty playlists of eight tracks, each from one clique."""
    random = np.random.default_rng(0)
    lists = [random.permutation(CLIQUE)[:8] + CLIQUE * (number % 2) for number in range(60)]
    return csr([tracks.tolist() for tracks in lists])


@pytest.fixture
def graph(playlists):
    pairs = [(a + offset, b + offset) for offset in (0, CLIQUE) for a in range(CLIQUE) for b in range(CLIQUE) if a != b]
    edge_index = torch.tensor(pairs).T.contiguous()
    counts = np.bincount(playlists.tracks, minlength=2 * CLIQUE)
    return Data(
        x=torch.zeros(2 * CLIQUE, 29),
        edge_index=edge_index,
        edge_weight=torch.rand(edge_index.shape[1], generator=torch.Generator().manual_seed(0)),
        artist=torch.arange(2 * CLIQUE) // 4 + 1,
        album=torch.zeros(2 * CLIQUE, dtype=torch.long),
        playlists=torch.tensor(counts, dtype=torch.int32),
        num_nodes=2 * CLIQUE,
    )
