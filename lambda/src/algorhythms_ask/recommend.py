"""Seeds to recommendations: a maximum inner product search, and a score that is exactly the sum of its terms.

A stored vector is [z, v, p]: a unit vector, factors, and the popularity term. The n seeds s ask with
[mean of z_s, u, 1], where u = A^-1 sum of v_s, with A = B + sum of v_s v_s^T, are the factors of a playlist that holds
them (Hu, Koren and Volinsky, ICDM 2008). So the score of a candidate c is the sum over the seeds of
z_s . z_c / n + (A^-1 v_s) . v_c, plus p_c. With no seed it is p_c alone.

The first of these are then reordered, since people often put more of an artist into a playlist: with m seeds by the
candidate's artist, each of these m says ARTIST_WEIGHT * log(1 + m) / m more.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask.features import FeatureNetwork, Floats, problems
from algorhythms_ask.index import Document, Hit, Index, Search
from algorhythms_ask.songs import Song, fallback_keys

# Quality is flat from 0.06 to 0.2: see docs/log.md.
ARTIST_WEIGHT = 0.12

# Terms are rounded before they are summed, so that the score in an answer is the sum of the terms in that answer.
_DECIMALS = 8


@dataclass(frozen=True)
class Seed:
    """A song with its z and v, float32 [dimension - 1]; `resolved_by` is track, album, artist or features.

    `artist` is its artist's name as the index spells it.
    """

    song: Song
    vector: Floats
    resolved_by: str
    document: Document | None = None
    artist: str | None = None


@dataclass
class Resolution:
    """The songs of one request: those with a vector, and those without (with the reason).

    `faulty` has, by position in the request, what is wrong with features that were needed, by field.
    """

    seeds: list[Seed] = field(default_factory=list)
    unresolved: list[tuple[Song, str]] = field(default_factory=list)
    faulty: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recommendation:
    """A track with its score, which is `popularity` plus the sum of `seed_terms` (one per seed, in their order)."""

    document: Document
    score: float
    seed_terms: tuple[float, ...]
    popularity: float


class Recommender:
    """Answers from one index and, for unknown tracks with features, one network.

    `fold_in` is B, float32 [factors, factors]; without one the vectors hold no factors.
    """

    def __init__(self, network: FeatureNetwork | None, index: Index, fold_in: Floats | None = None) -> None:
        self.network = network
        self.index = index
        self.fold_in = np.zeros((0, 0), np.float32) if fold_in is None else fold_in
        self._inverse = np.linalg.inv(self.fold_in.astype(np.float64))

    def resolve(self, requests: Sequence[Sequence[Song]]) -> list[Resolution]:
        """Finds vectors for the songs of each request: one round trip for all of them, a second if any is unknown.

        A track the index knows stands for itself; else its album, else its artist, else its features place it.
        Songs that occur twice in a request count once.
        """
        songs = [song for request in requests for song in request]
        documents = dict(self.index.fetch(sorted({song.id for song in songs})))
        unknown = [song for song in songs if _closest(song, documents) is None]
        if keys := {key for song in unknown for _, key in fallback_keys(song)}:
            documents |= self.index.fetch(sorted(keys))
        return [self._resolve(songs, documents) for songs in requests]

    def _resolve(self, songs: Sequence[Song], documents: Mapping[str, Document]) -> Resolution:
        found = Resolution()
        seen: set[str] = set()
        for position, song in enumerate(songs):
            if song.id in seen:
                continue
            seen.add(song.id)
            document = _closest(song, documents)
            if document is not None:
                known = document if document.kind == "track" else None
                found.seeds.append(Seed(song, document.vector[:-1], document.kind, known, document.artist))
                continue
            reason = "not in the index"
            if song.features is not None and self.network is not None:
                wrong = problems(song.features, self.network.encoder.features)
                if not wrong:
                    # Features say nothing of factors.
                    vector = np.pad(self.network.place(song.features), (0, len(self.fold_in)))
                    found.seeds.append(Seed(song, vector, "features"))
                    continue
                sentence = "; ".join(f"{field} {problem}" for field, problem in wrong.items())
                reason = f"not in the index, and its features cannot be used: {sentence}"
                found.faulty[position] = wrong
            elif song.features is not None:
                reason = "not in the index, and the released model was made without audio features"
            found.unresolved.append((song, reason))
        return found

    def rank(
        self, requests: Sequence[Sequence[Song]], resolutions: Sequence[Resolution], count: int
    ) -> list[list[Hit]]:
        """Returns, per request, the best `count` tracks that are not among its songs, in one round trip."""
        searches = [
            self._search(songs, found.seeds, self.parts(found.seeds), count)
            for songs, found in zip(requests, resolutions, strict=True)
        ]
        return self.index.nearest(searches, count)

    def _search(self, songs: Sequence[Song], seeds: Sequence[Seed], parts: NDArray[np.float64], count: int) -> Search:
        query = np.append(parts.sum(axis=0), 1).astype(np.float32)
        return Search(query, {song.id for song in songs}, _artist_terms(seeds), _reordered_for(count))

    def parts(self, seeds: Sequence[Seed]) -> NDArray[np.float64]:
        """Returns each seed's part in the query, float64 [seeds, dimension - 1]; their sum is the query."""
        vectors = np.array([seed.vector for seed in seeds], dtype=np.float64).reshape(-1, self.index.dimension - 1)
        return query_parts(vectors, self._inverse)

    def recommend(self, songs: Sequence[Song], count: int) -> tuple[Resolution, list[Recommendation]]:
        """Answers one request in two round trips to the index, three if a song is unknown, however many songs."""
        [resolution] = self.resolve([songs])
        parts = self.parts(resolution.seeds)
        search = self._search(songs, resolution.seeds, parts, count)
        [hits] = self.index.nearest([search], count, documents=True)
        found = [hit.document for hit in hits if hit.document is not None]
        if not found:
            return resolution, []
        candidates = np.stack([document.vector for document in found]).astype(np.float64)
        terms = candidates[:, :-1] @ parts.T
        terms = np.round(terms + _of_artists(found, resolution.seeds), _DECIMALS)
        popularity = np.round(candidates[:, -1], _DECIMALS)
        scores = np.round(terms.sum(axis=1) + popularity, _DECIMALS)
        # The index sums in single precision: what it ranks a rounding error apart is put right here.
        order = np.argsort(-scores, kind="stable")
        return resolution, [
            Recommendation(found[i], float(scores[i]), tuple(terms[i].tolist()), float(popularity[i])) for i in order
        ]


