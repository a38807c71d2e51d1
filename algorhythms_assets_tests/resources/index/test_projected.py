"""The first look of an embedded index at many tracks: what it finds, and what happens where it finds too little."""

import json

import numpy as np
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document, IndexUnavailableError, Search
from algorhythms_ask.names import artist_keys
from algorhythms_ask.projection import WANTED, Projection

from algorhythms_assets.resources.index import projected
from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets.resources.index.projected import fitted, project, write_projection

TRACKS, DIMENSION = 3000, 33
ARTISTS = 40


@pytest.fixture(scope="module")
def vectors():
    """As of a training: a few directions say most, and half of the tracks are equally popular."""
    draw = np.random.default_rng(0)
    some = draw.normal(size=(TRACKS, 6)) @ draw.normal(size=(6, DIMENSION - 1)) + 0.3 * draw.normal(
        size=(TRACKS, DIMENSION - 1)
    )
    popularity = np.maximum(0.1, 1 - np.arange(TRACKS) / (TRACKS / 2))
    return np.append(some / np.linalg.norm(some, axis=1, keepdims=True), popularity[:, None], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def queries(vectors):
    draw = np.random.default_rng(1)
    seeds = vectors[draw.integers(TRACKS, size=(300, 3)), :-1].mean(axis=1)
    return seeds[:200], {
        str(factor): np.append(seeds[200:], np.full((100, 1), factor, np.float32), axis=1) for factor in (1, 0.75, -1)
    }


@pytest.fixture(scope="module")
def exact(tmp_path_factory, vectors):
    folder = tmp_path_factory.mktemp("exact")
    build_embedded(folder, _documents(vectors), DIMENSION, "v")
    return folder


@pytest.fixture
def folder(tmp_path, exact):
    for file in exact.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(projected, "AXES", 12)
    monkeypatch.setattr(projected, "CANDIDATES", (100, 400, 800))


def _documents(vectors):
    for row, vector in enumerate(vectors):
        yield (
            Document(f"t{row}", "track", f"Song {row}", f"Artist {row % ARTISTS}", None, TRACKS - row, vector),
            [f"t{row}"],
        )


def test_the_fewest_candidates_that_find_enough_are_taken(folder, exact, queries):
    candidates, recall = project(folder, *queries)
    about = json.loads((folder / "index.json").read_text())
    assert about["projection"] == {"candidates": candidates, "recall": recall, "least_popularity": -1}
    assert candidates == 400
    assert min(recall.values()) >= projected.LEAST_RECALL
    index, scan = EmbeddedIndex(folder), EmbeddedIndex(exact)
    searches = [Search(query, 20) for asked in queries[1].values() for query in asked]
    for ours, theirs in zip(index.nearest(searches), scan.nearest(searches), strict=True):
        assert [hit.id for hit in ours] == [hit.id for hit in theirs]
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], rel=1e-5)
    # Alone as in a batch.
    assert index.nearest(searches[:1]) == [index.nearest(searches)[0]]


def test_where_the_most_candidates_miss_too_much_every_vector_is_read(folder, exact, queries, monkeypatch):
    monkeypatch.setattr(projected, "CANDIDATES", (10,))
    candidates, recall = project(folder, *queries)
    assert candidates == 0
    assert recall["1"] < projected.LEAST_RECALL
    assert min(recall.values()) < projected.LEAST_RECALL
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in exact.iterdir()
    }


def test_where_only_popularity_turned_round_misses_too_much_such_searches_read_every_vector(
    folder, exact, queries, monkeypatch
):
    monkeypatch.setattr(projected, "CANDIDATES", (130,))
    monkeypatch.setattr(projected, "LEAST_RECALL", 0.99)
    candidates, recall = project(folder, *queries)
    assert candidates == 130
    assert recall["-1"] < 0.99 <= recall["1"]
    searches = [Search(query, 100) for asked in queries[1].values() for query in asked]
    mixed = [search for pair in zip(searches[:100], searches[200:], strict=True) for search in pair]
    index, scan = EmbeddedIndex(folder), EmbeddedIndex(exact)
    pairs = list(zip(index.nearest(mixed), scan.nearest(mixed), strict=True))
    assert all(ours == theirs for ours, theirs in pairs[1::2])
    assert any(ours != theirs for ours, theirs in pairs[::2])


