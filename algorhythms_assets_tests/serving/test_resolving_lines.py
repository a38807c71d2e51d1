"""Which tracks lines are; the same tests for each implementation of an index, on the sample's invented names."""

import random
import time
import unicodedata

import numpy as np
import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Document
from algorhythms_ask.matching import misspelt
from algorhythms_ask.requests import MAX_LINE, MAX_LINES
from algorhythms_ask.resolving import resolved
from algorhythms_ask.versions import song

from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets.sample.catalogue import make_catalogue
from algorhythms_assets.sample.names import name_catalogue


def _named():
    numbers = np.random.default_rng(0)
    catalogue = make_catalogue(1000, numbers)
    names = name_catalogue(catalogue, numbers)
    return list(zip(names.track, names.artist[catalogue.track_artist], strict=True))


NAMES = _named()


def documents():
    for place, (title, artist) in enumerate(NAMES):
        vector = np.array([1, len(NAMES) - place], np.float32)
        name = f"track:{place}"
        told = (name, "track", title, artist, None, len(NAMES) - place, vector)
        yield Document(*told, song=song(title, artist)), [name]
    yield Document("artist", "artist", "X", "X", None, 1, np.ones(2, np.float32)), ["artist"]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    build_embedded(folder, documents(), 2, "v")
    return EmbeddedIndex(folder)


@pytest.fixture(scope="module")
def elastic(tmp_path_factory, elasticsearch_node):
    database = Database(elasticsearch_node.url, timeout=30)
    folder = tmp_path_factory.mktemp("elastic")
    build_elastic(writer(database), "tracks-lines", documents(), 2, 1.0 + len(NAMES), "v", folder)
    return ElasticIndex(Connection(database), "tracks-lines")


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def index(request):
    return request.getfixturevalue(request.param)


def corrupted(title, artist, numbers):
    """Returns a line as somebody might write it."""
    place = numbers.randrange(len(title))
    return numbers.choice(
        [
            f"{artist} - {title}".upper(),
            unicodedata.normalize("NFKD", f"{artist} – {title}").encode("ascii", "ignore").decode(),
            f"{title} | {artist}",
            f"{title} by {artist}",
            f"{artist} - {title[:place]}{title[place + 1 :]}",
            f"{artist}\t{title[:place]}x{title[place:]}",
            f"{artist} - {title} (Remastered 2009)",
            f"{artist} feat. Someone Else - {title}",
            f"{numbers.randrange(1, 200)}. {artist} - {title}",
        ]
    )


def lines_of(count, seed=0):
    """Returns tracks, and a line for each."""
    numbers = random.Random(seed)
    names = numbers.sample(NAMES, count)
    return names, [corrupted(*name, numbers).replace("  ", " ") for name in names]


def answers(index, lines):
    return [([(one.id, sure) for one, sure in found.candidates], found.reason) for found in resolved(lines, index)]


def test_a_match_is_right_97_times_in_100_and_found_95_times(index):
    names, lines = lines_of(400)
    matches = [found.match for found in resolved(lines, index)]
    right = [bool(match) and match.song == song(*name) for match, name in zip(matches, names, strict=True)]
    assert sum(right) >= 0.97 * sum(match is not None for match in matches)
    assert sum(right) >= 0.95 * len(names)


def test_a_title_by_somebody_else_is_no_match(index):
    numbers = random.Random(1)
    songs = {song(*name) for name in NAMES}
    pairs = [(numbers.choice(NAMES)[0], numbers.choice(NAMES)[1]) for _ in range(300)]
    lines = [f"{artist} - {title}" for title, artist in pairs if song(title, artist) not in songs]
    assert sum(found.match is not None for found in resolved(lines, index)) <= len(lines) / 100


def test_a_title_alone_is_no_match(index):
    lines = [title for title, _ in NAMES[:200] if " - " not in title]
    assert not any(found.match for found in resolved(lines, index))


def test_both_indices_say_the_same(embedded, elastic):
    _, lines = lines_of(150, seed=2)
    lines += [title for title, _ in NAMES[:20]] + ["track:3", "", "nothing - at all", "a: b - c | d", "!!! - ???"]
    assert answers(embedded, lines) == answers(elastic, lines)


def test_an_index_is_asked_twice_whatever_the_number_of_lines(embedded, monkeypatch):
    asked = []
    for name in ("fetch", "find", "search", "nearest"):
        method = getattr(embedded, name)

        def counted(*arguments, name=name, method=method):
            asked.append(name)
            return method(*arguments)

        monkeypatch.setattr(embedded, name, counted)
    resolved(lines_of(100)[1], embedded)
    assert asked == ["fetch", "find"]


def test_what_is_found_for_each_comes_in_the_order_of_what_is_wanted(index):
    title, artist = NAMES[5]
    found = index.find([misspelt(f"{title} {artist}"), misspelt("nothing of the kind"), misspelt(title, artist)], 3)
    assert ["track:5" in [document.id for document in some] for some in found] == [True, False, True]
    assert index.find([], 3) == []


def test_noise_takes_no_longer_than_names(embedded):
    numbers = random.Random(3)
    words = [word for name in NAMES for part in name for word in part.split()]
    lines = [" ".join(numbers.choices(words, k=numbers.randrange(1, 12)))[:MAX_LINE] for _ in range(MAX_LINES)]
    began = time.process_time()
    resolved(lines, embedded)
    assert time.process_time() - began < 3  # a third of it on a machine with nothing else to do
