"""Which tracks a text finds, in which order; the same tests for each implementation of an index."""

import numpy as np
import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.index import Called, Document
from hypothesis import given, settings
from hypothesis import strategies as st

from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.index.embedded import build_embedded

# By falling popularity. Those which a text must not find first come before those that it must.
TRACKS = [
    ("Bachelor", "Bachelorettes"),
    ("Funeral", "Funk Brothers"),
    ("Remember Remixes", "Remy"),
    ("Heartless", "Hearts of Stone"),
    ("Americana", "Americans"),
    ("Joey", "Joel"),
    ("Tiny Titan", "Tinashe"),
    ("BTSK", "Btso"),
    ("Hey Joe", "Jimi Hendrix"),
    ("Bach: Goldberg Variations, BWV 988", "Glenn Gould"),
    ("Into the Ender", "Endless"),
    ("In the End", "Linkin Park"),
    ("Air on the G String", "Bach"),
    ("Losing My Religion", "R.E.M."),
    ("We Are Young (feat. Janelle Monáe)", "fun."),
    ("Whatever You Like", "T.I."),
    ("Barracuda", "Heart"),
    ("A Horse With No Name", "America"),
    ("America", "Simon & Garfunkel"),
    ("I Wanna Know", "Joe"),
    ("DNA", "BTS"),
    ("10,000 Reasons (Bless the Lord)", "Matt Redman"),
    ("Sweet Child O' Mine", "Guns N' Roses"),
    ("Airplanes (feat. Hayley Williams)", "B.o.B"),
    ("Don’t Stop Believin'", "Journey"),
    ("I'm Yours", "Jason Mraz"),
    ("Thunderstruck", "AC/DC"),
    ("All The Small Things", "blink-182"),
    ("99 Problems", "JAY Z"),
    ("Empire State of Mind", "JAY-Z"),
    ("Just Give Me a Reason", "P!nk"),
    ("TiK ToK", "Ke$ha"),
    ("Halo", "Beyoncé"),
    ("Halo - Live", "Beyoncé"),
    ("Take On Me", "a-ha"),
    ("Yellow", "Coldplay"),
    ("Yesterday - Remastered 2009", "The Beatles"),
    ("Rock'n'Roll", "Led Zeppelin"),
    ("L'amour toujours", "Gigi D'Agostino"),
    ("Hoppípolla", "Sigur Rós"),
    ("Dancing Queen", "ＡＢＢＡ"),
    ("Группа крови", "Кино"),
    ("夜のドライブ", "東京事変"),
    ("봄날", "방탄소년단"),
    ("أنت عمري", "أم كلثوم"),
    ("नहीं सामने", "ए. आर. रहमान"),
    ("Me and Giuliani Down By the School Yard", "!!!"),
    ('"Heroes" OR *', "NEAR"),
    ("Supercalifragilistic", "Mary"),
    ("Heroes", None),
    (None, None),
]


def titled(*titles):
    return [f"{title} by {artist}" for title, artist in TRACKS if title in titles]


def documents(tracks):
    for place, (title, artist) in enumerate(tracks):
        vector = np.array([1, len(tracks) - place], np.float32)
        name = f"{title} by {artist}"
        yield Document(name, "track", title, artist, None, len(tracks) - place, vector), [name]
    yield Document("halo", "artist", "Halo", "Halo", None, 1, np.ones(2, np.float32)), ["halo"]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    build_embedded(folder, documents(TRACKS), 2, "v")
    return EmbeddedIndex(folder)


@pytest.fixture(scope="module")
def elastic(tmp_path_factory, elasticsearch_node):
    database = Database(elasticsearch_node.url, timeout=30)
    folder = tmp_path_factory.mktemp("elastic")
    build_elastic(writer(database), "tracks-names", documents(TRACKS), 2, 1.0 + len(TRACKS), "v", folder)
    return ElasticIndex(Connection(database), "tracks-names")


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def index(request):
    return request.getfixturevalue(request.param)


