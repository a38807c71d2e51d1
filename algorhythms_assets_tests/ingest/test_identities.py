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
