"""Seeds to recommendations: a maximum inner product search, and a score that is exactly the sum of its terms.

A stored vector is [z, v, p]: a unit vector, factors, and the popularity term. The query of the n seeds s of a taste is
[mean of z_s, u, w], where u = A^-1 sum of v_s, with A = B + sum of v_s v_s^T, are the factors of a playlist that holds
them (Hu, Koren and Volinsky, ICDM 2008), and w weights popularity less the more seeds there are. So the score of a
candidate c is the sum over the seeds of z_s . z_c / n + (A^-1 v_s) . v_c, plus w p_c. With no seed it is p_c alone.

People often put more of an artist into a playlist: with m seeds by the candidate's artist, each of these m adds
ARTIST_WEIGHT * log(1 + m) / m. Negative songs add NEGATIVE_WEIGHT times their term as seeds, with the opposite sign,
and the popularity term may be weighted differently (see `Wish`). A title is one more part of the query, whose weight
falls with the number of seeds (see `titles`).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from algorhythms_ask import tastes, titles
from algorhythms_ask.choosing import Recommendation, chosen
from algorhythms_ask.features import FeatureNetwork, Floats
from algorhythms_ask.index import Document, Hit, Index, Search
from algorhythms_ask.names import artist_keys
from algorhythms_ask.seeds import Resolution, Seed, resolve
from algorhythms_ask.songs import ARTIST_URI, Song
from algorhythms_ask.titles import Titles
from algorhythms_ask.versions import song as song_of
from algorhythms_ask.wish import Wish

# Quality is flat from 0.06 to 0.2: see docs/log.md.
ARTIST_WEIGHT = 0.12
NEGATIVE_WEIGHT = 0.5
# Of the popularity term, when there are many seeds; from 0.5 to 0.85 quality is flat.
POPULARITY_WEIGHT = 0.75

# A search finds at most this many tracks.
DEEPEST = 10_000
# Maximum number of documents in one round trip, unless a single search wants more: about 100 MB.
_FOUND_AT_ONCE = 20_000

# Terms are rounded before they are summed, so that the score in an answer is the sum of the terms in that answer.
_DECIMALS = 8


@dataclass(frozen=True)
class Answer:
    """The result of a wish.

    `tastes` are the seeds' positions by taste; the next page begins at `following`; a `deeper` search might find more.
    The last field says whether any of the wish's title is known.
    """

    resolution: Resolution
    negative: Resolution
    tastes: list[list[int]]
    recommendations: list[Recommendation]
    following: int | None
    deeper: bool
    title_known: bool = False


@dataclass(frozen=True)
class _Asked:
    """A wish with what is known about its songs, and the searches that it needs, one per taste."""

    wish: Wish
    resolution: Resolution
    negative: Resolution
    groups: list[NDArray[np.intp]]
    parts: NDArray[np.float64]  # of the seeds, each within its taste, then of the negative songs
    title: NDArray[np.float64] | None  # the query of the title alone
    searches: list[Search]

    def popularity(self, taste: int) -> float:
        """Returns the weight of the popularity term in a search."""
        return _popularity(self.wish, len(self.groups[taste]))


class Recommender:
    """Answers from one index and, for unknown tracks with features, one network.

    `fold_in` is B, float32 [factors, factors]; without it the vectors have no factors. Without `known_titles`, titles
    are ignored.
    """

    def __init__(
        self,
        network: FeatureNetwork | None,
        index: Index,
        fold_in: Floats | None = None,
        known_titles: Titles | None = None,
    ) -> None:
        self.network = network
        self.index = index
        self.titles = known_titles
        self.fold_in = np.zeros((0, 0), np.float32) if fold_in is None else fold_in
        self._inverse = np.linalg.inv(self.fold_in.astype(np.float64))

    def on(self, index: Index) -> "Recommender":
        """Returns the same recommender on another index of the same embeddings."""
        return Recommender(self.network, index, self.fold_in, self.titles)

    def resolve(self, requests: Sequence[Sequence[Song]], neighbours: bool = False) -> list[Resolution]:
        """Finds vectors for the songs of each request; see `seeds.resolve`."""
        return resolve(requests, self.index, self.network, len(self.fold_in), neighbours)

    def rank(
        self,
        requests: Sequence[Sequence[Song]],
        resolutions: Sequence[Resolution],
        count: int,
        of_requests: Sequence[str | None] = (),
    ) -> list[list[Hit]]:
        """Returns, per request without options, what `recommend` would recommend, in one round trip and as hits.

        Requests may have titles, `of_requests`; else none has.
        """
        searches = [
            self._asked(Wish(songs, count, title), found, Resolution(), count).searches[0]
            for songs, found, title in zip(requests, resolutions, of_requests or [None] * len(requests), strict=True)
        ]
        return self.index.nearest(searches)

    def recommend(self, wishes: Sequence[Wish]) -> list[Answer]:
        """Answers all wishes in two round trips to the index, or three if a song is unknown.

        One more is made if too few tracks are left after choosing among those found, another to find the names of
        excluded artists that are given by URI, and more where many requests together find very many tracks.
        """
        wishes = self._named(wishes)
        neighbours = any(wish.evidence for wish in wishes)
        found = self.resolve([songs for wish in wishes for songs in (wish.songs, wish.negative)], neighbours)
        asked = [
            self._asked(wish, seeds, negative, wish.pool())
            for wish, seeds, negative in zip(wishes, found[::2], found[1::2], strict=True)
        ]
        answers = self._answers(asked)
        short = [
            i for i, answer in enumerate(answers) if answer.deeper and len(answer.recommendations) < wishes[i].count
        ]
        if short:
            deeper = [
                self._asked(a.wish, a.resolution, a.negative, min(5 * a.searches[0].count, DEEPEST))
                for a in (asked[i] for i in short)
            ]
            for i, answer in zip(short, self._answers(deeper), strict=True):
                answers[i] = answer
        return answers

    def _named(self, wishes: Sequence[Wish]) -> list[Wish]:
        """Returns the wishes with the keys of names instead of the URIs of excluded artists."""
        uris = {artist for wish in wishes for artist in wish.without_artists if artist.startswith(ARTIST_URI)}
        documents = self.index.fetch(sorted(uris)) if uris else {}
        keys = {uri: artist_keys(documents[uri].artist or "") if uri in documents else frozenset[str]() for uri in uris}
        return [
            replace(wish, without_artists={key for one in wish.without_artists for key in keys.get(one, (one,))})
            for wish in wishes
        ]

    def _answers(self, asked: Sequence[_Asked]) -> list[Answer]:
        answers: list[Answer] = []
        for some in _rounds(asked):
            hits = iter(self.index.nearest([search for one in some for search in one.searches], documents=True))
            answers += [self._answer(one, [next(hits) for _ in one.searches]) for one in some]
        return answers

    def _answer(self, asked: _Asked, found: Sequence[Sequence[Hit]]) -> Answer:
        candidates = [
            self._scored(asked, taste, [hit.document for hit in hits if hit.document is not None])
            for taste, hits in enumerate(found)
        ]
        wish = asked.wish
        shares = [len(group) for group in asked.groups]
        z = self.index.dimension - 1 - len(self.fold_in)
        everything = chosen(candidates, shares, wish, z)
        deepest = min(self.index.tracks, DEEPEST)
        end = wish.start + wish.count
        return Answer(
            asked.resolution,
            asked.negative,
            [group.tolist() for group in asked.groups],
            everything[wish.start : end],
            following=end if end < len(everything) else None,
            # All pages come from one search.
            deeper=not wish.paged and any(search.count < deepest for search in asked.searches),
            title_known=asked.title is not None,
        )

    def _asked(self, wish: Wish, resolution: Resolution, negative: Resolution, pool: int) -> _Asked:
        """Returns the searches for a wish, with `pool` tracks per taste."""
        seeds = resolution.seeds
        vectors, unwanted = self._vectors(seeds), self._vectors(negative.seeds)
        z = vectors.shape[1] - len(self.fold_in)
        groups = tastes.split(vectors[:, :z], wish.tastes)
        parts = np.zeros((len(seeds) + len(unwanted), vectors.shape[1]))
        for group in groups:
            parts[group] = query_parts(vectors[group], self._inverse)
        parts[len(seeds) :] = -NEGATIVE_WEIGHT * query_parts(unwanted, self._inverse)
        known = [seed.document for seed in (*seeds, *negative.seeds) if seed.document is not None]
        versions = [song_of(song.name, song.artist) for song in (*wish.songs, *wish.negative)]
        versions += [document.song for document in known]
        songs = {version for version in versions if version is not None}
        without = {song.id for song in (*wish.songs, *wish.negative)} | {document.id for document in known}
        title = self.titles.place(wish.title) if self.titles is not None and wish.title is not None else None
        searches = []
        for group in groups:
            query = parts[group].sum(axis=0) + parts[len(seeds) :].sum(axis=0)
            if title is not None:
                query += titles.share(len(group)) * title
            query = np.append(query, _popularity(wish, len(group)))
            searches.append(
                Search(
                    query.astype(np.float32),
                    pool,
                    without | set(wish.without_tracks),
                    songs,
                    wish.without_artists,
                    _artist_terms([seeds[i] for i in group]),
                )
            )
        return _Asked(wish, resolution, negative, groups, parts, title, searches)

    def _vectors(self, seeds: Sequence[Seed]) -> NDArray[np.float64]:
        vectors = np.array([seed.vector for seed in seeds], dtype=np.float64)
        return vectors.reshape(-1, self.index.dimension - 1)

    def _scored(self, asked: _Asked, taste: int, candidates: Sequence[Document]) -> list[Recommendation]:
        """Returns the candidates of a taste with their terms, best first."""
        if not candidates:
            return []
        seeds, group = asked.resolution.seeds, asked.groups[taste]
        vectors = np.stack([document.vector for document in candidates]).astype(np.float64)
        terms = np.zeros((len(candidates), len(asked.parts)))
        terms[:, group] = vectors[:, :-1] @ asked.parts[group].T
        terms[:, group] += _of_artists(candidates, [seeds[i] for i in group])
        terms[:, len(seeds) :] = vectors[:, :-1] @ asked.parts[len(seeds) :].T
        terms = np.round(terms, _DECIMALS)
        popularity = np.round(vectors[:, -1] * asked.popularity(taste), _DECIMALS)
        of_title = np.zeros(len(candidates))
        if asked.title is not None:
            of_title = np.round(vectors[:, :-1] @ (titles.share(len(group)) * asked.title), _DECIMALS)
        scores = np.round(terms.sum(axis=1) + popularity + of_title, _DECIMALS)
        # The index sums in single precision; ranks that differ by a rounding error are corrected here.
        order = np.argsort(-scores, kind="stable")
        rows, total, popular, titled = (every.tolist() for every in (terms, scores, popularity, of_title))
        return [
            Recommendation(
                candidates[i],
                total[i],
                tuple(rows[i][: len(seeds)]),
                popular[i],
                tuple(rows[i][len(seeds) :]),
                taste,
                titled[i],
            )
            for i in order.tolist()
        ]


def _rounds(asked: Sequence[_Asked]) -> Iterator[list[_Asked]]:
    """Yields the wishes in order, as many at a time as one round trip may find documents for."""
    some: list[_Asked] = []
    found = 0
    for one in asked:
        wanted = sum(search.count for search in one.searches)
        if some and found + wanted > _FOUND_AT_ONCE:
            yield some
            some, found = [], 0
        some.append(one)
        found += wanted
    if some:
        yield some


def _popularity(wish: Wish, seeds: int) -> float:
    return popularity_weight(seeds) * (1 + 2 * wish.popularity)


def popularity_weight(seeds: int) -> float:
    """Returns the weight of the popularity term with that many seeds: 1 if there is none or one."""
    return POPULARITY_WEIGHT + (1 - POPULARITY_WEIGHT) / max(1, seeds)


def query_parts(vectors: NDArray[np.float64], inverse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns each seed's part in the query, of the seeds' [z, v]: float64 [seeds, dimension - 1]; `inverse` is B^-1.

    With the seeds' v as rows of V, A^-1 V^T = B^-1 V^T (I + V B^-1 V^T)^-1 (Woodbury): a system with one equation per
    seed; most requests have fewer seeds than there are factors.
    """
    z, v = np.split(vectors, [vectors.shape[1] - len(inverse)], axis=1)
    weighted = v @ inverse
    folded = np.linalg.solve(np.eye(len(v)) + weighted @ v.T, weighted)
    return np.concatenate([z / max(1, len(vectors)), folded], axis=1)


def _artist_terms(seeds: Sequence[Seed]) -> Mapping[str, float]:
    """Returns what all seeds by an artist together add to the artist's tracks."""
    seeds_of = Counter(seed.artist for seed in seeds if seed.artist is not None)
    return {artist: ARTIST_WEIGHT * math.log1p(count) for artist, count in seeds_of.items()}


def _of_artists(candidates: Sequence[Document], seeds: Sequence[Seed]) -> NDArray[np.float64]:
    """Returns what each seed adds to each candidate for being by the same artist, float64 [candidates, seeds]."""
    more = _artist_terms(seeds)
    same = np.array([[seed.artist == c.artist is not None for seed in seeds] for c in candidates], dtype=bool)
    same = same.reshape(len(candidates), len(seeds))
    total = np.array([more.get(candidate.artist or "", 0.0) for candidate in candidates])
    shares: NDArray[np.float64] = same * (total / np.maximum(same.sum(axis=1), 1))[:, None]
    return shares
