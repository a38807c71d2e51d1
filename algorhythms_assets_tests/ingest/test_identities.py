import numpy as np
import pyarrow as pa
from algorhythms_ask.keys import album_key, artist_key

from algorhythms_assets.ingest.identities import identities
from algorhythms_assets.serving.documents import document_count, documents

NAMED = {
    "track": pa.array(range(5), pa.int32()),
    "track_uri": ["t0", "t1", "t2", "t3", "t4"],
    "track_name": ["One", "Two", "Three", "Four", "Five"],
    "artist_uri": ["", None, None, "spotify:artist:q", None],
    "artist_name": ["Quorin", "Avery", "Avery", "Nova", None],
    "album_uri": [None, "", None, "spotify:album:g", None],
    "album_name": ["Greatest Hits", "Greatest Hits", "Greatest Hits", "Greatest Hits", None],
    "playlists": pa.array([5, 4, 3, 2, 1], pa.int32()),
}
VECTORS = np.eye(5, dtype=np.float32)


def test_albums_of_one_title_are_those_of_their_artists():
    tracks = pa.table(NAMED)
    assert identities(tracks, "artist").to_pylist() == ["Quorin", "Avery", "Avery", "spotify:artist:q", None]
    albums = identities(tracks, "album").to_pylist()
    assert albums[1] == albums[2]
    assert len(set(albums)) == 4
    assert albums[3:] == ["spotify:album:g", None]


def test_each_album_of_one_title_stands_for_its_own_artist():
    tracks = pa.table(NAMED)
    found = {key: document for document, keys in documents(tracks, VECTORS, {}, 0) for key in keys}
    of_avery = found[album_key("Avery", "Greatest Hits")]
    assert of_avery.artist == "Avery"
    assert of_avery.vector.tolist() == found[artist_key("Avery")].vector.tolist()
    assert np.allclose(of_avery.vector, [0, 0.5**0.5, 0.5**0.5, 0, 0])
    assert found[album_key("Quorin", "Greatest Hits")].vector.tolist() == [1, 0, 0, 0, 0]
    assert document_count(tracks) == 5 + 3 + 3


def test_sums_do_not_depend_on_how_many_tracks_are_summed_at_once(monkeypatch):
    random = np.random.default_rng(2)
    artists = sorted(random.choice(["A", "B", "C"], 40, p=[0.8, 0.1, 0.1]).tolist())
    number = pa.array(range(40), pa.int32())
    uris, none = [f"t{i}" for i in range(40)], pa.nulls(40, pa.string())
    names = {"artist_uri": none, "artist_name": artists, "album_uri": none, "album_name": none}
    tracks = pa.table({"track": number, "track_uri": uris, "track_name": uris, **names, "playlists": number})
    vectors = random.normal(size=(40, 5)).astype(np.float32)

    def of_artists():
        return {d.id: d.vector for d, _ in documents(tracks, vectors, {}, 2) if d.kind == "artist"}

    whole = of_artists()
    monkeypatch.setattr("algorhythms_assets.serving.documents._ROWS_AT_ONCE", 7)
    parts = of_artists()
    assert parts.keys() == whole.keys() == {"A", "B", "C"}
    for artist, vector in whole.items():
        assert np.allclose(parts[artist], vector, atol=1e-6)
        z = vectors[[one == artist for one in artists], :2].astype(np.float64).sum(axis=0)
        assert np.allclose(vector[:2], z / np.linalg.norm(z), atol=1e-6)
