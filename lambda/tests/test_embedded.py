import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document, IndexUnavailableError, Search
from algorhythms_ask.names import VERSION
from hypothesis import given, settings
from hypothesis import strategies as st

from algorhythms_assets.resources.index.embedded import build_embedded

BRIDGE = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b"


@pytest.fixture(scope="module")
def index(store: Path) -> EmbeddedIndex:
    return EmbeddedIndex(store / "search_index" / "v1")


def _found(index: EmbeddedIndex, text: str, count: int = 10) -> list[str]:
    return [document.id for document in index.search(text, count)]


def test_knows_its_size(index: EmbeddedIndex) -> None:
    assert (index.tracks, index.dimension) == (12, 5)


def test_fetches_tracks_artists_and_albums_in_one_go(index: EmbeddedIndex) -> None:
    found = index.fetch(["rock1", "unknown", "artist:ninablue", "spotify:album:hits", "", "a\0b", "rock1"])
    assert {key: (document.kind, document.name) for key, document in found.items()} == {
        "rock1": ("track", "Highway Fire"),
        "artist:ninablue": ("artist", "Nina Blue"),
        "spotify:album:hits": ("album", "Greatest Hits"),
    }
    rock1 = found["rock1"]
    assert (rock1.artist, rock1.album, rock1.playlists) == ("The Sparks", "Ember", 32)
    assert rock1.vector.tolist() == [1, 0, 0, 0, 0.5]
    assert rock1.neighbours == ()
    assert index.fetch(["rock1"], neighbours=True)["rock1"].neighbours == (("rock3", 3), ("rock2", 5))
    assert index.fetch([]) == {}


def test_nearest_by_hand(index: EmbeddedIndex) -> None:
    queries = np.array([[1, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 1, 0, 0, 0]], np.float32)
    without: list[list[str]] = [["rock2", "unknown", "artist:ninablue"], [], ["jazz1", "rock1"]]
    rock, popular, jazz = index.nearest([Search(query, 4, out) for query, out in zip(queries, without, strict=True)])
    assert [(hit.id, hit.score) for hit in rock] == [
        ("rock1", 1.5),
        ("rock3", 1.125),
        (BRIDGE, 0.75),
        ("rock4", 0.5625),
    ]
    assert [hit.id for hit in popular] == ["rock1", "jazz1", BRIDGE, "rock2"]
    # All three score the same 0.5 or 1: the more popular, then the identifier, comes first.
    assert [(hit.id, hit.score) for hit in jazz] == [("jazz2", 1), ("jazz3", 1), (BRIDGE, 0.5), ("jazz4", 0.5)]


