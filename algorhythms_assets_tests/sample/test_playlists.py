import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorhythms_assets.sample import Sample, draw_sample
from algorhythms_assets.sample.playlists import BLOCK, LONGEST, SHORTEST, draw_playlists


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 60), seed=st.integers(0, 1000))
def test_any_number_of_playlists_is_whole(count: int, seed: int) -> None:
    sample = draw_sample(count, seed)
    playlists = sample.playlists
    lengths = np.diff(playlists.offsets)
    assert playlists.count == len(lengths) == len(sample.playlist_names) == count
    assert playlists.offsets[0] == 0
    assert playlists.offsets[-1] == len(playlists.tracks)
    assert playlists.offsets.dtype == np.int64
    assert playlists.tracks.dtype == np.int32
    assert lengths.min() >= SHORTEST
    assert lengths.max() <= LONGEST
    assert playlists.tracks.min() >= 0
    assert playlists.tracks.max() < sample.catalogue.tracks
    assert (sample.catalogue.scene_genre[playlists.scene] == playlists.genre).all()
    assert (playlists.modified_at % 86_400 == 0).all()
    assert playlists.followers.min() >= 1
    assert playlists.edits.min() >= 1


def test_more_than_one_block_is_drawn(sample: Sample) -> None:
    playlists = draw_playlists(sample.catalogue, BLOCK + 10, np.random.default_rng(0))
    assert playlists.offsets[-1] == len(playlists.tracks)
    assert len(playlists.tracks_of(BLOCK + 9)) >= SHORTEST


def test_fewer_than_one_playlist_is_refused(sample: Sample) -> None:
    with pytest.raises(ValueError, match="count must be at least 1"):
        draw_playlists(sample.catalogue, 0, np.random.default_rng(0))


def test_lengths_are_as_in_the_real_data(sample: Sample) -> None:
    lengths = np.diff(sample.playlists.offsets)
    assert lengths.mean() == pytest.approx(66, abs=2)
    assert np.median(lengths) == pytest.approx(50, abs=2)
    assert lengths.min() == SHORTEST
    assert lengths.max() == LONGEST


def test_a_few_playlists_hold_a_track_twice(sample: Sample) -> None:
    playlists = [sample.playlists.tracks_of(playlist) for playlist in range(sample.playlists.count)]
    repeating = np.mean([len(np.unique(tracks)) < len(tracks) for tracks in playlists])
    assert 0.02 < repeating < 0.1


def test_playlists_keep_to_a_genre_and_a_scene(sample: Sample) -> None:
    catalogue, playlists = sample.catalogue, sample.playlists
    owner = np.repeat(np.arange(playlists.count), np.diff(playlists.offsets))
    shuffled = np.random.default_rng(0).permutation(playlists.tracks)

    def in_own_genre(tracks: np.ndarray) -> float:
        return float((catalogue.track_genre[tracks] == playlists.genre[owner]).mean())

    def in_own_scene(tracks: np.ndarray) -> float:
        return float((catalogue.track_scene[tracks] == playlists.scene[owner]).mean())

    assert in_own_genre(playlists.tracks) > 4 * in_own_genre(shuffled)
    assert in_own_scene(playlists.tracks) > 10 * in_own_scene(shuffled)


def test_neighbours_are_often_by_one_artist(sample: Sample) -> None:
    artists = sample.catalogue.track_artist[sample.playlists.tracks]
    shuffled = np.random.default_rng(0).permutation(artists)
    assert (artists[1:] == artists[:-1]).mean() > 0.1
    assert (artists[1:] == artists[:-1]).mean() > 10 * (shuffled[1:] == shuffled[:-1]).mean()


def test_co_occurrence_foretells_better_than_popularity(sample: Sample) -> None:
    """Three tracks of a playlist are shown; the rest is looked for among 100 guesses.

    Nothing here knows genres or scenes: the guesses come from the other playlists alone.
    """
    playlists, tracks = sample.playlists, sample.catalogue.tracks
    known = 4500
    learned = playlists.tracks[: playlists.offsets[known]]
    owner = np.repeat(np.arange(known), np.diff(playlists.offsets)[:known])
    popularity = np.bincount(learned, minlength=tracks)
    order = np.argsort(learned, kind="stable")
    starts = np.searchsorted(learned[order], np.arange(tracks + 1))

    def hits(score: np.ndarray, seeds: np.ndarray, sought: np.ndarray) -> float:
        score = score.astype(np.float64)
        score[seeds] = -1
        return float(np.isin(np.argpartition(-score, 100)[:100], sought).mean())

    by_popularity, by_co_occurrence = [], []
    for playlist in range(known, known + 200):
        held = playlists.tracks_of(playlist)
        seeds, sought = held[:3], np.setdiff1d(held[3:], held[:3])
        score = np.zeros(tracks)
        for seed in seeds:
            with_seed = owner[order[starts[seed] : starts[seed + 1]]]
            for other in with_seed:
                np.add.at(score, playlists.tracks_of(other), 1 / len(with_seed))
        by_popularity.append(hits(popularity, seeds, sought))
        by_co_occurrence.append(hits(score, seeds, sought))
    assert np.mean(by_co_occurrence) > 2 * np.mean(by_popularity)
