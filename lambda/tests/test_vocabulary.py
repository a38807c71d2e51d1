import re

import pytest
from algorhythms_ask.matching import one_edit
from algorhythms_ask.vocabulary import Vocabulary
from hypothesis import given
from hypothesis import strategies as st

_WORD = st.text("abcé", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("beyonse", True),
        ("beyonc", True),
        ("beyoncee", True),
        ("ebyonce", True),
        ("beyonec", True),
        ("xeyonce", True),
        ("eyonce", True),
        ("xbeyonce", True),
        ("beyonce", True),
        ("beyons", False),
        ("boyonse", False),
    ],
)
def test_one_edit_is_forgiven(asked: str, near: bool) -> None:
    assert Vocabulary(["beyonce"]).near(asked) == ["beyonce"] * near


# Elasticsearch finds what is near by the pattern; here it is held against what is found without it.
@given(st.sets(_WORD), _WORD)
def test_what_is_near_is_what_the_pattern_says(words: set[str], asked: str) -> None:
    pattern = re.compile(one_edit(asked))
    vocabulary = Vocabulary(sorted(words))
    assert vocabulary.near(asked) == sorted(filter(pattern.fullmatch, words))
    beginnings = tuple(vocabulary.near_beginnings(asked))
    begun = {word for word in words if word.startswith(beginnings)}
    assert begun == {word for word in words if any(pattern.fullmatch(word[:end]) for end in range(len(word) + 1))}


def test_no_words_are_near_nothing() -> None:
    assert Vocabulary([]).near("word") == Vocabulary([]).near_beginnings("word") == []
