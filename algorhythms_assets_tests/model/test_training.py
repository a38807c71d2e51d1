import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from algorhythms_assets.metrics import Task
from algorhythms_assets.model import training
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.model.gcn import TrackEncoder, adjacency
from algorhythms_assets.model.training import (
    BEST,
    CHECKPOINT,
    DivergedError,
    add_gradients,
    batch_loss,
    batch_of,
    stored_vectors,
    train,
    validation_ndcg,
)
from algorhythms_assets_tests.graph.test_edges import csr
from algorhythms_assets_tests.model.conftest import CLIQUE
from algorhythms_assets_tests.model.test_gcn import symmetric

CPU = torch.device("cpu")
CUT = [(np.array(seeds, np.int32), np.array(targets, np.int32)) for seeds, targets in (([0, 1], [2, 3]), ([2], [4]))]
CONFIG = GcnConfig(dimension=8, epochs=6, steps_per_epoch=2)


@pytest.fixture
def trained(graph, tmp_path):
    def train_in_folder(training, validation, config=CONFIG):
        torch.manual_seed(config.seed)
        model = TrackEncoder(graph, config.dimension, config.layers, config.id_dropout)
        (tmp_path / CHECKPOINT).unlink(missing_ok=True)
        *_, epoch = train(model, training, validation, config, tmp_path)
        model.load_state_dict(load_file(tmp_path / BEST))
        return model, epoch

    return train_in_folder


def test_it_learns_which_tracks_belong_together(trained, playlists):
    model, epoch = trained(playlists, playlists)
    z = model()
    within = (z[:CLIQUE] @ z[:CLIQUE].T).mean()
    across = (z[:CLIQUE] @ z[CLIQUE:].T).mean()
    assert within > across + 0.3
    assert 0 < epoch.ndcg <= 1


def test_the_same_seed_gives_the_same_weights(trained, playlists):
    first, second = (trained(playlists, playlists)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("epochs_before", [1, 4, CONFIG.epochs])
def test_training_that_was_ended_goes_on_to_the_same_weights(graph, playlists, tmp_path, epochs_before):
    def new(seed):
        torch.manual_seed(seed)
        return TrackEncoder(graph, CONFIG.dimension, CONFIG.layers, CONFIG.id_dropout)

    whole_folder, killed_folder = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole_folder, killed_folder):
        folder.mkdir()
    whole = list(train(new(0), playlists, playlists, CONFIG, whole_folder))
    ended = train(new(0), playlists, playlists, CONFIG, killed_folder)
    for _ in range(epochs_before):
        next(ended)
    ended.close()
    # Nothing of the process that was ended is left, not even its seed.
    assert list(train(new(1), playlists, playlists, CONFIG, killed_folder)) == whole
    assert (killed_folder / BEST).read_bytes() == (whole_folder / BEST).read_bytes()


def test_without_validation_playlists_the_last_epoch_counts(trained, playlists):
    model, epoch = trained(playlists, csr([]))
    assert epoch.ndcg is None
    assert epoch.number == CONFIG.epochs
    assert torch.isfinite(model()).all()


def test_playlists_of_one_track_teach_nothing_and_break_nothing(trained):
    model, epoch = trained(csr([[0], [1], [2]]), csr([[3]]))
    assert epoch.loss == 0
    assert torch.isfinite(model()).all()


def test_a_loss_that_is_no_number_stops_training(graph, trained, playlists):
    graph.x[0] = torch.nan
    with pytest.raises(DivergedError, match="epoch 1"):
        trained(playlists, playlists)


def test_the_loss_is_that_of_the_formula():
    z = torch.nn.functional.normalize(torch.rand(5, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    playlists = torch.tensor([3.0, 1.0, 4.0, 2.0, 5.0])
    prior, temperature = torch.tensor(0.7), 0.1
    batch = batch_of(CUT, CPU)
    loss = batch_loss(z[batch.tracks], prior, torch.log1p(playlists)[batch.tracks], batch, temperature)

    candidates = [2, 3, 4]
    expected = 0.0
    for seeds, targets in (([0, 1], [2, 3]), ([2], [4])):
        logits = {
            c: float(z[seeds].mean(dim=0) @ z[c] / temperature + prior * torch.log1p(playlists[c]))
            - float(torch.log(playlists[c]))
            for c in candidates
            if c not in seeds
        }
        total = np.log(sum(np.exp(logit) for logit in logits.values()))
        expected += sum(total - logits[t] for t in targets) / np.sqrt(len(targets))
    assert loss.item() == pytest.approx(expected / 2, rel=1e-5)


def test_gradients_of_one_batch_are_those_of_a_plain_backward_pass(graph, monkeypatch):
    monkeypatch.setattr(training, "_PRECISION", torch.float32)
    graph, _ = symmetric(graph)
    torch.manual_seed(0)
    model = TrackEncoder(graph, 6, 2, 0)
    loss = add_gradients(model, CUT, CONFIG)
    added = {name: weights.grad for name, weights in model.named_parameters()}
    model.zero_grad()
    batch = batch_of(CUT, CPU)
    x = model.track.weight + model.artist(graph.artist) + model.album(graph.album)
    matrix = adjacency(graph).to_dense()
    z = torch.nn.functional.normalize(x + matrix @ x + matrix @ (matrix @ x))
    log_playlists = torch.log1p(graph.playlists.float())[batch.tracks]
    plain = batch_loss(z[batch.tracks], model.prior, log_playlists, batch, CONFIG.temperature)
    plain.backward()
    assert loss == pytest.approx(plain.item())
    for name, weights in model.named_parameters():
        torch.testing.assert_close(added[name], weights.grad)


def test_several_batches_add_up_to_the_mean_of_their_playlists(graph):
    torch.manual_seed(0)
    model = TrackEncoder(graph, 6, 2, 0)
    alone = [add_gradients(model, [playlist], CONFIG) for playlist in CUT]
    both = model.track.weight.grad.clone()
    model.zero_grad()
    assert add_gradients(model, CUT, CONFIG.model_copy(update={"batch": 1})) == pytest.approx(sum(alone) / 2)
    torch.testing.assert_close(model.track.weight.grad, both / 2)


def test_half_the_bits_change_the_loss_little(graph):
    """What a GPU does, done here."""
    torch.manual_seed(0)
    model = TrackEncoder(graph, 6, 2, 0)
    batch = batch_of(CUT, CPU)
    arguments = (model()[batch.tracks], model.prior, torch.log1p(graph.playlists.float())[batch.tracks], batch, 0.1)
    exact = batch_loss(*arguments)
    with torch.autocast("cpu", torch.bfloat16):
        rough = batch_loss(*arguments)
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(exact.item(), rel=0.05)


def test_a_track_that_cannot_be_found_is_no_hit_of_a_validation(graph):
    """Among fewer than 500 tracks all are ranked, also those in no training playlist."""
    graph.playlists[:2] = 0
    model = TrackEncoder(graph, 8, 2, 0.0)
    lost, found = ([[Task(1, np.array([5]), np.array(targets))]] for targets in ([0, 1], [6, 7]))
    assert validation_ndcg(model, lost, CONFIG) == 0
    assert validation_ndcg(model, found, CONFIG) > 0


def test_the_stored_vector_ends_in_the_popularity_term(graph):
    stored = stored_vectors(torch.zeros(2 * CLIQUE, 3), torch.tensor(0.5), graph.playlists, 0.2)
    torch.testing.assert_close(stored[:, 3], 0.1 * torch.log1p(graph.playlists.float()))
