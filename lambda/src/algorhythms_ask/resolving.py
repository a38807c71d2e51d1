"""Resolves the lines of a list to tracks: "artist - title", "title by artist", links, numbered and misspelt lines.

A line is read in every way that its separators allow, and each reading is compared with the tracks of these names in
an index. A track is trusted if both its title and its artist match the line; a title alone does not identify a track.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from algorhythms_ask.index import Called, Document, Index, Key
from algorhythms_ask.matching import Match, Term, Wanted, misspelt, so_called
from algorhythms_ask.names import artist_keys, key, main_artist, title_keys
from algorhythms_ask.songs import local_song, track_id
from algorhythms_ask.versions import another_song, without_version

# The threshold of a match: 97 of 100 matches must be right.
ENOUGH = 0.5
MAX_CANDIDATES = 5

# Tracks retrieved per reading of a line.
_LOOKED_AT = 8
# Only a line with at most this many parts, such as "artist - album - title", may leave one unused.
_FEW_PARTS = 4
# How many separators are tried as the one between title and artist; only the first one, if a line has many parts.
_MOST_SEPARATORS = 3
_MANY_PARTS = 8
# How many readings may be misspelt: the first separator, in both orders.
_MOST_MISSPELT = 2

_NUMBER = re.compile(r"\s*(?:#?\d{1,3}\s*[.)\]](?=\s)|#\d{1,3}\s|[-*•·–](?=\s))\s*")
_DURATION = re.compile(r"\s*(?:\(\d{1,2}:\d\d\)|\[\d{1,2}:\d\d\]|(?<=\s)\d{1,2}:\d\d)\s*$")
_SEPARATOR = re.compile(r"\s*\t\s*|\s*\|\s*|\s*[–—]+\s*|\s+[-:]+\s*|[-:]+\s+|\s+by\s+", re.IGNORECASE)
# Only if there is no other separator: it is part of many names.
_HYPHEN = re.compile(r"[-:]")
_BETWEEN_ARTISTS = re.compile(r"\s*[,;/&+]\s*|\s+(?:and|x|vs\.?|feat\.?|ft\.?|featuring|with)\s+", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")

# Names that share fewer letters than this are not alike.
_ALIKE = 0.6

# Confidence of an identifier, and of both names.
_IDENTIFIED = 1.0
_BOTH = 0.99
# Factors for: only one of several artists, a title without its brackets, an unused part of the line, no separator.
_ONE_OF_THEM = 0.95
_BRACKETS = 0.9
_LEFT_OUT = 0.85
_UNSEPARATED = 0.9
# Candidates below a match: a remix instead of the song, one of two songs that both fit, a title without an artist, a
# title with another artist.
_ANOTHER_SONG = 0.4
_EITHER = 0.45
_TITLE_ALONE = 0.3
_ANOTHER_ARTIST = 0.1

_NOTHING = "Nothing like it is in the index."
_EMPTY = "It contains no name."
_UNKNOWN = "Its identifier is not in the index."
_ARTIST_ONLY = "The artist is known, but has no title like this."
_TITLE_ONLY = "The title is known, but not by this artist."
_SEVERAL_ARTISTS = "A title alone fits several artists."
_ALONE = "A title alone does not identify the artist."
_SEVERAL_SONGS = "It fits more than one song."
_UNSURE = "Something similar is known, but it is not close enough."


@dataclass(frozen=True)
class Reading:
    """One interpretation of a line; `trust` weights it."""

    title: str
    artist: str
    trust: float = 1.0


@dataclass(frozen=True)
class Line:
    """A parsed line: an identifier, or why it does not identify a track; otherwise names."""

    text: str
    identifier: str | None = None
    refusal: str | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class Resolved:
    """The result for a line: candidates with their confidence, best first, and why none of them is a match."""

    candidates: Sequence[tuple[Document, float]] = ()
    reason: str | None = None

    @property
    def match(self) -> Document | None:
        """The matching track."""
        return self.candidates[0][0] if self.candidates and self.reason is None else None


def resolved(lines: Sequence[str], index: Index) -> list[Resolved]:
    """Resolves each line, with at most two queries to the index."""
    read = {line: read_line(line) for line in dict.fromkeys(lines)}
    keys: dict[Key, None] = {}
    for line in read.values():
        keys |= dict.fromkeys(_keys(line))
    known = index.fetch(list(keys))
    found = {text: [known[one] for one in _keys(line) if one in known] for text, line in read.items()}
    looks: dict[Wanted, None] = {}
    left: dict[str, list[Wanted]] = {}
    for text, line in read.items():
        if line.identifier is None and line.refusal is None and not _is_settled(line, found[text]):
            left[text] = list(_looks(line, found[text]))
            looks |= dict.fromkeys(left[text])
    more = dict(zip(looks, index.find(list(looks), _LOOKED_AT), strict=True)) if looks else {}
    answers = {
        text: judged(line, found[text] + [document for look in left.get(text, ()) for document in more[look]])
        for text, line in read.items()
    }
    return [answers[line] for line in lines]


def read_line(text: str) -> Line:
    """Parses a line."""
    # A file's name may contain white space.
    for word in [text.strip()] if text.strip().lower().startswith("spotify:local:") else text.split():
        if word.lower().startswith("spotify:") or "spotify.com/" in word.lower():
            try:
                local = local_song(word)
                if local is not None and local.name and local.artist:
                    return Line(word, readings=(Reading(local.name, local.artist),))
                return Line(word, identifier=track_id(word))
            except ValueError as error:
                return Line(word, refusal=f"It is {error}.")
    plain = _DURATION.sub("", _NUMBER.sub("", text, count=1) if _NUMBER.match(text) else text).strip()
    if plain and (identifier := track_id(plain)) != plain:
        return Line(plain, identifier=identifier)
    return Line(plain, readings=tuple(_readings(plain)))


def _readings(text: str) -> Iterator[Reading]:
    """Yields each way to split a line into two names, either of which may be the title."""
    parts = _parts(text)
    whole = [(text[:end].strip(), text[start:].strip(), 1.0) for (_, end), (start, _) in pairwise(parts)]
    pairs = whole[: _MOST_SEPARATORS if len(parts) <= _MANY_PARTS else 1]
    if 2 < len(parts) <= _FEW_PARTS:
        spans = [text[start:end] for start, end in parts]
        pairs += [(one, other, _LEFT_OUT) for one, other in pairwise(spans[:3])]
    for one, other, trust in pairs:
        if _side(one).key and _side(other).key:
            yield Reading(other, one, trust)
            yield Reading(one, other, trust)


def _parts(text: str) -> list[tuple[int, int]]:
    """Returns the start and end of each part of a line."""
    separators = list(_SEPARATOR.finditer(text)) or list(_HYPHEN.finditer(text))
    starts = [0, *(separator.end() for separator in separators)]
    ends = [*(separator.start() for separator in separators), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if text[start:end].strip()]


def _keys(line: Line) -> list[Key]:
    """Returns the keys to look up for a line as it is."""
    if line.refusal is not None or not line.text:
        return []
    if line.identifier is not None:
        return [line.identifier]
    # Identifiers other than Spotify's can look like anything.
    return [line.text, *(Called(reading.title, reading.artist) for reading in line.readings)]


def _is_settled(line: Line, documents: Iterable[Document]) -> bool:
    """Returns whether a track matches the line exactly, so that searching further is pointless."""
    return any(
        (document.id == line.text and document.kind == "track")
        or (confidence(line, document) >= _BOTH and _is_version(line, document))
        for document in documents
    )


def _looks(line: Line, documents: Sequence[Document]) -> Iterator[Wanted]:
    """Yields the searches for a line that was not found by its keys."""
    if not key(line.text):
        return
    sides = list(dict.fromkeys(side for reading in line.readings for side in (reading.title, reading.artist)))
    if documents:
        # The most popular version was found; the requested one may exist too.
        for reading in line.readings:
            _, artist = so_called(reading.title, reading.artist)
            yield (Term(Match.TITLE, _side(reading.title).key),), artist
    if any(confidence(line, document) >= _BOTH for document in documents):
        return
    titles = sorted({one for side in sides or [line.text] for one in _side(side).titles})
    artists = sorted({one for side in sides or [line.text] for one in _side(side).artists})
    yield (tuple(Term(Match.TITLE, one) for one in titles),)
    yield (tuple(Term(Match.ARTIST, one) for one in artists),)
    for reading in line.readings[:_MOST_MISSPELT]:
        yield misspelt(without_version(reading.title), beside=reading.artist)
    if line.readings:
        yield misspelt(f"{without_version(line.readings[0].title)} {line.readings[0].artist}")
    else:
        yield misspelt(without_version(line.text))


def judged(line: Line, documents: Iterable[Document]) -> Resolved:
    """Judges which of the documents found matches a line."""
    tracks = {document.id: document for document in documents if document.kind == "track"}
    if line.refusal is not None:
        return Resolved(reason=line.refusal)
    certain = tracks.get(line.identifier or line.text)
    if certain is not None:
        return Resolved([(certain, _IDENTIFIED)])
    if line.identifier is not None:
        return Resolved(reason=_UNKNOWN)
    if not key(line.text):
        return Resolved(reason=_EMPTY)
    scored = [(document, round(confidence(line, document), 2)) for document in tracks.values()]
    best = sorted(
        ((document, score) for document, score in scored if score > 0),
        key=lambda one: (-one[1], not _is_version(line, one[0]), -one[0].playlists, one[0].id),
    )
    if not best:
        known = any(
            _side(side).artists & _side(track.artist or "").artists
            for side in _sides(line)
            for track in tracks.values()
        )
        return Resolved(reason=_ARTIST_ONLY if known else _NOTHING)
    exact = _is_version(line, best[0][0])
    songs = {_song(one) for one, score in best if score >= best[0][1] and _is_version(line, one) == exact}
    if len(songs) > 1 and best[0][1] >= ENOUGH:
        capped = [(document, min(score, _EITHER)) for document, score in best]
        return Resolved(capped[:MAX_CANDIDATES], _SEVERAL_SONGS)
    return Resolved(best[:MAX_CANDIDATES], None if best[0][1] >= ENOUGH else _reason(line, best))


def confidence(line: Line, document: Document) -> float:
    """Returns the confidence, 0 to 1, that a line is a track: the similarities of title and artist, multiplied."""
    if not document.name or not document.artist:
        return 0
    if line.readings:
        score = max(_reading_confidence(reading, document.name, document.artist) for reading in line.readings)
    else:
        score = _unseparated_confidence(line.text, document.name, document.artist)
    if another_song(line.text) != another_song(f"{document.name} {document.artist}"):
        return min(score, _ANOTHER_SONG)
    return score


def _reading_confidence(reading: Reading, name: str, artist: str) -> float:
    title = _title_alike(_side(reading.title), _side(name))
    both = title * _artist_alike(_side(reading.artist), _side(artist)) if title else 0
    return max(_BOTH * reading.trust * both, _ANOTHER_ARTIST if title == 1 else 0)


def _unseparated_confidence(text: str, name: str, artist: str) -> float:
    written, title, by = _side(text), _side(name), _side(artist)
    if written.key in title.titles:
        return _TITLE_ALONE
    # One of them must be spelt exactly; otherwise titles that only resemble a title with its artist would match.
    around = [(title.title, by.artist), (title.title, by.key), (by.artist, title.title), (by.key, title.title)]
    return _UNSEPARATED * max(_alike(rest, other) for known, other in around for rest in _rests(written.title, known))


def _rests(text: str, known: str) -> Iterator[str]:
    """Yields the rest of a text that begins or ends with a known text."""
    yield text.removeprefix(known) if text.startswith(known) else ""
    yield text.removesuffix(known) if text.endswith(known) else ""


@dataclass(frozen=True)
class _Side:
    """A name from a line or a track, as title and as artist: the keys used to compare it."""

    key: str
    title: str
    titles: frozenset[str]
    artist: str
    artists: frozenset[str]
    several: frozenset[str]


@lru_cache(4096)  # both names of a line are tried as title and as artist, against several tracks
def _side(text: str) -> _Side:
    several = frozenset(main_artist(part) for part in _BETWEEN_ARTISTS.split(text))
    return _Side(
        key(text),
        key(without_version(text)),
        title_keys(text),
        main_artist(text),
        artist_keys(text),
        several - {""} if len(several) > 1 else frozenset(),
    )


def _title_alike(one: _Side, other: _Side) -> float:
    if one.title == other.title:
        return 1
    if one.titles & other.titles:
        return _BRACKETS
    return _alike(one.title, other.title)


def _artist_alike(one: _Side, other: _Side) -> float:
    if one.artists & other.artists:
        return 1
    if other.artist in one.several or one.artist in other.several:
        return _ONE_OF_THEM
    return _alike(one.artist, other.artist)


@lru_cache(4096)
def _alike(one: str, other: str) -> float:
    """Returns 1 for equal names, 0 if two letters in five differ; a different number is a different name."""
    if one == other:
        return float(one != "")
    # Even if all those letters matched, they would be too few.
    if 2 * min(len(one), len(other)) < _ALIKE * (len(one) + len(other)):
        return 0
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        return 0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < _ALIKE:
        return 0
    return max(0.0, (matcher.ratio() - _ALIKE) / (1 - _ALIKE))


def _is_version(line: Line, document: Document) -> bool:
    """Returns whether a track is the version that the line names, such as the live one."""
    return any(_side(reading.title).key == _side(document.name or "").key for reading in line.readings)


def _song(document: Document) -> tuple[str, str]:
    return _side(document.name or "").title, _side(document.artist or "").artist


def _sides(line: Line) -> set[str]:
    return {reading.artist for reading in line.readings} or {line.text}


def _reason(line: Line, best: Sequence[tuple[Document, float]]) -> str:
    if not line.readings and best[0][1] == _TITLE_ALONE:
        artists = {main_artist(document.artist or "") for document, score in best if score == _TITLE_ALONE}
        return _SEVERAL_ARTISTS if len(artists) > 1 else _ALONE
    return _TITLE_ONLY if best[0][1] == _ANOTHER_ARTIST else _UNSURE
