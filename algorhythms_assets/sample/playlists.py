"""Draws playlists as arrays: each follows a scene and a few favourite artists, with occasional other tracks."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from algorhythms_assets.sample.catalogue import Catalogue, genre_shares
from algorhythms_assets.sample.weighted import WeightedGroups

SHORTEST, LONGEST = 5, 250
# Measured after clipping: mean 66, median 50.
LENGTH_MEDIAN, LENGTH_SPREAD = 50.0, 0.79

# The sources of the first track of a run, and the usual share of each in a playlist.
SOURCES: Final = {
    "favourite artist": 0.30,
    "scene": 0.30,
    "second scene": 0.13,
    "genre": 0.08,
    "second genre": 0.07,
    "anywhere, by popularity": 0.09,
    "anywhere": 0.03,
}
# Higher makes playlists more alike in their shares of the sources.
SOURCE_CONCENTRATION: Final = 12.0
FAVOURITES: Final = 6
FAVOURITE_POWER: Final = 0.8
SCENE_POWER: Final = 0.7
RUN_SHAPE: Final = (1.2, 3.0)  # of the beta distribution of the chance that a track continues a run
ALBUM_RUN_SHARE: Final = 0.5
REPEATING_SHARE: Final = 0.06

# Replacements for a repeated track come from ever wider pools; repeats left after the last one stay.
REDRAWS: Final = ("artist", *("scene",) * 3, *("genre",) * 8, *("anywhere",) * 8)

LAST_DAY: Final = 17_470  # 2017-10-31 in days since 1970
SECONDS_A_DAY: Final = 86_400
COLLABORATIVE_SHARE: Final = 0.02

# Bounds memory: about 100 bytes per row, 66 rows per playlist.
BLOCK: Final = 20_000


@dataclass(frozen=True)
class Playlists:
    """Playlists in compressed sparse row form: playlist p has tracks[offsets[p]:offsets[p + 1]], in order.

    offsets         int64 [playlists + 1]
    tracks          int32 [rows], indexes into the catalogue's tracks
    genre           int32 [playlists], the dominant genre, an index into GENRES
    scene           int32 [playlists], the dominant scene, of that genre
    modified_at     int64 [playlists], midnights in seconds since 1970
    followers       int64 [playlists], at least 1
    edits           int64 [playlists], at least 1
    collaborative   bool [playlists]
    """

    offsets: npt.NDArray[np.int64]
    tracks: npt.NDArray[np.int32]
    genre: npt.NDArray[np.int32]
    scene: npt.NDArray[np.int32]
    modified_at: npt.NDArray[np.int64]
    followers: npt.NDArray[np.int64]
    edits: npt.NDArray[np.int64]
    collaborative: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        """The number of playlists."""
        return len(self.genre)

    def tracks_of(self, playlist: int) -> npt.NDArray[np.int32]:
        """The tracks of one playlist in order, int32 [its length]."""
        return self.tracks[self.offsets[playlist] : self.offsets[playlist + 1]]


def draw_playlists(catalogue: Catalogue, count: int, rng: np.random.Generator) -> Playlists:
    """That many playlists of tracks of the catalogue. Raises ValueError for a count below 1."""
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    pools = _Pools(catalogue)
    genre = rng.choice(len(genre_shares()), count, p=genre_shares()).astype(np.int32)
    scene = pools.scenes_of_genre.draw(genre, rng).astype(np.int32)
    lengths = _lengths(count, rng)
    blocks = [slice(first, first + BLOCK) for first in range(0, count, BLOCK)]
    days_ago = np.minimum(rng.exponential(300, count), 1400).astype(np.int64)
    return Playlists(
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        tracks=np.concatenate([_draw_block(pools, scene[block], lengths[block], rng) for block in blocks]),
        genre=genre,
        scene=scene,
        modified_at=(LAST_DAY - days_ago) * SECONDS_A_DAY,
        followers=1 + np.minimum(0.4 * rng.pareto(1.3, count), 50_000).astype(np.int64),
        edits=np.clip(rng.lognormal(np.log(lengths / 6 + 1), 0.8), 1, 200).astype(np.int64),
        collaborative=rng.random(count) < COLLABORATIVE_SHARE,
    )


class _Pools:
    """The weighted groups that tracks, artists and scenes are drawn from."""

    def __init__(self, catalogue: Catalogue) -> None:
        scenes, artists = len(catalogue.scene_genre), catalogue.artists
        genres = len(genre_shares())
        weight = catalogue.track_weight
        nothing = np.zeros(catalogue.tracks, dtype=np.int32)
        album_first = np.flatnonzero(np.diff(catalogue.track_album, prepend=-1))
        self.catalogue = catalogue
        self.tracks_of_artist = WeightedGroups.build(catalogue.track_artist, weight, artists)
        self.tracks_of_scene = WeightedGroups.build(catalogue.track_scene, weight, scenes)
        self.tracks_of_genre = WeightedGroups.build(catalogue.track_genre, weight, genres)
        self.popular_tracks = WeightedGroups.build(nothing, weight, 1)
        self.any_tracks = WeightedGroups.build(nothing, np.ones(catalogue.tracks), 1)
        # Powers below 1 let playlists differ in their scenes and favourites more than popularity alone would.
        dearness = np.power(catalogue.artist_weight, FAVOURITE_POWER, dtype=np.float64)
        self.artists_of_scene = WeightedGroups.build(catalogue.artist_scene, dearness, scenes)
        scene_weight = np.bincount(catalogue.track_scene, weights=weight, minlength=scenes)
        self.scenes_of_genre = WeightedGroups.build(
            catalogue.scene_genre, np.power(scene_weight, SCENE_POWER, dtype=np.float64), genres
        )
        self.album_first = album_first
        self.album_size = np.diff(album_first, append=catalogue.tracks)


def _lengths(count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    drawn = rng.lognormal(np.log(LENGTH_MEDIAN), LENGTH_SPREAD, count)
    return np.clip(np.round(drawn), SHORTEST, LONGEST).astype(np.int64)


def _draw_block(
    pools: _Pools, scene: npt.NDArray[np.int32], lengths: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    owner = np.repeat(np.arange(len(lengths)), lengths)
    run_start = _run_starts(owner, lengths, rng)
    leads = np.flatnonzero(run_start == np.arange(len(owner)))
    tracks = np.empty(len(owner), dtype=np.int64)
    tracks[leads] = _lead_tracks(pools, scene, owner[leads], rng)
    _continue_runs(pools, tracks, run_start, rng)
    _replace_repeats(pools, tracks, owner, scene, rng)
    _repeat_a_few(tracks, lengths, rng)
    return tracks.astype(np.int32)


def _run_starts(
    owner: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """For each row the row at which its run of one artist begins."""
    rows = np.arange(len(owner))
    starts = rng.random(len(owner)) >= rng.beta(*RUN_SHAPE, len(lengths))[owner]
    starts[np.cumsum(lengths) - lengths] = True
    return np.maximum.accumulate(np.where(starts, rows, 0))


def _lead_tracks(
    pools: _Pools, scene: npt.NDArray[np.int32], owner: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    playlists = len(scene)
    scene_genre = pools.catalogue.scene_genre
    favourites = pools.artists_of_scene.draw(np.repeat(scene, FAVOURITES), rng).reshape(playlists, FAVOURITES)
    second_scene = pools.scenes_of_genre.draw(scene_genre[scene], rng)
    second_genre = rng.choice(len(genre_shares()), playlists, p=genre_shares())
    nothing = np.zeros(len(owner), dtype=np.int64)
    # The minimum of two uniform draws prefers the first favourites.
    favourite = favourites[owner, rng.integers(FAVOURITES, size=(2, len(owner))).min(axis=0)]
    choices = {
        "favourite artist": (pools.tracks_of_artist, favourite),
        "scene": (pools.tracks_of_scene, scene[owner]),
        "second scene": (pools.tracks_of_scene, second_scene[owner]),
        "genre": (pools.tracks_of_genre, scene_genre[scene][owner]),
        "second genre": (pools.tracks_of_genre, second_genre[owner]),
        "anywhere, by popularity": (pools.popular_tracks, nothing),
        "anywhere": (pools.any_tracks, nothing),
    }
    shares = rng.dirichlet(SOURCE_CONCENTRATION * np.array(list(SOURCES.values())), playlists)
    upper = np.cumsum(shares, axis=1)[:, :-1]
    source = (rng.random((len(owner), 1)) >= upper[owner]).sum(axis=1)
    tracks = np.empty(len(owner), dtype=np.int64)
    for number, name in enumerate(SOURCES):
        rows = np.flatnonzero(source == number)
        pool, groups = choices[name]
        tracks[rows] = pool.draw(groups[rows], rng)
    return tracks


def _continue_runs(
    pools: _Pools, tracks: npt.NDArray[np.int64], run_start: npt.NDArray[np.int64], rng: np.random.Generator
) -> None:
    rows = np.flatnonzero(run_start != np.arange(len(run_start)))
    lead = tracks[run_start[rows]]
    album = pools.catalogue.track_album[lead]
    first, size = pools.album_first[album], pools.album_size[album]
    next_on_album = first + (lead - first + rows - run_start[rows]) % size
    other_by_artist = pools.tracks_of_artist.draw(pools.catalogue.track_artist[lead], rng)
    follows_album = (rng.random(len(run_start)) < ALBUM_RUN_SHARE)[run_start[rows]]
    tracks[rows] = np.where(follows_album, next_on_album, other_by_artist)


def _replace_repeats(
    pools: _Pools,
    tracks: npt.NDArray[np.int64],
    owner: npt.NDArray[np.int64],
    scene: npt.NDArray[np.int32],
    rng: np.random.Generator,
) -> None:
    scene_genre = pools.catalogue.scene_genre
    rows = np.arange(len(tracks))
    for pool in REDRAWS:
        repeats = rows[_is_repeat(owner[rows], tracks[rows], pools.catalogue.tracks)]
        if not len(repeats):
            return
        if pool == "artist":
            tracks[repeats] = pools.tracks_of_artist.draw(pools.catalogue.track_artist[tracks[repeats]], rng)
        elif pool == "scene":
            tracks[repeats] = pools.tracks_of_scene.draw(scene[owner[repeats]], rng)
        elif pool == "genre":
            tracks[repeats] = pools.tracks_of_genre.draw(scene_genre[scene[owner[repeats]]], rng)
        else:
            tracks[repeats] = pools.any_tracks.draw(np.zeros(len(repeats), dtype=np.int64), rng)
        changed = np.zeros(len(scene), dtype=np.bool_)
        changed[owner[repeats]] = True
        rows = rows[changed[owner[rows]]]


def _is_repeat(
    owner: npt.NDArray[np.int64], tracks: npt.NDArray[np.int64], catalogue_tracks: int
) -> npt.NDArray[np.bool_]:
    """Whether the playlist contains the track in an earlier row."""
    key = owner * catalogue_tracks + tracks
    order = np.argsort(key, kind="stable")
    repeat = np.zeros(len(key), dtype=np.bool_)
    repeat[order[1:]] = key[order[1:]] == key[order[:-1]]
    return repeat


def _repeat_a_few(tracks: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], rng: np.random.Generator) -> None:
    chosen = np.flatnonzero(rng.random(len(lengths)) < REPEATING_SHARE)
    first = (np.cumsum(lengths) - lengths)[chosen]
    source, target = (first + rng.integers(lengths[chosen]) for _ in range(2))
    tracks[target] = tracks[source]
