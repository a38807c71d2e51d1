"""Turns the songs of a request into vectors: the song's own, or else one derived from what is known about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from algorhythms_ask.features import FeatureNetwork, Floats, problems
from algorhythms_ask.index import Called, Document, Index, Key
from algorhythms_ask.keys import fallback_keys
from algorhythms_ask.songs import Song


@dataclass(frozen=True)
class Seed:
    """A song with its z and v, float32 [dimension - 1].

    `resolved_by` is track (its identifier is known), name (a track with its title and artist is known), album, artist
    or features; `document` is that track. `artist` is its artist's name as the index spells it.
    """

    song: Song
    vector: Floats
    resolved_by: str
    document: Document | None = None
    artist: str | None = None


@dataclass
class Resolution:
    """The songs of one request: those with a vector, and those without, with the reason.

    `faulty` has, by position in the request and by field, what is wrong with features that were needed.
    """

    seeds: list[Seed] = field(default_factory=list)
    unresolved: list[tuple[Song, str]] = field(default_factory=list)
    faulty: dict[int, dict[str, str]] = field(default_factory=dict)


def resolve(
    requests: Sequence[Sequence[Song]],
    index: Index,
    network: FeatureNetwork | None,
    factors: int,
    neighbours: bool = False,
) -> list[Resolution]:
    """Finds vectors for the songs of each request: one round trip for all of them, a second if any is unknown.

    A song gets the vector of its track if the index has it; else that of the track with its names, its album, its
    artist, or its features. Songs that occur twice in a request count once. `neighbours` adds these to the documents.
    """
    songs = [song for request in requests for song in request]
    documents = dict(index.fetch(sorted({song.id for song in songs}), neighbours))
    unknown = [song for song in songs if not _is_known(song, documents)]
    if keys := {key: None for song in unknown for _, key in fallback_keys(song)}:
        documents |= index.fetch(list(keys), neighbours)
    return [_resolution(request, documents, network, factors) for request in requests]


def _resolution(
    songs: Sequence[Song], documents: Mapping[Key, Document], network: FeatureNetwork | None, factors: int
) -> Resolution:
    found = Resolution()
    seen: set[str] = set()
    for position, song in enumerate(songs):
        if song.id in seen:
            continue
        seen.add(song.id)
        seed = _known(song, documents)
        if seed is not None:
            found.seeds.append(seed)
            continue
        reason = "not in the index"
        if song.features is not None and network is not None:
            wrong = problems(song.features, network.encoder.features)
            if not wrong:
                # Features do not predict factors.
                vector = np.pad(network.place(song.features), (0, factors))
                found.seeds.append(Seed(song, vector, "features"))
                continue
            sentence = "; ".join(f"{field} {problem}" for field, problem in wrong.items())
            reason = f"not in the index, and its features cannot be used: {sentence}"
            found.faulty[position] = wrong
        elif song.features is not None:
            reason = "not in the index, and the released model was trained without audio features"
        found.unresolved.append((song, reason))
    return found


def _is_known(song: Song, documents: Mapping[Key, Document]) -> bool:
    # An identifier may happen to equal the key of an artist, but that does not make it a track.
    return song.id in documents and documents[song.id].kind == "track"


def _known(song: Song, documents: Mapping[Key, Document]) -> Seed | None:
    for kind, key in _ways(song):
        document = documents.get(key)
        if document is not None and document.kind == kind:
            resolved_by = "name" if isinstance(key, Called) else kind
            known = document if kind == "track" else None
            return Seed(song, document.vector[:-1], resolved_by, known, document.artist)
    return None


def _ways(song: Song) -> Iterator[tuple[str, Key]]:
    yield "track", song.id
    # Keys are made of names, which takes longer than all else about a song: only where the identifier is unknown.
    yield from fallback_keys(song)
