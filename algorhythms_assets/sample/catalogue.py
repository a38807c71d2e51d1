"""The invented catalogue: genres contain scenes, scenes artists, artists albums, albums tracks."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from algorhythms_assets.sample.audio import draw_features
from algorhythms_assets.sample.genres import GENRES

MINIMUM_TRACKS: Final = 400
TRACKS_PER_ARTIST: Final = 8
TRACKS_PER_ALBUM: Final = 3.2
# Popularity falls as (rank + head) ** -power: the head keeps the first ranks from dwarfing the rest.
ARTIST_POWER, ARTIST_HEAD = 1.2, 12
TRACK_POWER, TRACK_HEAD = 1.8, 1
SECOND_GENRE_SHARE: Final = 0.25
SECOND_SCENE_ALBUM_SHARE: Final = 0.35
MISSING_FEATURES_SHARE: Final = 0.10


@dataclass(frozen=True)
class Catalogue:
    """Arrays over tracks, albums, artists and scenes, each numbered from 0.

    Tracks of an album and albums of an artist are consecutive. Weights are unitless popularities > 0.

    scene_genre        int32 [scenes], index into GENRES
    artist_weight      float64 [artists], sums to 1
    artist_scene       int32 [artists], the artist's main scene
    artist_scene_2     int32 [artists], a scene of another genre; the same as artist_scene for most artists
    track_artist       int32 [tracks]
    track_album        int32 [tracks]
    track_scene        int32 [tracks], one of the two scenes of the artist, the same over an album
    track_weight       float64 [tracks], sums to 1
    duration_ms        int64 [tracks]
    features           float64 [tracks] for each name of audio.FEATURES
    has_features       bool [tracks], whether the features of the track are to be published
    """

    scene_genre: npt.NDArray[np.int32]
    artist_weight: npt.NDArray[np.float64]
    artist_scene: npt.NDArray[np.int32]
    artist_scene_2: npt.NDArray[np.int32]
    track_artist: npt.NDArray[np.int32]
    track_album: npt.NDArray[np.int32]
    track_scene: npt.NDArray[np.int32]
    track_weight: npt.NDArray[np.float64]
    duration_ms: npt.NDArray[np.int64]
    features: dict[str, npt.NDArray[np.float64]]
    has_features: npt.NDArray[np.bool_]

    @property
    def tracks(self) -> int:
        """The number of tracks."""
        return len(self.track_artist)

    @property
    def artists(self) -> int:
        """The number of artists."""
        return len(self.artist_weight)

    @property
    def albums(self) -> int:
        """The number of albums."""
        return int(self.track_album[-1]) + 1

    @property
    def track_genre(self) -> npt.NDArray[np.int32]:
        """Index into GENRES, int32 [tracks]."""
        return self.scene_genre[self.track_scene]


def catalogue_size(playlists: int) -> int:
    """Returns a suitable number of tracks for that many playlists.

    The catalogue grows more slowly than the playlists, as the number of distinct tracks does in real data.
    """
    return max(MINIMUM_TRACKS, round(16 * math.pow(playlists, 0.85)))


def make_catalogue(tracks: int, rng: np.random.Generator) -> Catalogue:
    """A catalogue of that many tracks. Raises ValueError below MINIMUM_TRACKS, where scenes could be empty."""
    if tracks < MINIMUM_TRACKS:
        raise ValueError(f"tracks must be at least {MINIMUM_TRACKS}, not {tracks}")
    artists = tracks // TRACKS_PER_ARTIST
    scene_genre = _scenes(tracks)
    artist_weight = rng.permutation((np.arange(1, artists + 1) + ARTIST_HEAD) ** -ARTIST_POWER)
    artist_weight /= artist_weight.sum()
    artist_scene, artist_scene_2 = _scenes_of_artists(scene_genre, artists, rng)
    track_artist = _artists_of_tracks(artist_weight, tracks, rng)
    track_album = _albums_of_tracks(track_artist, rng)
    track_scene = _scenes_of_tracks(artist_scene, artist_scene_2, track_artist, track_album, rng)
    features = draw_features(scene_genre, track_scene, track_artist, rng)
    return Catalogue(
        scene_genre=scene_genre,
        artist_weight=artist_weight,
        artist_scene=artist_scene,
        artist_scene_2=artist_scene_2,
        track_artist=track_artist,
        track_album=track_album,
        track_scene=track_scene,
        track_weight=_weights_of_tracks(artist_weight, track_artist, rng),
        duration_ms=features["duration_ms"].astype(np.int64),
        features=features,
        has_features=rng.random(tracks) >= MISSING_FEATURES_SHARE,
    )


def genre_shares() -> npt.NDArray[np.float64]:
    """The share of artists and playlists of each of GENRES, float64 [genres], summing to 1."""
    shares = np.array([genre.share for genre in GENRES], dtype=np.float64)
    scaled: npt.NDArray[np.float64] = shares / shares.sum()
    return scaled


def _scenes(tracks: int) -> npt.NDArray[np.int32]:
    # With the square root, both the number of scenes and their size grow with the catalogue.
    scenes = np.maximum(2, np.round(0.25 * np.sqrt(tracks * genre_shares()))).astype(np.int64)
    return np.repeat(np.arange(len(GENRES), dtype=np.int32), scenes)


def _scenes_of_artists(
    scene_genre: npt.NDArray[np.int32], artists: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    scenes = len(scene_genre)
    share = (genre_shares() / np.bincount(scene_genre))[scene_genre]
    first = rng.choice(scenes, artists, p=share / share.sum()).astype(np.int32)
    first[:scenes] = np.arange(scenes)  # so that no scene is empty
    second = rng.choice(scenes, artists, p=share / share.sum()).astype(np.int32)
    has_second = (rng.random(artists) < SECOND_GENRE_SHARE) & (scene_genre[first] != scene_genre[second])
    return first, np.where(has_second, second, first)


def _artists_of_tracks(
    artist_weight: npt.NDArray[np.float64], tracks: int, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    artists = len(artist_weight)
    # Popular artists have published more, though not in proportion.
    output = np.sqrt(artist_weight) * rng.lognormal(0, 0.6, artists)
    counts = 1 + rng.multinomial(tracks - artists, output / output.sum())
    return np.repeat(np.arange(artists, dtype=np.int32), counts)


def _albums_of_tracks(track_artist: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    opens_album = rng.random(len(track_artist)) < 1 / TRACKS_PER_ALBUM
    opens_album[0] = True
    opens_album[1:] |= track_artist[1:] != track_artist[:-1]
    return (np.cumsum(opens_album) - 1).astype(np.int32)


def _scenes_of_tracks(
    artist_scene: npt.NDArray[np.int32],
    artist_scene_2: npt.NDArray[np.int32],
    track_artist: npt.NDArray[np.int32],
    track_album: npt.NDArray[np.int32],
    rng: np.random.Generator,
) -> npt.NDArray[np.int32]:
    album_first_track = np.flatnonzero(np.diff(track_album, prepend=-1))
    album_artist = track_artist[album_first_track]
    is_debut = np.diff(album_artist, prepend=-1) != 0  # in the first scene, so that no scene is empty
    uses_second = (rng.random(len(album_artist)) < SECOND_SCENE_ALBUM_SHARE) & ~is_debut
    return np.where(uses_second, artist_scene_2[album_artist], artist_scene[album_artist])[track_album]


def _weights_of_tracks(
    artist_weight: npt.NDArray[np.float64], track_artist: npt.NDArray[np.int32], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    tracks = len(track_artist)
    shuffled = np.lexsort((rng.random(tracks), track_artist))
    first = np.searchsorted(track_artist, track_artist)
    rank = np.empty(tracks, dtype=np.int64)
    rank[shuffled] = np.arange(tracks) - first + 1
    weight = (rank + TRACK_HEAD) ** -TRACK_POWER
    weight_of_artist = np.bincount(track_artist, weights=weight)
    result: npt.NDArray[np.float64] = weight / weight_of_artist[track_artist] * artist_weight[track_artist]
    return result
