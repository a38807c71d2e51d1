"""The graph network: one unit vector for each track.

Light graph convolution (He et al., "LightGCN", SIGIR 2020) over the track graph, on a sum of learned embeddings of
track, artist and album and a projection of the audio features.
"""

import scipy.sparse as sp
import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from algorhythms_assets.model.propagation import LightPropagation


class TrackEncoder(nn.Module):
    """Embeds the tracks of a graph (see `pyg_graph`) in `dimension` dimensions."""

    def __init__(self, graph: Data, dimension: int, layers: int, id_dropout: float) -> None:
        super().__init__()
        self.adjacency = adjacency(graph)
        # Copies: tensors of a file are views of all of it, which the list of edges would stay in memory with.
        self.artist_of, self.album_of, self.playlists = (
            tensor.clone() for tensor in (graph.artist, graph.album, graph.playlists)
        )
        self.inputs = graph.x.clone() if bool(graph.x.any()) else None
        self.track = nn.Embedding(graph.num_nodes, dimension)
        self.artist = nn.Embedding(int(graph.artist.max()) + 1, dimension, padding_idx=0)
        self.album = nn.Embedding(int(graph.album.max()) + 1, dimension, padding_idx=0)
        self.features = nn.Linear(graph.x.shape[1], dimension, bias=False)
        self.prior = nn.Parameter(torch.tensor(0.8))
        self.layers = layers
        self.id_dropout = id_dropout
        for embedding in (self.track, self.artist, self.album):
            nn.init.normal_(embedding.weight, std=0.1)
        with torch.no_grad():
            self.artist.weight[0] = 0
            self.album.weight[0] = 0

    def forward(self, tracks: Tensor | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
        """Returns z, float32 [tracks, dimension], of unit length, for all tracks or the given distinct ones.

        On a CPU, neighbours are read in the precision of `dtype`: that takes most of the time.
        """
        own = self.track.weight
        # In place: allocating memory takes longer than these sums.
        x = self.artist(self.artist_of)
        x += self.album(self.album_of)
        if self.inputs is not None:
            x += self.features(self.inputs)
        if self.training and self.id_dropout:
            x.addcmul_(own, (torch.rand(len(own), 1, device=own.device) >= self.id_dropout).float())
        else:
            x += own
        # Only the direction of the mean over layers matters, and the sum has the same.
        z: Tensor = LightPropagation.apply(x, self.adjacency, self.layers, tracks, dtype)
        return z


def adjacency(graph: Data) -> Tensor:
    """Returns the graph's weights, normalised by the square roots of both ends' sums, as CSR with int32 indices."""
    edge_index, weight = gcn_norm(graph.edge_index, graph.edge_weight, num_nodes=graph.num_nodes, add_self_loops=False)
    size = (graph.num_nodes, graph.num_nodes)
    # SciPy counts where each row begins; torch sorts the edges, with many times their memory.
    ends = [index.int().cpu().numpy() for index in edge_index]
    matrix = sp.coo_array((weight.cpu().numpy(), (ends[0], ends[1])), shape=size).tocsr()
    starts, neighbours, values = (
        torch.from_numpy(part).to(weight.device) for part in (matrix.indptr, matrix.indices, matrix.data)
    )
    return torch.sparse_csr_tensor(starts, neighbours, values, size)
