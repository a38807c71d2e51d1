import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorhythms_assets.sample import Sample
from algorhythms_assets.sample.audio import FEATURES, TIME_SIGNATURES, UNIT_FEATURES
from algorhythms_assets.sample.catalogue import MINIMUM_TRACKS, catalogue_size, make_catalogue
from algorhythms_assets.sample.genres import GENRES


@settings(max_examples=20, deadline=None)
@given(tracks=st.integers(MINIMUM_TRACKS, 3000), seed=st.integers(0, 1000))
def test_a_catalogue_of_any_size_is_whole(tracks: int, seed: int) -> None:
    catalogue = make_catalogue(tracks, np.random.default_rng(seed))
    assert catalogue.tracks == tracks
    assert set(catalogue.track_scene) == set(range(len(catalogue.scene_genre)))
    assert set(catalogue.track_genre) == set(range(len(GENRES)))
    assert set(catalogue.track_artist) == set(range(catalogue.artists))
    artist_of_album = np.full(catalogue.albums, -1)
    artist_of_album[catalogue.track_album] = catalogue.track_artist
    assert (artist_of_album[catalogue.track_album] == catalogue.track_artist).all()
    assert (catalogue.track_weight > 0).all()
    assert catalogue.track_weight.sum() == pytest.approx(1)


def test_a_catalogue_too_small_for_its_scenes_is_refused() -> None:
    with pytest.raises(ValueError, match="tracks must be at least 400"):
        make_catalogue(MINIMUM_TRACKS - 1, np.random.default_rng(0))


def test_the_catalogue_grows_more_slowly_than_the_playlists() -> None:
    assert catalogue_size(1) == MINIMUM_TRACKS
    assert catalogue_size(2000) == 10_233
    assert catalogue_size(1_000_000) == pytest.approx(2_000_000, rel=0.02)


def test_artists_have_one_or_two_genres(sample: Sample) -> None:
    pairs = np.unique(np.stack([sample.catalogue.track_artist, sample.catalogue.track_genre]), axis=1)
    genres = np.bincount(pairs[0])
    assert set(genres) == {1, 2}
    assert 0.05 < (genres == 2).mean() < 0.5


def test_popularity_is_heavy_tailed(sample: Sample) -> None:
    uses = np.sort(np.bincount(sample.playlists.tracks, minlength=sample.catalogue.tracks))[::-1]
    assert uses[: len(uses) // 100].sum() > 0.1 * uses.sum()
    assert uses[: len(uses) // 10].sum() > 0.4 * uses.sum()
    assert np.median(uses) < 0.6 * uses.mean()


def test_uris_are_well_formed_and_distinct(sample: Sample) -> None:
    names = sample.catalogue_names
    for kind, uris, count in (
        ("track", names.track_uri, sample.catalogue.tracks),
        ("album", names.album_uri, sample.catalogue.albums),
        ("artist", names.artist_uri, sample.catalogue.artists),
    ):
        assert len(set(uris)) == len(uris) == count
        assert all(re.fullmatch(rf"spotify:{kind}:[0-9A-Za-z]{{22}}", uri) for uri in uris)


def test_names_are_as_in_life(sample: Sample) -> None:
    names = sample.catalogue_names
    assert len(set(names.artist)) == len(names.artist)
    assert len(set(names.track)) < len(names.track)
    assert all(name.strip() for column in (names.artist, names.album, names.track) for name in column)
    playlists = " ".join(sample.playlist_names)
    assert re.search("[éêã]", playlists)
    assert re.search("[\u3040-\u9fff]", playlists)  # Japanese
    assert re.search("[\U0001f300-\U0001faff]", playlists)  # emoji


def test_features_are_in_range(sample: Sample) -> None:
    features = sample.catalogue.features
    assert tuple(features) == FEATURES
    for name in UNIT_FEATURES:
        assert features[name].min() >= 0
        assert features[name].max() <= 1
    assert set(features["key"]) == set(range(12))
    assert set(features["mode"]) == {0, 1}
    assert set(features["time_signature"]) == set(TIME_SIGNATURES)
    assert (features["time_signature"] == 4).mean() > 0.8
    assert -60 <= features["loudness"].min() < features["loudness"].max() <= 0
    assert 40 <= features["tempo"].min() < features["tempo"].max() <= 220
    assert (features["duration_ms"] == sample.catalogue.duration_ms).all()
    assert sample.catalogue.has_features.mean() == pytest.approx(0.9, abs=0.02)


def test_features_tell_the_genre(sample: Sample) -> None:
    catalogue = sample.catalogue
    values = np.stack([catalogue.features[name] for name in (*UNIT_FEATURES, "loudness", "tempo")], axis=1)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    learns = np.random.default_rng(0).random(catalogue.tracks) < 0.5
    means = np.stack([values[learns & (catalogue.track_genre == genre)].mean(axis=0) for genre in range(len(GENRES))])
    distances = ((values[~learns, None] - means) ** 2).sum(axis=2)
    correct = (distances.argmin(axis=1) == catalogue.track_genre[~learns]).mean()
    commonest = np.bincount(catalogue.track_genre).max() / catalogue.tracks
    assert correct > 2 * commonest
