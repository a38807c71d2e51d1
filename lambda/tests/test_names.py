import pytest
from algorhythms_ask.names import Name, artist_keys, folded, key, parsed, terms, title_keys
from hypothesis import given
from hypothesis import strategies as st

# Names as they are made: letters of many scripts, marks, digits, and signs between and around them.
_NAMES = st.text(
    st.sampled_from("aAéßnNŉʹøIıİΣςЙёДأةﹱקवनीé日ガ한ﾄﾞ１²½①ﬁ&+!$.,-'’´/()™\u0301\u0308\u0345\u200d\ufe0f \t")
    | st.characters(),
    max_size=30,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Beyoncé", "beyonce"),
        ("BEYONCE\u0301", "beyonce"),
        ("ＡＢＢＡ \t Gold ", "abba gold"),
        ("Straße", "strasse"),
        ("Mø Trentemøller", "mo trentemoller"),
        ("Łódź Æther Cœur", "lodz aether coeur"),
        ("İstanbul ılık", "istanbul ilik"),
        ("Ёлка", "елка"),
        ("Ὀρφεύς", "ορφευσ"),
        ("قَلْب", "قلب"),
        ("שָׁלוֹם", "שלום"),
        ("ﾄﾞﾗｲﾌﾞ", "ドライブ"),
        ("한국", "한국"),
        ("नहीं", "नहीं"),
        ("Thing™ so\u00adft ❤\ufe0f", "thing soft ❤"),
    ],
)
def test_folding_leaves_what_is_read(text: str, plain: str) -> None:
    assert folded(text) == plain


@given(_NAMES)
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(_NAMES)
def test_case_width_and_composition_do_not_matter(text: str) -> None:
    assert parsed(folded(text)) == parsed(text)
    assert key(text.upper().lower()) == key(text.lower())


# Marks without which a word would be another: dakuten, vowels and viramas.
@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("ハ", "パ"), ("कि", "की"), ("कल", "कल्"), ("มา", "มี")])
def test_a_mark_that_makes_another_word_stays(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize(
    ("text", "pieces", "words"),
    [
        ("10,000 Reasons", "10 000 reasons", "10000 reasons"),
        ("AC/DC", "ac dc", "acdc"),
        ("R.E.M.", "r e m", "rem"),
        ("Don’t Stop Believin'", "don t stop believin", "dont stop believin"),
        ("L'Amour", "l amour", "lamour"),
        ("blink-182", "blink 182", "blink182"),
        ("P!nk", "p nk", "pink"),
        ("Panic! At The Disco", "panic at the disco", "panic at the disco"),
        ("Ke$ha, A$AP & Joey Bada$$", "ke ha a ap and joey bada", "kesha asap and joey badass"),
        ("Florence + The Machine", "florence and the machine", "florence and the machine"),
        ("R&B", "r and b", "r and b"),
        ("Guns N' Roses", "guns and roses", "guns and roses"),
        ("Rock'n'Roll", "rock and roll", "rocknroll"),
        ("N.W.A", "n w a", "nwa"),
        ("A - B_C", "a b c", "a bc"),
        ("नहीं तो", "नहीं तो", "नहीं तो"),
        ("夜のドライブ", "夜のドライブ", "夜のドライブ"),
        ("!!!", "!!!", "!!!"),
        ("÷", "÷", "÷"),
        ("'\"\0 ", "", ""),
    ],
)
def test_words_are_what_stands_between_white_space(text: str, pieces: str, words: str) -> None:
    name = parsed(text)
    assert " ".join(name.pieces) == pieces
    assert " ".join(word.word for word in name.words) == words


@given(_NAMES)
def test_every_piece_is_of_one_word(text: str) -> None:
    name = parsed(text)
    assert [place for word in name.words for place in range(word.start, word.end)] == list(range(len(name.pieces)))
    for join in name.joins:
        assert 0 <= join.start < join.end - 1 < len(name.pieces)
    held = [*name.pieces, *(word.word for word in (*name.words, *name.joins))]
    assert all(word and not any(sign.isspace() for sign in word) for word in held)


def _joins(name: Name) -> set[str]:
    return {join.word for join in name.joins}


def test_words_that_may_be_written_together_are_joined() -> None:
    assert _joins(parsed("JAY Z")) == {"jayz"}
    assert _joins(parsed("R E M")) == {"re", "em", "rem"}
    assert _joins(parsed("Rock and Roll")) >= {"rocknroll", "rockandroll"}
    assert _joins(parsed("N W A Straight")) == {"nw", "wa", "nwa", "astraight"}


@pytest.mark.parametrize(
    "names",
    [
        ("R.E.M.", "REM", "R. E. M.", "r e m"),
        ("AC/DC", "AC-DC", "ac dc"),
        ("Guns N' Roses", "Guns & Roses", "guns and roses", "Guns 'N' Roses"),
        ("JAŸ-Z", "Jay Z", "JAYZ"),
        ("Airplanes (feat. Hayley)", "airplanes ft. hayley", "Airplanes featuring Hayley"),
        ("fun.", "FUN"),
    ],
)
def test_the_same_name_has_one_key(names: tuple[str, ...]) -> None:
    assert len({key(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("Airplanes (feat. Hayley Williams)", {"airplanes", "airplanesfeathayleywilliams"}),
        ("Airplanes feat. Hayley", {"airplanes", "airplanesfeathayley"}),
        ("Heart - 2011 Remaster", {"heart", "heart2011remaster"}),
        ("Heart [Live]", {"heart", "heartlive"}),
        ("(I Can't Get No) Satisfaction", {"icantgetnosatisfaction"}),
        ("Heart（Live）", {"heartlive"}),
        ("Heart （Live）", {"heart", "heartlive"}),
        ("Thing™ FEAT. Somebody", {"thing", "thingfeatsomebody"}),
        ("Anti-Hero", {"antihero"}),
        ("Featuring", {"feat"}),
        ("…", {"..."}),
        ("'", set()),
    ],
)
def test_a_title_is_the_same_without_what_follows_it(title: str, keys: set[str]) -> None:
    assert title_keys(title) == keys


def test_an_artist_is_the_same_without_the() -> None:
    assert artist_keys("The Beatles") == {"thebeatles", "beatles"}
    assert artist_keys("The The") == {"thethe", "the"}
    assert artist_keys("The") == {"the"}
    assert artist_keys("Theory") == {"theory"}


def test_an_index_holds_words_of_both_names_and_joins_of_neither_with_the_other() -> None:
    held = terms("Salt & Lemon", "Ann Bo")
    assert held.words == {"salt", "and", "n", "lemon", "ann", "bo"}
    assert "lemonann" not in held.joins
    assert "annbo" in held.joins
    assert (held.titles, held.artists) == ({"saltandlemon"}, {"annbo"})
    assert terms(None, None).words == terms("", "").words == set()
