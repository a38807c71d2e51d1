import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from algorhythms_ask.choosing import Recommendation
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document
from algorhythms_ask.recommend import ARTIST_WEIGHT, Recommender, popularity_weight, query_parts
from algorhythms_ask.release import load_release
from algorhythms_ask.seeds import Resolution
from algorhythms_ask.songs import Song
from algorhythms_ask.wish import Wish
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.resources.index.embedded import build_embedded

# What one seed says more of other tracks by its artist.
SAME = round(ARTIST_WEIGHT * math.log(2), 8)
BRIDGE = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b"


def _songs(*identifiers: str) -> list[Song]:
    return [Song(identifier) for identifier in identifiers]


def _asked(recommender: Recommender, songs: list[Song], count: int) -> tuple[Resolution, list[Recommendation]]:
    [answer] = recommender.recommend([Wish(songs, count)])
    return answer.resolution, answer.recommendations


def _scores(found: Sequence[Recommendation]) -> list[tuple[str, float]]:
    return [(recommendation.document.id, recommendation.score) for recommendation in found]


def test_one_seed_by_hand(recommender: Recommender) -> None:
    resolution, found = _asked(recommender, _songs("rock2"), 4)
    assert [(seed.song.id, seed.resolved_by) for seed in resolution.seeds] == [("rock2", "track")]
    assert _scores(found) == [("rock1", 1.5 + SAME), ("rock3", 1.125 + SAME), (BRIDGE, 0.75), ("rock4", 0.5625)]
    assert (found[0].seed_terms, found[0].popularity) == ((1.0 + SAME,), 0.5)


def test_two_seeds_by_hand(recommender: Recommender) -> None:
    _, found = _asked(recommender, _songs("rock2", "jazz2"), 4)
    # Beside two seeds, popularity counts seven eighths.
    best = [("rock1", 0.9375 + SAME), ("jazz1", 0.828125 + SAME), (BRIDGE, 0.71875), ("rock3", 0.609375 + SAME)]
    assert _scores(found) == best
    terms = [(0.5 + SAME, 0), (0, 0.5 + SAME), (0.25, 0.25), (0.5 + SAME, 0)]
    assert [recommendation.seed_terms for recommendation in found] == terms


def test_seeds_of_an_artist_share_what_they_say_more_of_its_tracks(recommender: Recommender) -> None:
    stranger = Song("new", artist="The Sparks")
    resolution, found = _asked(recommender, [*_songs("rock2", "jazz2"), stranger], 12)
    assert [seed.artist for seed in resolution.seeds] == ["The Sparks", "Nina Blue", "The Sparks"]
    best = found[0]
    both = ARTIST_WEIGHT * math.log(3) / 2
    assert best.document.id == "rock1"
    assert best.seed_terms == pytest.approx((1 / 3 + both, 0, 1 / 3 + both), abs=1e-7)
    others = {r.document.id: r.seed_terms for r in found}
    assert others["jazz1"] == pytest.approx((0, 1 / 3 + SAME, 0), abs=1e-7)
    # Tracks without an artist are nobody's, and so is a seed placed by its features.
    assert others["jazz5"] == pytest.approx((-1 / 6, 1 / 6, -1 / 6), abs=1e-7)


@given(st.lists(st.sampled_from(["rock2", "jazz2", "rock4", "unknown"])), st.integers(1, 12))
def test_how_many_are_wanted_does_not_change_their_order(
    recommender: Recommender, seeds: list[str], count: int
) -> None:
    _, everything = _asked(recommender, _songs(*seeds), 12)
    _, some = _asked(recommender, _songs(*seeds), count)
    assert _scores(some) == _scores(everything)[:count]


def test_without_seeds_popularity_ranks(recommender: Recommender) -> None:
    for songs in ([], _songs("unknown")):
        resolution, found = _asked(recommender, songs, 3)
        assert resolution.seeds == []
        assert _scores(found) == [("rock1", 0.5), ("jazz1", 0.375), (BRIDGE, 0.25)]
        assert [recommendation.seed_terms for recommendation in found] == [()] * 3


def test_a_song_given_twice_counts_once(recommender: Recommender) -> None:
    once, found_once = _asked(recommender, _songs("rock2", "jazz2"), 12)
    twice, found_twice = _asked(recommender, _songs("rock2", "jazz2", "rock2", "rock2"), 12)
    assert _scores(found_once) == _scores(found_twice)
    assert [seed.song.id for seed in once.seeds] == [seed.song.id for seed in twice.seeds]
    unknown, _ = _asked(recommender, _songs("x", "x"), 1)
    assert len(unknown.unresolved) == 1


