"""From the songs of a request to those that may be tracks, and from what was found to the answer."""

from collections import Counter

from algorhythms_ask import contract
from algorhythms_ask.recommend import Recommendation, Resolution
from algorhythms_ask.songs import Song, track_id

EDGES_PER_RECOMMENDATION = 10


def songs_of(request: contract.RecommendationsIn) -> tuple[dict[int, Song], list[contract.Unresolved]]:
    """Returns the songs with identifiers in full by their position, and those that cannot be tracks."""
    songs, refused = {}, {}
    for position, song in enumerate(request.songs):
        try:
            songs[position] = Song(track_id(song.id), song.name, song.artist, song.album, song.features)
        except ValueError as error:
            refused[song.id] = contract.Unresolved(id=song.id, reason=str(error))
    return songs, list(refused.values())


def answer_of(
    version: str,
    songs: list[Song],
    refused: list[contract.Unresolved],
    resolution: Resolution,
    recommendations: list[Recommendation],
) -> contract.RecommendationsOut:
    """Returns the answer to a request; `refused` are its songs that cannot be tracks."""
    placed = {seed.song.id: seed for seed in resolution.seeds}
    first: dict[str, Song] = {}
    for song in songs:
        first.setdefault(song.id, song)
    sources = []
    for song in first.values():
        seed = placed.get(song.id)
        known = seed.document if seed else None
        sources.append(
            contract.SourceNode(
                id=song.id,
                track_name=song.name or (known.name if known else None),
                track_artist=song.artist or (known.artist if known else None),
                resolved_by=seed.resolved_by if seed else None,
            )
        )
    edges = []
    for found in recommendations:
        strongest = sorted(zip(found.seed_terms, placed, strict=True), key=lambda pair: -pair[0])
        edges += [
            contract.Edge(source=source, target=found.document.id, weight=term)
            for term, source in strongest[:EDGES_PER_RECOMMENDATION]
            if term > 0
        ]
    unresolved = [
        *(contract.Unresolved(id=song.id, reason=reason) for song, reason in resolution.unresolved),
        *refused,
    ]
    notices = []
    if not placed:
        notices.append("None of the songs is known: these are the most popular tracks.")
    elif unresolved:
        notices.append(
            f"Left out, because they are unknown: {len(unresolved)} of {len(placed) + len(unresolved)} songs."
        )
    return contract.RecommendationsOut(
        model_version=version,
        source_nodes=sources,
        recommendation_nodes=[
            contract.RecommendationNode(
                id=found.document.id,
                score=found.score,
                track_name=found.document.name,
                track_artist=found.document.artist,
                terms=contract.Terms(seeds=list(found.seed_terms), popularity=found.popularity),
            )
            for found in recommendations
        ],
        edges=edges,
        unresolved=unresolved,
        notices=notices,
        coverage=contract.Coverage(
            **dict.fromkeys(("track", "album", "artist", "features"), 0)
            | Counter(seed.resolved_by for seed in resolution.seeds),
            unresolved=len(unresolved),
        ),
    )