def found(index, text, count=10):
    return [document.id for document in index.search(text, count)]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        # Punctuation, digits with separators, and what stands for "and".
        ("10000 reasons", "10,000 Reasons (Bless the Lord)"),
        ("10.000 Reasons", "10,000 Reasons (Bless the Lord)"),
        ("10 000 reasons bless", "10,000 Reasons (Bless the Lord)"),
        ("guns & roses", "Sweet Child O' Mine"),
        ("guns and roses", "Sweet Child O' Mine"),
        ("GUNS N ROSES", "Sweet Child O' Mine"),
        ("gunsnroses", "Sweet Child O' Mine"),
        ("simon + garfunkel", "America"),
        ("rock and roll zeppelin", "Rock'n'Roll"),
        ("rocknroll", "Rock'n'Roll"),
        # Guests, announced or not.
        ("airplanes feat hayley williams", "Airplanes (feat. Hayley Williams)"),
        ("airplanes ft. hayley williams", "Airplanes (feat. Hayley Williams)"),
        ("airplanes hayley", "Airplanes (feat. Hayley Williams)"),
        ("airplanes featuring b.o.b", "Airplanes (feat. Hayley Williams)"),
        # Apostrophes dropped, straight, typographic.
        ("dont stop believin", "Don’t Stop Believin'"),
        ("don't stop", "Don’t Stop Believin'"),
        ("don´t stop believin’", "Don’t Stop Believin'"),
        ("im yours", "I'm Yours"),
        ("i’m yours", "I'm Yours"),
        ("amour toujours", "L'amour toujours"),
        ("lamour dagostino", "L'amour toujours"),
        # Accents, case, width.
        ("hoppipolla sigur ros", "Hoppípolla"),
        ("HOPPI\u0301POLLA", "Hoppípolla"),
        ("abba", "Dancing Queen"),
        ("ｄａｎｃｉｎｇ　ｑｕｅｅｎ", "Dancing Queen"),
        # Joined and split words.
        ("acdc", "Thunderstruck"),
        ("ac dc thunderstruck", "Thunderstruck"),
        ("thunder struck", "Thunderstruck"),
        ("acdc thunder", "Thunderstruck"),
        ("blink182", "All The Small Things"),
        ("blink 182 small", "All The Small Things"),
        ("aha take", "Take On Me"),
        ("a ha take", "Take On Me"),
        ("cold play", "Yellow"),
        ("r e m losing", "Losing My Religion"),
        ("rem losing", "Losing My Religion"),
        ("pink reason", "Just Give Me a Reason"),
        ("p!nk", "Just Give Me a Reason"),
        ("pink", "Just Give Me a Reason"),
        ("kesha", "TiK ToK"),
        ("tiktok", "TiK ToK"),
        # One edit a word, of four letters or more.
        ("beyonse halo", "Halo"),
        ("halo beyonce", "Halo"),
        ("beyonec", "Halo"),
        ("teyonce hallo", "Halo"),
        ("coldpaly yelow", "Yellow"),
        ("yellw coldplay", "Yellow"),
        ("thunderstuck", "Thunderstruck"),
        ("dont stop beleivin", "Don’t Stop Believin'"),
        ("acddc", "Thunderstruck"),
        ("beyons", "Halo"),  # unfinished and misspelt
        ("coldply yel", "Yellow"),
        ("yesterxay", "Yesterday - Remastered 2009"),
        ("supercalifragilistik", "Supercalifragilistic"),  # the longest word that is forgiven
        # Other scripts.
        ("кино", "Группа крови"),
        ("ГРУППА кров", "Группа крови"),
        ("группо крови", "Группа крови"),
        ("夜", "夜のドライブ"),
        ("夜のﾄﾞﾗｲﾌﾞ", "夜のドライブ"),
        ("방탄", "봄날"),
        ("انت عمري", "أنت عمري"),
        ("नहीं", "नहीं सामने"),
        ("सामने रहमान", "नहीं सामने"),
        # The text is no query of a language.
        ('"heroes" OR *', '"Heroes" OR *'),
        ("NEAR(heroes)", '"Heroes" OR *'),
        ("!!!", "Me and Giuliani Down By the School Yard"),
    ],
)
def test_however_it_is_written_it_is_found(index, text, title):
    assert found(index, text)[0] == titled(title)[0]


