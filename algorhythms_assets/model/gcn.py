"""The graph network: one unit vector for each track.

Light graph convolution (He et al., "LightGCN", SIGIR 2020) over the track graph, on a sum of learned embeddings of
track, artist and album and a projection of the audio features.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Data
from torch_geometric.nn import LGConv
from torch_geometric.nn.conv.gcn_conv import gcn_norm
from torch_geometric.utils import to_torch_csr_tensor


class _SymmetricProduct(torch.autograd.Function):
    """matrix @ x for a symmetric matrix, whose backward is the same product: torch would transpose it at each step."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor) -> Tensor:
        ctx.matrix = matrix
        return matrix @ x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.matrix @ gradients[0], None


class SymmetricLGConv(LGConv):  # type: ignore[misc]
    """Light graph convolution over a symmetric, already normalised CSR matrix."""

    def __init__(self) -> None:
        super().__init__(normalize=False)

    def message_and_aggregate(self, adj_t: Tensor, x: Tensor) -> Tensor:
        """Returns the weighted sum of each node's neighbours."""
        product: Tensor = _SymmetricProduct.apply(x, adj_t)
        return product


class TrackEncoder(nn.Module):
    """Embeds the tracks of a graph (see `pyg_graph`) in so many dimensions."""

    def __init__(self, graph: Data, dimension: int, layers: int, id_dropout: float) -> None:
        super().__init__()
        self.track = nn.Embedding(graph.num_nodes, dimension)
        self.artist = nn.Embedding(int(graph.artist.max()) + 1, dimension, padding_idx=0)
        self.album = nn.Embedding(int(graph.album.max()) + 1, dimension, padding_idx=0)
        self.features = nn.Linear(graph.x.shape[1], dimension, bias=False)
        self.prior = nn.Parameter(torch.tensor(0.8))
        self.convolution = SymmetricLGConv()
        self.layers = layers
        self.id_dropout = id_dropout
        for embedding in (self.track, self.artist, self.album):
            nn.init.normal_(embedding.weight, std=0.1)
        with torch.no_grad():
            self.artist.weight[0] = 0
            self.album.weight[0] = 0
        self.graph = graph
        self.adjacency = adjacency(graph)

    def forward(self) -> Tensor:
        """Returns z, float32 [tracks, dimension], of unit length."""
        own = self.track.weight
        if self.training and self.id_dropout:
            own = own * (torch.rand(len(own), 1) >= self.id_dropout)
        x = own + self.artist(self.graph.artist) + self.album(self.graph.album) + self.features(self.graph.x)
        total = x
        for _ in range(self.layers):
            x = self.convolution(x, self.adjacency)
            total = total + x
        return functional.normalize(total / (self.layers + 1), dim=1)


def adjacency(graph: Data) -> Tensor:
    """Returns the weights of the graph, normalised by the roots of both ends' sums, as a CSR matrix."""
    edge_index, weight = gcn_norm(graph.edge_index, graph.edge_weight, num_nodes=graph.num_nodes, add_self_loops=False)
    matrix: Tensor = to_torch_csr_tensor(edge_index, weight, size=(graph.num_nodes, graph.num_nodes))
    return matrix