@pytest.mark.parametrize(
    ("song", "resolved_by", "nearest"),
    [
        (Song("rock1", artist="Nina Blue"), "track", [1, 0, 0, 0]),
        (Song("new", artist="NINA  blue"), "artist", [0, 1, 0, 0]),
        (Song("new", artist="spotify:artist:nina"), "artist", [0, 1, 0, 0]),
        (Song("new", artist="The Sparks", album="Greatest Hits"), "album", [0.5, -0.5, 0.5, -0.5]),
        (Song("new", album="spotify:album:nina"), "album", [-0.5, 0.5, 0.5, -0.5]),
        (Song("new", artist="Nina Blue", album="Never released"), "artist", [0, 1, 0, 0]),
    ],
)
def test_what_stands_in_for_an_unknown_track(
    recommender: Recommender, song: Song, resolved_by: str, nearest: list[float]
) -> None:
    [resolution] = recommender.resolve([[song]])
    [seed] = resolution.seeds
    assert (seed.resolved_by, seed.vector.tolist()) == (resolved_by, nearest)
    assert (seed.document is not None) == (resolved_by == "track")


def test_features_come_last(recommender: Recommender, features: dict[str, float]) -> None:
    [resolution] = recommender.resolve(
        [[Song("new", features=features), Song("other", artist="Nina Blue", features=features)]]
    )
    by_features, by_artist = resolution.seeds
    assert (by_features.resolved_by, by_features.vector.tolist()) == ("features", [1, 0, 0, 0])
    assert by_artist.resolved_by == "artist"


@pytest.mark.parametrize("identifier", ["artist:ninablue", "album:ninablue\ngreatesthits"])
def test_the_key_of_a_group_is_no_track(recommender: Recommender, identifier: str) -> None:
    [resolution] = recommender.resolve([_songs(identifier)])
    assert resolution.seeds == []
    assert resolution.unresolved == [(Song(identifier), "not in the index")]


def test_unusable_features_are_explained(recommender: Recommender, features: dict[str, float]) -> None:
    bad = Song("new", features=features | {"energy": 2, "tempo": None})
    [resolution] = recommender.resolve([[Song("rock1"), bad]])
    assert len(resolution.seeds) == 1
    assert resolution.faulty == {1: {"energy": "must be 0 to 1", "tempo": "is missing"}}
    reason = "not in the index, and its features cannot be used: energy must be 0 to 1; tempo is missing"
    assert resolution.unresolved == [(bad, reason)]


def test_features_that_are_not_needed_are_not_looked_at(recommender: Recommender) -> None:
    [resolution] = recommender.resolve([[Song("rock1", features={"energy": "high"})]])
    assert resolution.faulty == {}
    assert [seed.resolved_by for seed in resolution.seeds] == ["track"]


def test_a_model_without_features_says_so(plain_store: Path, features: dict[str, float]) -> None:
    [resolution] = load_release(plain_store).recommender.resolve([[Song("new", features=features)]])
    assert [reason for _, reason in resolution.unresolved] == [
        "not in the index, and the released model was trained without audio features"
    ]
    assert resolution.faulty == {}