def query_parts(vectors: NDArray[np.float64], inverse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns each seed's part in the query, of the seeds' [z, v]: float64 [seeds, dimension - 1]; `inverse` is B^-1.

    With the seeds' v as rows of V, A^-1 V^T = B^-1 V^T (I + V B^-1 V^T)^-1 (Woodbury): a system of as many equations as
    there are seeds, who are fewer than factors in most requests.
    """
    z, v = np.split(vectors, [vectors.shape[1] - len(inverse)], axis=1)
    weighted = v @ inverse
    folded = np.linalg.solve(np.eye(len(v)) + weighted @ v.T, weighted)
    return np.concatenate([z / max(1, len(vectors)), folded], axis=1)


def _reordered_for(count: int) -> int:
    """Returns of how many tracks the first `count` are found: with more, next to no answer would be another."""
    return min(5 * count + 50, 2 * count + 200)


def _artist_terms(seeds: Sequence[Seed]) -> dict[str, float]:
    """Returns what all seeds of an artist together say more of the artist's tracks."""
    seeds_of = Counter(seed.artist for seed in seeds if seed.artist is not None)
    return {artist: ARTIST_WEIGHT * math.log1p(count) for artist, count in seeds_of.items()}


def _of_artists(candidates: Sequence[Document], seeds: Sequence[Seed]) -> NDArray[np.float64]:
    """Returns what each seed says of each candidate for being by the same artist, float64 [candidates, seeds]."""
    more = _artist_terms(seeds)
    same = np.array([[seed.artist == c.artist is not None for seed in seeds] for c in candidates], dtype=bool)
    same = same.reshape(len(candidates), len(seeds))
    total = np.array([more.get(candidate.artist or "", 0.0) for candidate in candidates])
    shares: NDArray[np.float64] = same * (total / np.maximum(same.sum(axis=1), 1))[:, None]
    return shares


def _closest(song: Song, documents: Mapping[str, Document]) -> Document | None:
    """Returns the track itself, else its album, else its artist, else None."""
    track = documents.get(song.id)
    # An identifier may happen to be spelt as the key of an artist: that makes it no track.
    if track is not None and track.kind == "track":
        return track
    found = ((kind, documents.get(key)) for kind, key in fallback_keys(song))
    return next((document for kind, document in found if document is not None and document.kind == kind), None)
