"""What every index has to answer; the same tests for each implementation."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Called, Search
from algorhythms_ask.keys import album_key, artist_key
from algorhythms_ask.names import artist_keys
from algorhythms_ask.versions import song
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.graph.pruning import strongest
from algorhythms_assets.resources.index.elastic import build_elastic, longest, writer
from algorhythms_assets.resources.index.embedded import IndexFaultError, build_embedded, verify_embedded
from algorhythms_assets.serving.documents import document_count, documents
from algorhythms_assets.serving.search_index import Together

NAMES = ["Café del Mar", "cafe society", "Blue", "Blue", "夜のドライブ", 'AC/DC "live" OR *']


@pytest.fixture(scope="module")
def tracks():
    return pa.table(
        {
            "track": pa.array(range(6), pa.int32()),
            "track_uri": [f"t{i}" for i in range(6)],
            "track_name": NAMES,
            "artist_uri": ["a1", "a1", "a2", "a3", None, "a2"],
            "artist_name": ["Energy", "Energy", "Joni", "JONI", None, "Joni"],
            "album_uri": ["b1", "b1", "b2", "b3", None, "b4"],
            "album_name": ["Ibiza", "Ibiza", "Blue", "Blue", None, None],
            "playlists": pa.array([3, 9, 5, 1, 2, 4], pa.int32()),
        }
    )


@pytest.fixture(scope="module")
def vectors():
    z = np.random.default_rng(0).normal(size=(6, 4))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    return np.append(z, [[0.3], [0.9], [0.5], [0.1], [0.2], [0.4]], axis=1).astype(np.float32)


@pytest.fixture(scope="module", params=["embedded", "elasticsearch"])
def index(request, tmp_path_factory, tracks, vectors):
    folder = tmp_path_factory.mktemp(request.param)
    made = documents(tracks, vectors, {0: [("t1", 2)]}, 0)
    if request.param == "embedded":
        build_embedded(folder, made, 5, "v")
        return EmbeddedIndex(folder)
    node = request.getfixturevalue("elasticsearch_node")
    database = Database(node.url, timeout=30)
    build_elastic(writer(database), "tracks-suite", made, 5, longest(vectors), "v", folder)
    return ElasticIndex(Connection(database), "tracks-suite")


def test_knows_what_it_holds(index):
    assert (index.embeddings, index.tracks, index.dimension) == ("v", 6, 5)


@pytest.mark.parametrize("new", [0, 1, 3])
def test_documents_are_counted_beforehand(tracks, vectors, new):
    assert document_count(tracks, new) == len(list(documents(tracks, vectors, {}, 0, new)))


def test_a_track_comes_back_as_it_was_put_in(index, vectors):
    found = index.fetch(["t0", "unknown"])
    assert list(found) == ["t0"]
    assert found["t0"].name == "Café del Mar"
    assert found["t0"].playlists == 3
    assert found["t0"].neighbours == ()
    np.testing.assert_array_equal(found["t0"].vector, vectors[0])


def test_neighbours_come_where_they_are_wanted(index):
    found = index.fetch(["t0", "t1"], neighbours=True)
    assert [found[key].neighbours for key in ("t0", "t1")] == [(("t1", 2),), ()]


def test_artists_and_albums_are_found_by_uri_and_name_and_are_means(index, vectors):
    mean = vectors[:2, :4].sum(axis=0)
    mean /= np.linalg.norm(mean)
    for key in ("a1", artist_key(" energy "), "b1", album_key("ENERGY", "ibiza")):
        document = index.fetch([key])[key]
        assert document.kind in ("artist", "album")
        np.testing.assert_allclose(document.vector, [*mean, 0], atol=1e-6)


def test_of_two_artists_of_one_name_the_more_popular_has_it(index):
    assert index.fetch([artist_key("joni")])[artist_key("joni")].id == "a2"


def test_only_tracks_are_ranked(index):
    [hits] = index.nearest([Search(np.ones(5, np.float32), 100)])
    assert sorted(hit.id for hit in hits) == [f"t{i}" for i in range(6)]


@given(st.integers(0, 10_000), st.integers(1, 8), st.sets(st.integers(0, 7)))
def test_nearest_is_the_exact_ranking_without_the_excluded(index, vectors, seed, count, excluded):
    queries = np.random.default_rng(seed).normal(size=(3, 5)).astype(np.float32)
    without = [{f"t{i}" for i in excluded}, (), ["unknown"]]
    searches = [Search(query, count, left_out) for query, left_out in zip(queries, without, strict=True)]
    for search, hits in zip(searches, index.nearest(searches), strict=True):
        scores = _scores(search, vectors)
        best = sorted(scores, key=lambda name: -scores[name])[:count]
        assert [hit.id for hit in hits] == best
        assert [hit.score for hit in hits] == pytest.approx([scores[name] for name in best], abs=1e-5)
        assert [hit.document for hit in hits] == [None] * len(hits)


def _scores(search, vectors):
    return {f"t{i}": float(search.query @ v) for i, v in enumerate(vectors) if f"t{i}" not in search.without}


_EXCLUDED = st.sets(st.integers(0, 7))


@given(st.integers(0, 10_000), st.integers(0, 7), _EXCLUDED, st.booleans(), st.booleans())
def test_raised_and_left_out_as_a_scan_would_say(index, vectors, tracks, seed, count, excluded, no_joni, no_blue):
    query = np.random.default_rng(seed).normal(size=5).astype(np.float32)
    # Two artists say the same, one less; "joni" is another than "Joni".
    raised = {"Joni": 0.3, "JONI": 0.3, "Energy": 0.1, "joni": 9.0}
    search = Search(
        query,
        count,
        without={f"t{i}" for i in excluded},
        without_songs={song("Blue (Live)", "joni"), "unknown"} if no_blue else (),
        without_artists={*artist_keys("Joní"), "unknown"} if no_joni else (),
        raised=raised,
    )
    artists = dict(zip(tracks["track_uri"].to_pylist(), tracks["artist_name"].to_pylist(), strict=True))
    left_out = {*search.without} | ({"t2", "t3", "t5"} if no_joni else set()) | ({"t2", "t3"} if no_blue else set())
    scores = {
        f"t{i}": float(query @ vector) + raised.get(artists[f"t{i}"], 0)
        for i, vector in enumerate(vectors)
        if f"t{i}" not in left_out
    }
    best = sorted(scores, key=lambda name: -scores[name])[:count]
    [hits] = index.nearest([search], documents=True)
    assert [hit.id for hit in hits] == best
    assert [hit.score for hit in hits] == pytest.approx([scores[name] for name in best], abs=1e-5)
    known = index.fetch(best)
    for hit in hits:
        assert replace(hit.document, vector=None) == replace(known[hit.id], vector=None)
        np.testing.assert_array_equal(hit.document.vector, known[hit.id].vector)


@pytest.mark.parametrize("coefficient", [1, -1, 0])
def test_what_is_popular_is_left_out_too(index, coefficient):
    query = np.array([0, 0, 0, 0, coefficient], np.float32)
    search = Search(query, 9, ["t4"], [song("Blue", "Joni")], artist_keys("Energy"))
    assert [hit.id for hit in index.nearest([search])[0]] == ["t5"]


def test_many_are_left_out_as_few_are(index):
    many = [*(f"other{i}" for i in range(500)), "t1", "t2"]
    [hits] = index.nearest([Search(np.ones(5, np.float32), 9, many)])
    assert {hit.id for hit in hits} == {"t0", "t3", "t4", "t5"}


def test_a_track_is_fetched_by_title_and_artist(index):
    called, unknown = Called("Café Society", "energy"), Called("Blue", "Energy")
    found = index.fetch(["t0", called, unknown, artist_key("Energy")])
    assert {key: document.id for key, document in found.items()} == {"t0": "t0", called: "t1", "artist:energy": "a1"}
    # Of several the most popular.
    assert index.fetch([Called("BLUE", "joni")])[Called("BLUE", "joni")].id == "t2"


def test_popularity_alone_can_be_asked_for_in_either_direction(index):
    up, down = np.array([[0, 0, 0, 0, 1], [0, 0, 0, 0, -2]], np.float32)
    popular, unpopular = index.nearest([Search(up, 3, ["t1"]), Search(down, 3, ["t3"])])
    assert [(hit.id, round(hit.score, 5)) for hit in popular] == [("t2", 0.5), ("t5", 0.4), ("t0", 0.3)]
    assert [(hit.id, round(hit.score, 5)) for hit in unpopular] == [("t4", -0.4), ("t0", -0.6), ("t5", -0.8)]


def test_equal_scores_go_by_popularity(index):
    [hits] = index.nearest([Search(np.zeros(5, np.float32), 4)])
    assert [hit.id for hit in hits] == ["t1", "t2", "t5", "t0"]


def test_a_damaged_index_is_noticed_before_it_is_released(tmp_path, tracks, vectors):
    build_embedded(tmp_path, documents(tracks, vectors, {}, 0), 5, "v")
    probes = {f"t{i}": vector for i, vector in enumerate(vectors)}
    verify_embedded(tmp_path, 6, probes)
    with pytest.raises(IndexFaultError, match="6 tracks, not 7"):
        verify_embedded(tmp_path, 7, probes)
    with pytest.raises(IndexFaultError, match="lacks t9"):
        verify_embedded(tmp_path, 6, probes | {"t9": vectors[0]})
    damaged = np.load(tmp_path / "vectors.npy")
    np.save(tmp_path / "vectors.npy", np.where(damaged == damaged[0, 0], np.nan, damaged))
    with pytest.raises(IndexFaultError, match="not finite"):
        verify_embedded(tmp_path, 6, probes)
    np.save(tmp_path / "vectors.npy", damaged)
    swapped = np.load(tmp_path / "vectors.npy")
    swapped[2] = 5 * swapped[3]
    np.save(tmp_path / "vectors.npy", swapped)
    with pytest.raises(IndexFaultError, match="another vector of t"):
        verify_embedded(tmp_path, 6, probes)


def test_neighbours_are_the_strongest_of_either_end():
    source, target, playlists = (np.array(numbers, np.int32) for numbers in ([0, 0, 1], [1, 2, 2], [7, 8, 9]))
    edges = [(source, target, np.array([3, 1, 2], np.float32), playlists)]
    one = Together(strongest(edges, 4, 1), ["x", "y", "z", "alone"])
    assert [one.get(track, ()) for track in range(4)] == [[("y", 7)], [("x", 7)], [("y", 9)], ()]
    two = Together(strongest(edges, 3, 2), ["x", "y", "z"])
    assert two.get(0, ()) == [("y", 7), ("z", 8)]
