import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.nn import LGConv

from algorhythms_assets.graph.pyg_graph import load_graph, save_graph
from algorhythms_assets.model.gcn import TrackEncoder, adjacency
from algorhythms_assets.model.propagation import across, propagated, propagated_back


def symmetric(graph):
    """The graph with the same weight in both directions, as the stage makes it."""
    dense = torch.zeros(graph.num_nodes, graph.num_nodes)
    dense[graph.edge_index[0], graph.edge_index[1]] = graph.edge_weight
    dense = (dense + dense.T) / 2
    graph.edge_weight = dense[graph.edge_index[0], graph.edge_index[1]]
    return graph, dense


def test_the_matrix_is_normalised_by_both_ends(graph):
    graph, dense = symmetric(graph)
    roots = dense.sum(dim=1).rsqrt()
    torch.testing.assert_close(adjacency(graph).to_dense(), roots[:, None] * dense * roots)


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 1.3e-6), (torch.bfloat16, 0.02)])
@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_propagation_and_its_gradient_are_those_of_lgconv(graph, layers, dtype, rtol):
    graph, _ = symmetric(graph)
    x = torch.rand(graph.num_nodes, 5, requires_grad=True)
    rows = torch.tensor([7, 0, 31])
    weights = torch.rand(len(rows), 5)
    matrix = adjacency(graph)
    found, lengths = propagated(x.detach(), matrix, layers, rows, dtype)
    gradient = propagated_back(across(weights, found, lengths, dtype), matrix, layers, rows)
    total = hop = x
    for _ in range(layers):
        hop = LGConv()(hop, graph.edge_index, graph.edge_weight)
        total = total + hop
    z = torch.nn.functional.normalize(total[rows])
    (z * weights).sum().backward()
    assert found.dtype == gradient.dtype == torch.float32
    # Gradients of unit vectors are differences of numbers of about 1.
    atol = 1e-5 if dtype == torch.float32 else 2e-3
    torch.testing.assert_close(found, z.detach(), rtol=rtol, atol=atol)
    torch.testing.assert_close(gradient, x.grad, rtol=rtol, atol=atol)


def test_a_track_without_neighbours_has_a_vector_and_a_gradient():
    graph = Data(edge_index=torch.tensor([[0, 1], [1, 0]]), edge_weight=torch.ones(2), num_nodes=3)
    x, matrix, rows = torch.tensor([[3.0, 4.0], [0.0, 0.0], [0.6, 0.8]]), adjacency(graph), torch.tensor([2, 0])
    found, lengths = propagated(x, matrix, 2, rows)
    torch.testing.assert_close(found, torch.tensor([[0.6, 0.8], [0.6, 0.8]]))
    gradient = propagated_back(across(torch.tensor([[1.0, 0.0]] * 2), found, lengths), matrix, 2, rows)
    # Of (2 x[0] + x[1]) / 10 and of x[2], what is across their direction.
    expected = torch.tensor([0.64, -0.48])
    torch.testing.assert_close(gradient, torch.stack([expected * 2 / 10, expected / 10, expected]))


def test_vectors_have_unit_length_and_the_mean_of_layers(graph):
    torch.manual_seed(0)
    model = TrackEncoder(graph, 6, layers=2, id_dropout=0.5)
    x = model.track.weight + model.artist(graph.artist) + model.album(graph.album)
    matrix = adjacency(graph).to_dense()
    mean = (x + matrix @ x + matrix @ (matrix @ x)) / 3
    torch.testing.assert_close(model(), mean / mean.norm(dim=1, keepdim=True))
    torch.testing.assert_close(model().norm(dim=1), torch.ones(graph.num_nodes))
    some = torch.tensor([3, 1])
    torch.testing.assert_close(propagated(model.x(), model.adjacency, 2, some)[0], model()[some])


@pytest.mark.parametrize("has_features", [False, True])
def test_gradients_of_the_weights_are_those_of_autograd(graph, has_features):
    torch.manual_seed(0)
    if has_features:
        graph.x = torch.rand_like(graph.x)
    graph.artist[:3] = 0
    model = TrackEncoder(graph, 6, 2, id_dropout=0.5)
    kept, of_x = model.drawn(), torch.rand(graph.num_nodes, 6)
    assert 0 < kept.sum() < len(kept)
    x = model.artist(graph.artist) + model.album(graph.album) + model.features(graph.x) + model.track.weight * kept
    torch.testing.assert_close(model.x(kept), x.detach())
    x.backward(of_x)
    expected = {name: weights.grad for name, weights in model.named_parameters()}
    model.zero_grad()
    model.add_gradients(of_x, kept, torch.zeros(()))
    for name, weights in model.named_parameters():
        if name != "prior" and weights.grad is not None:
            torch.testing.assert_close(weights.grad, expected[name])
    assert (model.features.weight.grad is not None) == has_features


def test_no_album_says_nothing(graph):
    model = TrackEncoder(graph, 6, 1, 0)
    assert (model.album(torch.zeros(3, dtype=torch.long)) == 0).all()


def test_a_graph_survives_a_file(graph, tmp_path):
    save_graph(graph, tmp_path)
    loaded = load_graph(tmp_path)
    assert loaded.validate()
    assert loaded.num_nodes == graph.num_nodes
    for name, tensor in graph.to_dict().items():
        if isinstance(tensor, torch.Tensor):
            assert torch.equal(tensor, loaded[name])