class _Counted:
    """Counts what a recommender asks of an index."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name not in ("tracks", "dimension"):
            self.calls.append(name)
        return getattr(self._index, name)


def test_a_request_asks_the_index_twice_and_once_more_for_the_unknown(
    recommender: Recommender, features: dict[str, float]
) -> None:
    known = [Song("rock1", "Riff", "The Sparks", "Greatest Hits"), Song("new")]
    unknown = [Song(f"new{i}", "n", "Nina Blue", "x", features) for i in range(500)]
    for songs, more in (([], []), (known, []), (unknown, ["fetch"]), (known + unknown, ["fetch"])):
        index = _Counted(recommender.index)
        Recommender(recommender.network, index).recommend([Wish(songs, 12)])
        assert index.calls == ["fetch", *more, "nearest"]


_CATALOGUE = ["rock1", "jazz1", BRIDGE, "rock2", "rock3", "jazz2", "rock4", "jazz3", "jazz4", "jazz5", "rock5"]


@given(st.lists(st.sampled_from([*_CATALOGUE, "unknown", "local:track:5f3c"])), st.integers(1, 20))
def test_seeds_are_never_recommended_and_the_rest_is(recommender: Recommender, seeds: list[str], count: int) -> None:
    _, found = _asked(recommender, _songs(*seeds), count)
    identifiers = [recommendation.document.id for recommendation in found]
    assert len(set(identifiers)) == len(identifiers) == min(count, 12 - len({*seeds} - {"unknown"}))
    assert not {*identifiers} & {*seeds}


@given(st.lists(st.sampled_from([*_CATALOGUE, "unknown"])), st.integers(1, 12))
def test_what_is_evaluated_is_what_is_served(recommender: Recommender, seeds: list[str], count: int) -> None:
    requests = [_songs(*seeds), _songs("jazz1")]
    evaluated, _ = recommender.rank(requests, recommender.resolve(requests), count)
    _, served = _asked(recommender, requests[0], count)
    # Tracks a rounding error apart may change places; nothing else may differ.
    assert {hit.id for hit in evaluated} == {recommendation.document.id for recommendation in served}
    scores = [recommendation.score for recommendation in served]
    assert [hit.score for hit in evaluated] == pytest.approx(scores, abs=1e-6)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """A recommender whose vectors are as uneven as trained ones."""
    random = np.random.default_rng(7)
    z = random.normal(size=(60, 16))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    vectors = np.column_stack([z, random.exponential(size=60)]).astype(np.float32)
    folder = tmp_path_factory.mktemp("uneven")
    documents = [
        (Document(f"t{i:02}", "track", None, None, None, 0, vector), [f"t{i:02}"]) for i, vector in enumerate(vectors)
    ]
    build_embedded(folder, documents, 17, "v")
    return Recommender(None, EmbeddedIndex(folder))


@given(st.lists(st.integers(0, 59), max_size=40, unique=True), st.integers(1, 60))
def test_terms_sum_to_the_score(uneven: Recommender, seeds: list[int], count: int) -> None:
    resolution, found = _asked(uneven, _songs(*(f"t{seed:02}" for seed in seeds)), count)
    vectors = {seed.song.id: seed.vector.astype(float) for seed in resolution.seeds}
    for recommendation in found:
        # As the numbers are printed, in decimal arithmetic: to the last digit.
        terms = [Decimal(repr(term)) for term in (*recommendation.seed_terms, recommendation.popularity)]
        assert sum(terms) == Decimal(repr(recommendation.score))
        z = recommendation.document.vector.astype(float)
        expected = [z[:-1] @ vector / len(vectors) for vector in vectors.values()]
        assert recommendation.seed_terms == pytest.approx(expected, abs=1e-7)
        assert recommendation.popularity == pytest.approx(popularity_weight(len(vectors)) * z[-1], abs=1e-7)
    scores = [recommendation.score for recommendation in found]
    assert scores == sorted(scores, reverse=True)


@pytest.fixture(scope="module")
def with_factors(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """Eight tracks of four dimensions, three factors and a popularity term, all at random."""
    folder = tmp_path_factory.mktemp("factors")
    vectors = np.random.default_rng(5).normal(size=(8, 8)).astype(np.float32)
    documents = [
        (Document(f"t{i}", "track", None, None, None, 8 - i, vector), [f"t{i}"]) for i, vector in enumerate(vectors)
    ]
    build_embedded(folder, documents, 8, "e")
    return Recommender(None, EmbeddedIndex(folder), np.diag([0.5, 1.0, 2.0]).astype(np.float32))


def test_factors_fold_in_as_the_formula_says(with_factors: Recommender) -> None:
    seeds = ["t1", "t4", "t6"]
    _, found = _asked(with_factors, _songs(*seeds), 5)
    stored = {key: document.vector.astype(np.float64) for key, document in with_factors.index.fetch(_ids(8)).items()}
    v = np.stack([stored[seed][4:7] for seed in seeds])
    u = np.linalg.inv(with_factors.fold_in + v.T @ v) @ v.sum(axis=0)
    z = np.mean([stored[seed][:4] for seed in seeds], axis=0)
    weight = 0.75 + 0.25 / 3
    expected = {
        key: z @ vector[:4] + u @ vector[4:7] + weight * vector[7] for key, vector in stored.items() if key not in seeds
    }
    assert [key for key, _ in _scores(found)] == sorted(expected, key=lambda key: -expected[key])
    for recommendation in found:
        assert recommendation.score == pytest.approx(expected[recommendation.document.id], abs=1e-6)
        assert Decimal(str(recommendation.score)) == sum(
            map(Decimal, map(str, recommendation.seed_terms)), Decimal(str(recommendation.popularity))
        )


def test_a_seed_without_factors_says_nothing_of_them(with_factors: Recommender) -> None:
    [seed] = with_factors.resolve([_songs("t2")])[0].seeds
    inverse = np.linalg.inv(with_factors.fold_in.astype(np.float64))
    vectors = np.stack([seed.vector, np.zeros(7)])
    alone, beside = query_parts(vectors[:1], inverse), query_parts(vectors, inverse)
    assert beside[0, 4:].tolist() == alone[0, 4:].tolist()
    assert not beside[1].any()


def test_features_are_padded_where_vectors_hold_factors(
    recommender: Recommender, with_factors: Recommender, features: dict[str, float]
) -> None:
    both = Recommender(recommender.network, with_factors.index, with_factors.fold_in)
    [resolution] = both.resolve([[Song("new", features=features)]])
    assert resolution.seeds[0].vector.tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert len(_asked(both, [Song("new", features=features)], 3)[1]) == 3


def _ids(count: int) -> list[str]:
    return [f"t{i}" for i in range(count)]