def test_nearest_gives_what_there_is(index: EmbeddedIndex) -> None:
    query = np.zeros(5, np.float32)
    everything = [hit.id for hit in index.nearest([Search(query, 500)])[0]]
    assert len(everything) == 12
    assert index.nearest([Search(query, 500, everything)]) == [[]]
    assert index.nearest([Search(query, 0)]) == [[]]
    assert index.nearest([], 5) == []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_nearest_is_what_a_plain_sort_finds(data: st.DataObject) -> None:
    # Small whole numbers: many ties, and sums that single precision holds exactly.
    number = st.integers(-2, 2)
    vectors = data.draw(st.lists(st.tuples(number, number, number), max_size=30))
    queries = data.draw(st.lists(st.tuples(number, number, number), max_size=3))
    count = data.draw(st.integers(0, 40))
    names = [f"t{i:02}" for i in range(len(vectors))]
    known_or_not = st.lists(st.sampled_from([*names, "unknown", "artist"]))
    exclude = [data.draw(known_or_not) for _ in queries]
    documents = [
        (Document(name, "track", name, None, None, 0, np.array(vector, np.float32)), [name])
        for name, vector in zip(names, vectors, strict=True)
    ]
    # It is nearer than any track, but only stands in for unknown ones.
    artist = Document("artist", "artist", "artist", None, None, 0, np.full(3, 9, np.float32))
    with TemporaryDirectory() as folder:
        build_embedded(Path(folder), [*documents, (artist, ["artist"])], 3, "v")
        searches = [
            Search(np.array(query, np.float32), count, out) for query, out in zip(queries, exclude, strict=True)
        ]
        found = EmbeddedIndex(Path(folder)).nearest(searches)
    for query, left_out, hits in zip(queries, exclude, found, strict=True):
        scores = {
            name: sum(a * b for a, b in zip(query, vector, strict=True))
            for name, vector in zip(names, vectors, strict=True)
            if name not in left_out
        }
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:count]
        assert [(hit.id, hit.score) for hit in hits] == best


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fire", ["rock1", "rock2", "rock3"]),  # the most popular first
        ("FIR", ["rock1", "rock2", "rock3"]),
        ("sparks esc", ["rock2"]),  # words of artist and name, in any order
        ("escape of sparks", []),  # every word has to be there
        ("cafe", ["jazz2"]),
        ("CAFÉ", ["jazz2"]),
        ("ro\u0301sin", ["rock5"]),  # the accent as a character of its own
        ("rock'n'roll", ["rock4"]),
        ('"fire" AND (again)', []),  # no operators: "and" is a word like any other
        ('"fire* (again)', ["rock3"]),
        ("-fire ^again:", ["rock3"]),
        ("name:fire", []),
        ("NEAR(fire again)", []),
        ("AC/DC_live", ["rock4"]),
        ("dc_", ["rock4"]),
        ("fire\0again", ["rock3"]),
        ("fire 🔥", ["rock1", "rock2", "rock3"]),
        ("🔥", []),
        ("___", []),
        (" .,;'\"*()\0", []),
        ("", []),
        ("नहीं", []),
        ("fire " * 5000, ["rock1", "rock2", "rock3"]),
        ("x" * 100_000, []),
    ],
)
def test_search_by_name(index: EmbeddedIndex, text: str, expected: list[str]) -> None:
    assert _found(index, text) == expected


def test_search_gives_at_most_so_many(index: EmbeddedIndex) -> None:
    assert _found(index, "fire", 2) == ["rock1", "rock2"]


@given(st.text(max_size=50))
def test_any_text_can_be_searched(index: EmbeddedIndex, text: str) -> None:
    assert len(_found(index, text, 3)) <= 3


def test_threads_share_an_index(index: EmbeddedIndex) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: index.search("nina", 1)[0].id, range(64))) == {"jazz1"}


def test_an_empty_index_answers(tmp_path: Path) -> None:
    build_embedded(tmp_path, [], 5, "v")
    index = EmbeddedIndex(tmp_path)
    assert index.nearest([Search(np.zeros(5, np.float32), 3, ["x"])]) == [[]]
    assert index.fetch(["x"]) == {}
    assert index.search("x", 1) == []


@pytest.mark.parametrize("name", ["index.json", "vectors.npy", "documents.sqlite"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"no such thing"])
def test_a_damaged_index_says_so(store: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    folder = tmp_path / "index"
    shutil.copytree(store / "search_index" / "v1", folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(IndexUnavailableError, match=str(tmp_path)):
        EmbeddedIndex(folder)


def test_files_of_two_indexes_do_not_mix(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(store / "search_index" / "v1", folder)
    for vectors in (np.zeros((16, 5), np.float32), np.zeros((17, 6), np.float32), np.zeros(17, np.float32)):
        np.save(folder / "vectors.npy", vectors)
        with pytest.raises(IndexUnavailableError, match="damaged"):
            EmbeddedIndex(folder)
    shutil.copy(store / "search_index" / "v1" / "vectors.npy", folder)
    about = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(about | {"tracks": 18}))
    with pytest.raises(IndexUnavailableError, match="damaged"):
        EmbeddedIndex(folder)


@pytest.mark.parametrize("version", [None, VERSION - 1, VERSION + 1])
def test_an_index_whose_names_are_of_another_version_is_refused(
    store: Path, tmp_path: Path, version: int | None
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(store / "search_index" / "v1", folder)
    about = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(about | {"names": version}))
    with pytest.raises(IndexUnavailableError, match=r"another version's.*: materialize search_index again"):
        EmbeddedIndex(folder)
