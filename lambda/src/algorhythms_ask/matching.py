"""Which tracks a text asks for: what every index looks for, in this order, whatever it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from algorhythms_ask.names import GUEST, Name, artist_keys, key, parsed, title_keys

_MOST_PIECES = 16
# What is near is dear to find, and five words tell names apart.
_MOST_MISSPELT = 5
# A shorter word is too near to too many others, a longer one would be too long a pattern.
_FORGIVEN = range(4, 21)


class Match(Enum):
    """What of a track a term is held against; see `names.Terms`."""

    TITLE = auto()
    ARTIST = auto()
    WORD = auto()
    SPELLING = auto()  # a word or a join
    BEGINNING = auto()  # of a word or a join
    NEAR = auto()  # a word but for one edit
    NEAR_BEGINNING = auto()  # the beginning of a word but for one edit


@dataclass(frozen=True)
class Term:
    """One way in which a track may match."""

    match: Match
    text: str


# All clauses have to hold, and of each clause any term.
Clause = tuple[Term, ...]
Wanted = tuple[Clause, ...]


def as_written(text: str) -> list[Wanted]:
    """Returns what to look for, the best first: the name itself, its words, an unfinished last one, any unfinished."""
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
    """Returns what to look for where that is not enough: words with one edit, then an unfinished last one, too.

    An edit is a letter too many, one too few, another one, or two that have changed places.
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
    """Returns what to look for if both names are known: their keys."""
    return _any(sorted(title_keys(title)), Match.TITLE), _any(sorted(artist_keys(artist)), Match.ARTIST)


def misspelt(text: str, beside: str = "") -> Wanted:
    """Returns what to look for if words have one edit at most, and `beside` them stands a title or an artist as it is.

    Only the first five that are long enough to be forgiven are looked at, unless there are none: the others may be any.
    """
    name = parsed(text)
    near = {place: _near(name.pieces[place], Match.NEAR) for place in _places(name)}
    places = ([place for place, forgiven in near.items() if forgiven] or list(near))[:_MOST_MISSPELT]
    known = (_any(sorted(title_keys(beside)), Match.TITLE) + _any(sorted(artist_keys(beside)), Match.ARTIST),)
    return (*known[: bool(beside)], *(_any(_spelt(name, place), Match.SPELLING) + near[place] for place in places))


def one_edit(word: str) -> str:
    """Returns the regular expression, Lucene's as well as Python's, of what is one edit or none away from a word."""
    pattern = ".?"
    for place in reversed(range(len(word))):
        letter, rest = word[place], word[place + 1 :]
        ways = [letter + pattern, "." + letter + rest, ".?" + rest]
        if rest:
            ways.append(rest[0] + letter + rest[1:])
        pattern = f"({'|'.join(ways)})"
    return pattern


def _places(name: Name) -> list[int]:
    """Returns which pieces count: those of the first words, each word once, without what announces a guest."""
    words = {word.word: word for word in reversed(name.words)}
    first = sorted((word for word in words.values() if word.word not in GUEST), key=lambda word: word.start)
    return [place for word in first or name.words for place in range(word.start, word.end)][:_MOST_PIECES]


def _spelt(name: Name, place: int) -> list[str]:
    """Returns the piece and all words that it may be part of."""
    around = [one.word for one in (*name.words, *name.joins) if one.start <= place < one.end]
    return list(dict.fromkeys([name.pieces[place], *around]))


def _begun(name: Name, place: int) -> Clause:
    """Returns the beginnings of what is spelt there; a piece amid a word is whole, as the r of R.E.M."""
    piece, *around = _spelt(name, place)
    amid = any(word.start <= place < word.end - 1 for word in name.words)
    return _any([piece], Match.SPELLING if amid else Match.BEGINNING) + _any(around, Match.BEGINNING)


def _any(texts: Sequence[str], match: Match) -> Clause:
    return tuple(Term(match, text) for text in texts)


def _near(piece: str, match: Match) -> Clause:
    # Another number is no misspelt one.
    forgiven = len(piece) in _FORGIVEN and any(letter.isalpha() for letter in piece)
    return (Term(match, piece),) if forgiven else ()