@pytest.mark.parametrize(
    "text",
    [
        "boyonse",  # two edits
        "tik tuk",  # words of three letters
        "98 problems",  # another number
        "夜のトライフ",  # other letters
        "titles:heroes",
        "yellow NOT coldplay",
    ],
)
def test_what_is_another_word_is_not_found(index, text):
    assert found(index, text) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("R.E.M.", ["Losing My Religion", "Remember Remixes"]),
        ("rem", ["Losing My Religion", "Remember Remixes"]),
        ("T.I.", ["Whatever You Like"]),
        ("ti", ["Whatever You Like", "Tiny Titan"]),
        ("Heart", ["Barracuda", "Heartless"]),
        ("america", ["A Horse With No Name", "America", "Americana"]),
        ("Joe", ["I Wanna Know", "Hey Joe", "Joey"]),
        ("BTS", ["DNA", "BTSK"]),
        ("fun", ["We Are Young (feat. Janelle Monáe)", "Funeral"]),
        ("bach", ["Air on the G String", "Bach: Goldberg Variations, BWV 988", "Bachelor"]),
        ("in the end", ["In the End", "Into the Ender"]),
        ("in the en", ["In the End", "Into the Ender"]),
        ("jay z", ["99 Problems", "Empire State of Mind"]),
        ("jayz", ["99 Problems", "Empire State of Mind"]),
        ("halo", ["Halo", "Halo - Live"]),
        ("beatles", ["Yesterday - Remastered 2009"]),
        ("the beatles", ["Yesterday - Remastered 2009"]),
        ("yesterday", ["Yesterday - Remastered 2009"]),
        ("airplanes", ["Airplanes (feat. Hayley Williams)"]),
        ("heroes", ["Heroes", '"Heroes" OR *']),
    ],
)
def test_the_name_itself_comes_before_its_words_and_these_before_beginnings(index, text, first):
    expected = [name for title in first for name in titled(title)]
    assert found(index, text)[: len(expected)] == expected


def test_beginnings_of_any_words_in_any_order_will_do(index):
    assert found(index, "coldp yel") == found(index, "yel coldp") == titled("Yellow")


def test_what_is_near_comes_last(index):
    assert found(index, "joel") == titled("Joey") + titled("Hey Joe", "I Wanna Know")
    assert found(index, "joel", 1) == titled("Joey")


def test_every_track_is_found_by_its_title_and_artist(index):
    for title, artist in TRACKS:
        if title and artist:
            assert found(index, f"{artist} - {title}")[0] == f"{title} by {artist}"
            assert found(index, f"{title} {artist}".upper())[0] == f"{title} by {artist}"


@pytest.mark.parametrize(
    "text",
    [
        " ".join(chr(ord("a") + i) * 11 for i in range(16)),
        "-".join("abcdefghi" * 20),
        "***",
        "\0",
        "_",
        "'",
        '"',
        " .,;'\"*()\0",
        "",
        "🔥",
        "x" * 100_000,
        "x " * 5000,
        "\ud800",
    ],
)
def test_what_names_nothing_finds_nothing(index, text):
    assert found(index, text) == []


def test_words_count_once_and_only_the_first(index):
    assert found(index, "halo " * 5000) == found(index, "halo halo")
    first = "all the small things blink 182 " + "all the small things blink 182 " * 40
    assert found(index, first) == titled("All The Small Things")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_no_more_are_found_than_wanted(index, count):
    assert found(index, "america", count) == titled("A Horse With No Name", "America")[:count]


@pytest.mark.parametrize(
    ("title", "artist", "expected"),
    [
        ("HALO", "Beyonce", ["Halo", "Halo - Live"]),
        ("Halo (Live)", "Beyonce", ["Halo", "Halo - Live"]),
        ("Yesterday", "Beatles", ["Yesterday - Remastered 2009"]),
        ("Airplanes ft. Hayley Williams", "BoB", ["Airplanes (feat. Hayley Williams)"]),
        ("Sweet Child o mine", "Guns and Roses", ["Sweet Child O' Mine"]),
        ("Heroes", "", []),
        ("Halo", "Joe", []),
        ("", "Beyoncé", []),
        ("'", "'", []),
    ],
)
def test_a_track_is_known_by_both_its_names(index, title, artist, expected):
    found = index.fetch([Called(title, artist)])
    assert [document.id for document in found.values()] == titled(*expected[:1])


_WORDS = sorted({word for names in TRACKS for name in names if name for word in name.split()})


@st.composite
def texts(draw):
    """Words of the tracks, some cut short or misspelt."""
    words = draw(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3))
    text = draw(st.sampled_from([" ", "", "-"])).join(words)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(["", "e", "o", "'", " "])) + text[place + draw(st.integers(0, 1)) :]
    return text[: draw(st.integers(1, 40))]


@settings(max_examples=300, deadline=None)
@given(texts() | st.text(max_size=20), st.sampled_from([1, 3, 10, 50]))
def test_both_indices_find_the_same_in_the_same_order(embedded, elastic, text, count):
    assert found(embedded, text, count) == found(elastic, text, count)
