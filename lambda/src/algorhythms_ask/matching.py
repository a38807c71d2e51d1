"""What to search for, given a text: the same searches, in the same order, for every index implementation."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from algorhythms_ask.names import GUEST, Name, artist_keys, key, parsed, title_keys

_MOST_PIECES = 16
# Fuzzy matches are expensive, and five words are enough to distinguish names.
_MOST_MISSPELT = 5
# A shorter word is too close to too many others; a longer one would make too long a pattern.
_FORGIVEN = range(4, 21)


class Match(Enum):
    """Which part of a track's names a term is compared with; see `names.Terms`."""

    TITLE = auto()
    ARTIST = auto()
    WORD = auto()
    SPELLING = auto()  # a word or a join
    BEGINNING = auto()  # of a word or a join
    NEAR = auto()  # a word, with at most one edit
    NEAR_BEGINNING = auto()  # the beginning of a word, with at most one edit


@dataclass(frozen=True)
class Term:
    """One way in which a track may match."""

    match: Match
    text: str


# All clauses must match; a clause matches if any of its terms does.
Clause = tuple[Term, ...]
Wanted = tuple[Clause, ...]


def as_written(text: str) -> list[Wanted]:
    """Returns the searches, best first: the name itself, its words, an unfinished last word, any word unfinished."""
    name = parsed(text)
    places = _places(name)
    if not places:
        return []
    exact = (_any([key(text)], Match.TITLE) + _any([key(text)], Match.ARTIST),)
    words = tuple(_any([word.word], Match.WORD) for word in name.words if word.start in places)
    *_, last = begun = [_begun(name, place) for place in places]
    unfinished = (*(_any(_spelt(name, place), Match.SPELLING) for place in places[:-1]), last)
    return list(dict.fromkeys([exact, words, unfinished, tuple(begun)]))


def forgiving(text: str) -> list[Wanted]:
    """Returns the searches to try next: words with one edit, then also an unfinished last word.

    An edit is an inserted, missing or different letter, or two adjacent letters swapped.
    """
    name = parsed(text)
    places = _places(name)
    near = [_begun(name, place) + _near(name.pieces[place], Match.NEAR) for place in places]
    if not any(term.match is Match.NEAR for clause in near for term in clause):
        return []
    *others, last = near
    unfinished = last + _near(name.pieces[places[-1]], Match.NEAR_BEGINNING)
    return list(dict.fromkeys([tuple(near), (*others, unfinished)]))


def so_called(title: str, artist: str) -> Wanted:
    """Returns the search for a track whose title and artist are both given: by their keys."""
    return _any(sorted(title_keys(title)), Match.TITLE), _any(sorted(artist_keys(artist)), Match.ARTIST)


def misspelt(text: str, beside: str = "") -> Wanted:
    """Returns the search for words with at most one edit, where `beside` is a title or artist spelt correctly.

    Only the first five words that are long enough for an edit are searched, if there are any; the others are ignored.
    """
    name = parsed(text)
    near = {place: _near(name.pieces[place], Match.NEAR) for place in _places(name)}
    places = ([place for place, forgiven in near.items() if forgiven] or list(near))[:_MOST_MISSPELT]
    known = (_any(sorted(title_keys(beside)), Match.TITLE) + _any(sorted(artist_keys(beside)), Match.ARTIST),)
    return (*known[: bool(beside)], *(_any(_spelt(name, place), Match.SPELLING) + near[place] for place in places))


def one_edit(word: str) -> str:
    """Returns a regular expression, for both Lucene and Python, that matches a word with at most one edit."""
    pattern = ".?"
    for place in reversed(range(len(word))):
        letter, rest = word[place], word[place + 1 :]
        ways = [letter + pattern, "." + letter + rest, ".?" + rest]
        if rest:
            ways.append(rest[0] + letter + rest[1:])
        pattern = f"({'|'.join(ways)})"
    return pattern


def _places(name: Name) -> list[int]:
    """Returns which pieces are searched: those of the first distinct words, except words that introduce a guest."""
    words = {word.word: word for word in reversed(name.words)}
    first = sorted((word for word in words.values() if word.word not in GUEST), key=lambda word: word.start)
    return [place for word in first or name.words for place in range(word.start, word.end)][:_MOST_PIECES]


def _spelt(name: Name, place: int) -> list[str]:
    """Returns the piece and all words that contain it."""
    around = [one.word for one in (*name.words, *name.joins) if one.start <= place < one.end]
    return list(dict.fromkeys([name.pieces[place], *around]))


def _begun(name: Name, place: int) -> Clause:
    """Returns the spellings there as prefixes; a piece within a word is complete, as the r of R.E.M."""
    piece, *around = _spelt(name, place)
    amid = any(word.start <= place < word.end - 1 for word in name.words)
    return _any([piece], Match.SPELLING if amid else Match.BEGINNING) + _any(around, Match.BEGINNING)


def _any(texts: Sequence[str], match: Match) -> Clause:
    return tuple(Term(match, text) for text in texts)


def _near(piece: str, match: Match) -> Clause:
    # A different number is not a misspelling.
    forgiven = len(piece) in _FORGIVEN and any(letter.isalpha() for letter in piece)
    return (Term(match, piece),) if forgiven else ()
