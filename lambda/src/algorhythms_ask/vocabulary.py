"""The sorted words of an index: finds those close to a given word without comparing it with all of them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence


class Vocabulary:
    """Distinct words, sorted by code points."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._backwards = sorted(word[::-1] for word in words)

    def near(self, word: str) -> list[str]:
        """Returns the words that are one edit or none away, sorted."""
        # Words begin with letters of many scripts, but only few of these letters precede a given rest.
        first = {letter for rest in (word, word[1:]) for letter in _letters(self._backwards, rest[::-1])}
        return [edited for edited in self._edits(word, first) if _first(self._words, edited) == edited]

    def near_beginnings(self, word: str) -> list[str]:
        """Returns beginnings of words that are one edit or none away, sorted; none begins with another one of them."""
        found: list[str] = []
        for edited in self._edits(word, set(_letters(self._words, ""))):
            if not (found and edited.startswith(found[-1])) and self._any_begins(edited):
                found.append(edited)
        return found

    def _edits(self, word: str, first: set[str]) -> list[str]:
        """Returns texts that are one edit or none away from a word, sorted; some may begin no word of the index.

        As first letter, only those in `first` are tried.
        """
        edits = {word}
        for place in range(len(word) + 1):
            start, rest = word[:place], word[place:]
            if not self._any_begins(start):
                break
            edits |= {start + rest[1:], start + rest[1:2] + rest[:1] + rest[2:]}
            for letter in _letters(self._words, start) if start else first:
                edits |= {start + letter + rest, start + letter + rest[1:]}
        return sorted(edits)

    def _any_begins(self, start: str) -> bool:
        word = _first(self._words, start)
        return word is not None and word.startswith(start)


def _letters(words: Sequence[str], start: str) -> Iterator[str]:
    """Yields each letter that follows this beginning in a word."""
    word = _first(words, start)
    while word is not None and word.startswith(start):
        if word == start:
            word = _first(words, start + "\0")
            continue
        letter = word[len(start)]
        yield letter
        word = _first(words, start + chr(ord(letter) + 1))


def _first(words: Sequence[str], text: str) -> str | None:
    """Returns the first word that does not come before the text."""
    place = bisect_left(words, text)
    return words[place] if place < len(words) else None