def test_what_is_left_out_or_raised_is_so_before_candidates_are_chosen(folder, exact, vectors, queries):
    project(folder, *queries)
    index, scan = EmbeddedIndex(folder), EmbeddedIndex(exact)
    query = queries[1]["1"][0]
    first = [hit.id for hit in scan.nearest([Search(query, 1000)])[0]]
    search = Search(
        query, 20, first[:900], without_artists=artist_keys("Artist 3"), raised={"Artist 3": 9, "Artist 4": 5}
    )
    [ours], [theirs] = index.nearest([search]), scan.nearest([search])
    assert [hit.id for hit in ours] == [hit.id for hit in theirs]
    assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], rel=1e-5)
    assert all(int(hit.id[1:]) % ARTISTS == 4 for hit in ours)


@pytest.mark.parametrize("factor", [-1, 1, 0])
def test_many_equal_scores_fall_as_in_a_scan(folder, exact, queries, factor):
    project(folder, *queries)
    query = np.append(np.zeros(DIMENSION - 1), factor).astype(np.float32)
    search = Search(query, 50, ["t5", f"t{TRACKS - 1}"])
    assert EmbeddedIndex(folder).nearest([search]) == EmbeddedIndex(exact).nearest([search])


def test_few_are_found_where_nearly_all_is_left_out(folder, queries):
    project(folder, *queries)
    search = Search(queries[1]["1"][0], 10, [f"t{row}" for row in range(4, TRACKS)])
    assert {hit.id for hit in EmbeddedIndex(folder).nearest([search])[0]} == {"t0", "t1", "t2", "t3"}


def test_candidates_are_bounded_and_grow_with_what_is_wanted(folder, queries):
    write_projection(folder, queries[0], TRACKS)
    projection = Projection(folder, 400)
    scores = np.random.default_rng(2).normal(size=TRACKS).astype(np.float32)
    few, many = projection.candidates(scores, 1), projection.candidates(scores, WANTED + 1)
    assert 200 < len(few) < 600 < len(many) < 1200
    assert set(few) <= set(many)
    assert 400 <= len(projection.candidates(np.zeros(TRACKS, np.float32), 1)) <= 800


def test_with_all_axes_scores_are_exact(vectors, queries):
    axes, of_tracks = fitted(queries[0], vectors, DIMENSION - 1)
    asked = queries[1]["1"][:, :-1]
    np.testing.assert_allclose((asked @ axes) @ (vectors[:, :-1] @ of_tracks).T, asked @ vectors[:, :-1].T, atol=1e-4)


def test_axes_are_those_in_which_queries_differ(vectors):
    """Of two directions in which vectors differ as much, the one that is asked about is kept."""
    vectors = np.random.default_rng(3).normal(size=(500, 3)).astype(np.float32)
    axes, of_tracks = fitted(np.array([[0, 1], [0, -2]], np.float32), vectors, 1)
    about = np.abs(axes @ of_tracks.T)
    assert about[1, 1] > 0.9 > 0.1 > about[0, 0]


@pytest.mark.parametrize("name", ["projected.npy", "axes.npy"])
def test_a_projection_that_does_not_fit_is_noticed(folder, queries, name):
    project(folder, *queries)
    np.save(folder / name, np.load(folder / name)[:-1])
    with pytest.raises(IndexUnavailableError, match="damaged"):
        EmbeddedIndex(folder)
    (folder / name).unlink()
    with pytest.raises(IndexUnavailableError, match="cannot be read"):
        EmbeddedIndex(folder)
