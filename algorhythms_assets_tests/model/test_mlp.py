import torch

from algorhythms_assets.model.config import MlpConfig
from algorhythms_assets.model.mlp import train_mlp


def test_it_places_new_artists_where_their_features_say():
    random = torch.Generator().manual_seed(0)
    inputs = torch.rand(400, 29, generator=random)
    z = torch.nn.functional.normalize(inputs @ torch.randn(29, 8, generator=random), dim=1)
    trained = train_mlp(inputs, z, torch.arange(400) // 4, MlpConfig(epochs=30))
    assert trained.cosine > 0.9 > trained.constant


def test_features_that_say_nothing_are_no_better_than_the_mean_of_all_tracks():
    random = torch.Generator().manual_seed(0)
    inputs = torch.rand(400, 29, generator=random)
    # All vectors point roughly one way, which the network learns without any feature.
    z = torch.nn.functional.normalize(torch.ones(8) + torch.randn(400, 8, generator=random), dim=1)
    trained = train_mlp(inputs, z, torch.arange(400) // 4, MlpConfig(epochs=30))
    assert 0.5 < trained.cosine <= trained.constant + 0.01


def test_one_artist_alone_is_trained_on_and_not_judged():
    inputs, z = torch.rand(5, 29), torch.nn.functional.normalize(torch.rand(5, 8), dim=1)
    trained = train_mlp(inputs, z, torch.zeros(5, dtype=torch.long), MlpConfig(epochs=2))
    assert trained.cosine is None
    assert torch.isfinite(trained.network(inputs)).all()
