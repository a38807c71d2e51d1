"""The graph network: one unit vector for each track.

Light graph convolution (He et al., "LightGCN", SIGIR 2020) over the track graph, on a sum of learned embeddings of
track, artist and album and a projection of the audio features.
"""

import scipy.sparse as sp
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Data
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from algorhythms_assets.model.propagation import propagated


class TrackEncoder(nn.Module):
    """Embeds the tracks of a graph (see `pyg_graph`) in `dimension` dimensions."""

    def __init__(self, graph: Data, dimension: int, layers: int, id_dropout: float) -> None:
        super().__init__()
        self.adjacency = adjacency(graph)
        # Copied, because tensors from a file are views of the whole file, which would keep the list of edges in memory.
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
        self._by_artist = _grouped(self.artist_of, self.artist.num_embeddings)
        self._by_album = _grouped(self.album_of, self.album.num_embeddings)

    @torch.no_grad()
    def forward(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Returns z of all tracks, float32 [tracks, dimension], of unit length; see `propagated` for `dtype`."""
        return propagated(self.x(), self.adjacency, self.layers, dtype=dtype)[0]

    def drawn(self) -> Tensor:
        """Returns which tracks' own embeddings are not dropped in a step, float32 [tracks, 1]."""
        own = self.track.weight
        return (torch.rand(len(own), 1, device=own.device) >= self.id_dropout).float()

    @torch.no_grad()
    def x(self, kept: Tensor | None = None) -> Tensor:
        """Returns the sum of each track's embeddings and features, float32 [tracks, dimension]; `kept`: see `drawn`."""
        own = self.track.weight
        # In place: allocating memory takes longer than these sums.
        x: Tensor = self.artist(self.artist_of)
        x += self.album(self.album_of)
        if self.inputs is not None:
            x += self.features(self.inputs)
        return x.add_(own) if kept is None else x.addcmul_(own, kept)

    @torch.no_grad()
    def add_gradients(self, of_x: Tensor, kept: Tensor, of_prior: Tensor) -> None:
        """Adds the weights' gradients, given those of x, float32 [tracks, dimension], and of the prior.

        That of x is overwritten.
        """
        _add(self.prior, of_prior)
        for embedding, (tracks, starts) in ((self.artist, self._by_artist), (self.album, self._by_album)):
            found = functional.embedding_bag(tracks, of_x, starts, mode="sum", include_last_offset=True)
            # Row 0 stands for no artist or no album, and stays zero.
            found[0] = 0
            _add(embedding.weight, found)
        if self.inputs is not None:
            _add(self.features.weight, of_x.T @ self.inputs)
        _add(self.track.weight, of_x.mul_(kept))


def _add(weights: Tensor, gradient: Tensor) -> None:
    weights.grad = gradient if weights.grad is None else weights.grad.add_(gradient)


def _grouped(codes: Tensor, groups: int) -> tuple[Tensor, Tensor]:
    """Returns the positions of each code, group by group, and where each group begins and the last one ends."""
    ends = torch.bincount(codes, minlength=groups).cumsum(0)
    return torch.argsort(codes, stable=True), functional.pad(ends, (1, 0))


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
