"""Builds the answer from the recommendations."""

from collections import Counter

from algorhythms_ask import contract
from algorhythms_ask.asked import Songs
from algorhythms_ask.chance import FIRST, chances
from algorhythms_ask.choosing import Recommendation
from algorhythms_ask.cursor import cursor
from algorhythms_ask.notices import notices_of
from algorhythms_ask.recommend import Answer
from algorhythms_ask.release import Release
from algorhythms_ask.requests import RecommendationsIn
from algorhythms_ask.seeds import Seed

EDGES_PER_RECOMMENDATION = 10
EVIDENCE_PER_RECOMMENDATION = 5
_DECIMALS = 4
# Tracks that occur together in only one playlist would reveal that playlist.
FEWEST_PLAYLISTS = 2


def answer_of(
    release: Release, request: RecommendationsIn, songs: Songs, answer: Answer
) -> contract.RecommendationsOut:
    """Returns the answer to a request with these songs, by that release."""
    seeds = answer.resolution.seeds
    unresolved = [
        *(contract.Unresolved(id=song.id, reason=reason) for song, reason in answer.resolution.unresolved),
        *songs.refused.values(),
    ]
    out = contract.RecommendationsOut(
        model_version=release.version,
        source_nodes=_sources(request, songs, answer),
        recommendation_nodes=[_node(found, request, seeds) for found in answer.recommendations],
        edges=[edge for found in answer.recommendations for edge in _edges(found, seeds)] if request.terms else [],
        unresolved=unresolved,
        notices=notices_of(request, answer, len(unresolved)),
        coverage=contract.Coverage(
            **dict.fromkeys(("track", "name", "album", "artist", "features"), 0)
            | Counter(seed.resolved_by for seed in seeds),
            unresolved=len(unresolved),
        ),
    )
    if request.chance:
        _add_chances(out, release, request, answer)
    if request.cursor is not None:
        out.cursor = None if answer.following is None else cursor(request, release.version, answer.following)
    return out


def _add_chances(
    out: contract.RecommendationsOut, release: Release, request: RecommendationsIn, answer: Answer
) -> None:
    weights, nodes, seeds = release.chance, out.recommendation_nodes, len(answer.resolution.seeds)
    # The weights were fitted to scores without these.
    changed = request.title is not None or request.negative or len(answer.tastes) > 1 or request.popularity
    found: list[float | None] = [None] * len(nodes)
    if weights is not None and seeds and not changed:
        found = chances(weights, [node.score for node in nodes], seeds).round(_DECIMALS).tolist()
    for node, chance in zip(nodes, found, strict=True):
        node.chance = chance
    first = [chance for chance in found[:FIRST] if chance is not None]
    out.chance = round(sum(first) / len(first), _DECIMALS) if first else None


def _sources(request: RecommendationsIn, songs: Songs, answer: Answer) -> list[contract.SourceNode]:
    """Returns each distinct song, with its names in the index."""
    placed = {seed.song.id: (i, seed) for i, seed in enumerate(answer.resolution.seeds)}
    taste_of = {i: taste for taste, group in enumerate(answer.tastes) for i in group}
    nodes = {}
    for song in songs.known.values():
        if song.id in nodes:
            continue
        position, seed = placed.get(song.id, (0, None))
        known = seed.document if seed else None
        node = nodes[song.id] = contract.SourceNode(
            id=song.id,
            track_name=(known.name if known else None) or song.name,
            track_artist=(known.artist if known else None) or song.artist,
            resolved_by=seed.resolved_by if seed else None,
        )
        if known and seed and seed.resolved_by == "name":
            node.match = known.id
        if seed and request.tastes != 1:
            node.taste = taste_of[position]
    return list(nodes.values())


def _node(found: Recommendation, request: RecommendationsIn, seeds: list[Seed]) -> contract.RecommendationNode:
    node = contract.RecommendationNode(
        id=found.document.id,
        score=found.score,
        track_name=found.document.name,
        track_artist=found.document.artist,
    )
    if request.terms:
        node.terms = contract.Terms(seeds=list(found.seed_terms), popularity=found.popularity)
        if request.title is not None:
            node.terms.title = found.title
        if request.negative:
            node.terms.negative = list(found.negative_terms)
    if request.tastes != 1:
        node.taste = found.taste
    if request.evidence:
        node.evidence = _evidence(found, seeds)
    return node


def _edges(found: Recommendation, seeds: list[Seed]) -> list[contract.Edge]:
    strongest = sorted(zip(found.seed_terms, seeds, strict=True), key=lambda pair: -pair[0])
    return [
        contract.Edge(source=seed.song.id, target=found.document.id, weight=term)
        for term, seed in strongest[:EDGES_PER_RECOMMENDATION]
        if term > 0
    ]


def _evidence(found: Recommendation, seeds: list[Seed]) -> list[contract.Evidence]:
    together = [
        (playlists, seed.song.id)
        for seed in seeds
        if seed.document is not None
        for track, playlists in seed.document.neighbours
        if track == found.document.id and playlists >= FEWEST_PLAYLISTS
    ]
    strongest = sorted(together, key=lambda pair: -pair[0])[:EVIDENCE_PER_RECOMMENDATION]
    return [contract.Evidence(source=source, playlists=playlists) for playlists, source in strongest]
