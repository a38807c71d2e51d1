"""Converts an HTTP request into the recommender's input."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from algorhythms_ask import contract
from algorhythms_ask.cursor import place_of
from algorhythms_ask.names import artist_keys
from algorhythms_ask.problems import invalid
from algorhythms_ask.recommend import Answer
from algorhythms_ask.requests import RecommendationsIn, SongIn
from algorhythms_ask.songs import ARTIST_URI, Song, local_track, track_id
from algorhythms_ask.wish import Wish


@dataclass
class Songs:
    """Songs with full identifiers, by position, and those that cannot be tracks."""

    known: dict[int, Song] = field(default_factory=dict)
    refused: dict[str, contract.Unresolved] = field(default_factory=dict)


def songs_of(songs: Iterable[SongIn]) -> Songs:
    """Returns the songs of a request; those without an identifier get one derived from title and artist."""
    found = Songs()
    for position, song in enumerate(songs):
        try:
            identifier = track_id(song.id) if song.id is not None else local_track(song.artist or "", song.name or "")
            found.known[position] = Song(identifier, song.name, song.artist, song.album, song.features)
        except ValueError as error:
            name = song.id or ""
            found.refused[name] = contract.Unresolved(id=name, reason=str(error))
    return found


def wish_of(request: RecommendationsIn, songs: Songs, version: str) -> Wish:
    """Returns the recommender's input, for a release of that version.

    Raises:
        ProblemError: the request contradicts itself, or its cursor is invalid.
    """
    negative = songs_of(request.negative)
    excluded = request.exclude.tracks if request.exclude else []
    without = {}
    for position, identifier in enumerate(excluded):
        try:
            without[position] = track_id(identifier)
        except ValueError as error:
            raise invalid("Not a track", {f"/exclude/tracks/{position}": str(error)}) from error
    seeds = {song.id: position for position, song in songs.known.items()}
    for place, unwanted in (
        ("/negative", {position: song.id for position, song in negative.known.items()}),
        ("/exclude/tracks", without),
    ):
        for position, identifier in unwanted.items():
            if identifier in seeds:
                both = {f"{place}/{position}": "is a song to continue", f"/songs/{seeds[identifier]}": "is not wanted"}
                raise invalid("The request contradicts itself", both)
    artists = request.exclude.artists if request.exclude else []
    start, tracks = place_of(request, version)
    return Wish(
        songs=list(songs.known.values()),
        count=request.count,
        title=request.title,
        negative=list(negative.known.values()),
        without_tracks=set(without.values()),
        without_artists={key for artist in artists for key in _uri_or_keys(artist.strip())},
        tastes=None if request.tastes == "auto" else request.tastes,
        popularity=request.popularity,
        diversity=request.diversity,
        max_per_artist=request.max_per_artist,
        collapse_versions=request.collapse_versions,
        evidence=request.evidence,
        start=start,
        paged=tracks,
    )


def _uri_or_keys(artist: str) -> Iterable[str]:
    return [artist] if artist.startswith(ARTIST_URI) else artist_keys(artist)


def refuse_faulty(songs: Songs, answer: Answer) -> None:
    """Refuses a request if neither a song nor its title could be placed, and songs because of invalid features.

    Raises:
        ProblemError: this is such a request.
    """
    if answer.resolution.seeds or answer.title_known or not answer.resolution.faulty:
        return
    positions = list(songs.known)
    raise invalid(
        "No song is known, and none can be placed by its features",
        {
            f"/songs/{positions[i]}/features/{name}": problem
            for i, wrong in answer.resolution.faulty.items()
            for name, problem in wrong.items()
        },
    )
