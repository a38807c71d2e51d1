from algorhythms_ask.matching import Match, Term, Wanted, as_written, forgiving, one_edit
from hypothesis import given
from hypothesis import strategies as st

# Elasticsearch's limit to a regular expression, which a beginning makes two longer.
_LONGEST_PATTERN = 998


def _count(wanted: list[Wanted]) -> int:
    return sum(len(clause) for clauses in wanted for clause in clauses)


def test_what_is_looked_for_first_is_the_name_itself() -> None:
    exact, words, unfinished, begun = as_written("bach air")
    assert exact == ((Term(Match.TITLE, "bachair"), Term(Match.ARTIST, "bachair")),)
    assert words == ((Term(Match.WORD, "bach"),), (Term(Match.WORD, "air"),))
    assert [clause[0] for clause in unfinished] == [Term(Match.SPELLING, "bach"), Term(Match.BEGINNING, "air")]
    assert [clause[0] for clause in begun] == [Term(Match.BEGINNING, "bach"), Term(Match.BEGINNING, "air")]


def test_nothing_is_looked_for_twice() -> None:
    assert len(as_written("bach")) == 3  # its only word is the unfinished one
    assert len(forgiving("bach air")) == 1  # the unfinished one is too short to be forgiven
    assert forgiving("air in 1999") == []


def test_a_query_is_bounded() -> None:
    assert _count(as_written("a " * 99)) < 20
    assert as_written("word " * 5000)[1] == as_written("word")[1]
    assert len(as_written(" ".join(f"word{i}" for i in range(99)))[1]) == 16
    assert _count(as_written("a." * 99)) < 200


def test_a_guest_may_be_announced_or_not() -> None:
    assert as_written("airplanes feat. hayley")[1] == as_written("airplanes hayley")[1]
    assert as_written("feat")[1] == ((Term(Match.WORD, "feat"),),)


@given(st.text(max_size=200))
def test_no_text_asks_for_much(text: str) -> None:
    wanted = as_written(text) + forgiving(text)
    assert all(wanted)
    assert all(len(clauses) <= 16 for clauses in wanted)
    assert _count(wanted) < 1000
    for clauses in wanted:
        for clause in clauses:
            for term in clause:
                assert term.text
                if term.match in (Match.NEAR, Match.NEAR_BEGINNING):
                    assert len(one_edit(term.text)) <= _LONGEST_PATTERN
