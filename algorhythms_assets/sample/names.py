"""Names and identifiers for the catalogue and the playlists, all invented by combining the lists of words.py.

Any match with the name of a real artist or song is a coincidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Final

import numpy as np
import numpy.typing as npt

from algorhythms_assets.sample import words
from algorhythms_assets.sample.catalogue import Catalogue
from algorhythms_assets.sample.genres import GENRES
from algorhythms_assets.sample.playlists import Playlists

# NumPy has no narrower type for arrays of Python strings.
Strings = npt.NDArray[np.object_]

BASE62: Final = np.frombuffer(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
IDENTIFIER_LENGTH: Final = 22

PERSONS: Final = {"{given} {family}": 0.5, "{given} {place}": 0.5}
# Pattern -> how often it is used.
ARTIST_PATTERNS: Final = {
    **PERSONS,
    "{given}": 0.15,
    "The {adjective} {plural}": 0.3,
    "{adjective} {noun}": 0.25,
    "{given} & the {plural}": 0.15,
    "{place} {plural}": 0.1,
    "{other}": 0.01,
}
TITLE_PATTERNS: Final = {
    "{adjective} {noun}": 1.0,
    "{noun}": 0.4,
    "{noun} in the {noun_2}": 0.3,
    "{verb} the {noun}": 0.4,
    "{verb} My {noun}": 0.2,
    "{verb} Your {adjective} {noun}": 0.2,
    "{noun} & {noun_2}": 0.2,
    "{place}": 0.1,
    "{adjective}": 0.2,
    "{other}": 0.08,
}
TRACK_PATTERNS: Final = {
    **TITLE_PATTERNS,
    "{adjective} {noun} (feat. {guest})": 0.15,
    "{noun} - Live in {place}": 0.06,
    "{verb} the {noun} - Remastered": 0.08,
    "{adjective} {noun} - {guest} Remix": 0.05,
}
PLAYLIST_PATTERNS: Final = {
    "{moment}": 1.0,
    "{genre}": 0.6,
    "{moment} {genre}": 0.4,
    "{genre} {year}": 0.2,
    "{place} {genre}": 0.2,
    "{place}": 0.1,
    "{moment} {emoji}": 0.25,
    "{emoji}": 0.06,
    "{emoji}{emoji}{emoji}": 0.03,
    "{moment} {year}": 0.2,
    "My {genre} Mix": 0.1,
    "{given}'s {genre}": 0.06,
}
LOWER_CASE_SHARE: Final = 0.35
YEARS: Final = tuple(str(year) for year in range(2012, 2018))


@dataclass(frozen=True)
class CatalogueNames:
    """Strings over the tracks, albums, artists and scenes of a catalogue, each an object array of str.

    URIs and names of artists are distinct; names of albums and tracks can repeat, as in real data.
    """

    track: Strings
    track_uri: Strings
    album: Strings
    album_uri: Strings
    artist: Strings
    artist_uri: Strings
    scene: Strings


def name_catalogue(catalogue: Catalogue, rng: np.random.Generator) -> CatalogueNames:
    """Names for everything in the catalogue."""
    artist = _artist_names(catalogue.artists, rng)
    track = _fill(TRACK_PATTERNS, _title_words(catalogue.tracks, rng, artist), rng)
    album = _fill(TITLE_PATTERNS, _title_words(catalogue.albums, rng, artist), rng)
    singles = np.flatnonzero(np.bincount(catalogue.track_album) == 1)
    album[singles] = track[np.searchsorted(catalogue.track_album, singles)]
    return CatalogueNames(
        track=track,
        track_uri=_uris("track", catalogue.tracks, rng),
        album=album,
        album_uri=_uris("album", catalogue.albums, rng),
        artist=artist,
        artist_uri=_uris("artist", catalogue.artists, rng),
        scene=_scene_names(len(catalogue.scene_genre), rng),
    )


def name_playlists(playlists: Playlists, names: CatalogueNames, rng: np.random.Generator) -> Strings:
    """A name for each playlist that fits its genre, its mood or its scene: object array of str [playlists]."""
    moments, emoji = (
        np.concatenate([_pick(choices[genre.mood], playlists.count, rng)[:, None] for genre in GENRES], axis=1)
        for choices in (words.MOMENTS, words.EMOJI)
    )
    rows = np.arange(playlists.count)
    slots = {
        "genre": np.array([genre.name for genre in GENRES], dtype=object)[playlists.genre],
        "place": names.scene[playlists.scene],
        "moment": moments[rows, playlists.genre],
        "emoji": emoji[rows, playlists.genre],
        "given": _person_part(playlists.count, rng),
        "year": _pick(YEARS, playlists.count, rng),
    }
    filled = _fill(PLAYLIST_PATTERNS, slots, rng)
    lowered = np.flatnonzero(rng.random(playlists.count) < LOWER_CASE_SHARE)
    filled[lowered] = [name.lower() for name in filled[lowered]]
    return filled


def _artist_names(count: int, rng: np.random.Generator) -> Strings:
    names = _fill(ARTIST_PATTERNS, _artist_words(count, rng), rng)
    # There are millions of possible names, so this ends soon.
    while len(repeats := np.setdiff1d(np.arange(count), np.unique(names, return_index=True)[1])):
        names[repeats] = _fill(PERSONS, _artist_words(len(repeats), rng), rng)
    return names


def _artist_words(count: int, rng: np.random.Generator) -> dict[str, Strings]:
    return {
        "given": _person_part(count, rng),
        "family": _person_part(count, rng),
        "adjective": _pick(words.ADJECTIVES, count, rng),
        "noun": _pick(words.NOUNS, count, rng),
        "plural": _pick(words.PLURALS, count, rng),
        "place": _place(count, rng),
        "other": _pick(words.OTHER_ARTISTS, count, rng),
    }


def _title_words(count: int, rng: np.random.Generator, artist: Strings) -> dict[str, Strings]:
    return {
        "adjective": _pick(words.ADJECTIVES, count, rng),
        "noun": _pick(words.NOUNS, count, rng),
        "noun_2": _pick(words.NOUNS, count, rng),
        "verb": _pick(words.VERBS, count, rng),
        "place": _place(count, rng),
        "other": _pick(words.OTHER_TITLES, count, rng),
        "guest": artist[rng.integers(len(artist), size=count)],
    }


def _scene_names(count: int, rng: np.random.Generator) -> Strings:
    # Distinct as long as there are enough: only samples of more than a million playlists have as many scenes.
    places = np.array([start + end for start in words.PLACE_STARTS for end in words.PLACE_ENDS], dtype=object)
    return np.resize(rng.permutation(places), count)


def _person_part(count: int, rng: np.random.Generator) -> Strings:
    starts, middles, ends = (
        _pick(part, count, rng) for part in (words.NAME_STARTS, words.NAME_MIDDLES, words.NAME_ENDS)
    )
    parts: Strings = starts + middles + ends
    return parts


def _place(count: int, rng: np.random.Generator) -> Strings:
    places: Strings = _pick(words.PLACE_STARTS, count, rng) + _pick(words.PLACE_ENDS, count, rng)
    return places


def _pick(choices: Sequence[str], count: int, rng: np.random.Generator) -> Strings:
    picked: Strings = np.array(choices, dtype=object)[rng.integers(len(choices), size=count)]
    return picked


def _fill(patterns: Mapping[str, float], slots: Mapping[str, Strings], rng: np.random.Generator) -> Strings:
    """Draws a pattern for each item and puts the item's words in its slots, each slot an object array [items]."""
    count = len(next(iter(slots.values())))
    shares = np.array(list(patterns.values()))
    chosen = rng.choice(len(shares), count, p=shares / shares.sum())
    filled = np.empty(count, dtype=object)
    for number, pattern in enumerate(patterns):
        items = np.flatnonzero(chosen == number)
        text = np.full(len(items), "", dtype=object)
        for literal, slot, _, _ in Formatter().parse(pattern):
            text = text + literal
            if slot is not None:
                text = text + slots[slot][items]
        filled[items] = text
    return filled


def _uris(kind: str, count: int, rng: np.random.Generator) -> Strings:
    # Enough random bits to rule out repeats.
    digits = rng.integers(62, size=(count, IDENTIFIER_LENGTH), dtype=np.uint8)
    digits[:, 0] %= 7  # Spotify's identifiers are 128-bit numbers
    identifiers = BASE62[digits].view(f"S{IDENTIFIER_LENGTH}").ravel().astype(str)
    return np.array([f"spotify:{kind}:{identifier}" for identifier in identifiers.tolist()], dtype=object)
