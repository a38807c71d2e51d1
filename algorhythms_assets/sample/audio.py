"""Audio features that depend on the genre, then the scene, then the artist, then chance."""

from typing import Final

import numpy as np
import numpy.typing as npt

from algorhythms_assets.sample.genres import GENRES

# Features in 0..1 are drawn on the logit scale, so that they stay in range without clipping.
UNIT_FEATURES: Final = (
    "danceability",
    "energy",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
)
FEATURES: Final = (
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
    "time_signature",
)
SCENE_SPREAD: Final = 0.30
ARTIST_SPREAD: Final = 0.35
TRACK_SPREAD: Final = 0.55
LOUDNESS_SPREAD_DB: Final = 3.0
TEMPO_SPREAD: Final = 0.20
DURATION_SPREAD: Final = 0.25
KEY_SHARES: Final = (0.12, 0.10, 0.11, 0.03, 0.08, 0.09, 0.07, 0.11, 0.07, 0.10, 0.05, 0.07)
TIME_SIGNATURES: Final = {1: 0.01, 3: 0.07, 4: 0.90, 5: 0.02}
MAJOR_SHARE: Final = 0.66
SHORTEST_MS, LONGEST_MS = 30_000, 900_000


def draw_features(
    scene_genre: npt.NDArray[np.int32],
    track_scene: npt.NDArray[np.int32],
    track_artist: npt.NDArray[np.int32],
    rng: np.random.Generator,
) -> dict[str, npt.NDArray[np.float64]]:
    """The audio features of every track, float64 [tracks] for each name of FEATURES, in that order.

    scene_genre: genre of each scene [scenes]; track_scene, track_artist: scene and artist of each track [tracks].
    Units and ranges are Spotify's: `loudness` in dB -60..0, `tempo` in beats per minute 40..220, `duration_ms` in
    milliseconds, `key` 0..11, `mode` 0 or 1, `time_signature` 1, 3, 4 or 5, the others 0..1.
    """
    tracks = len(track_scene)
    genre = scene_genre[track_scene]

    def deviation() -> npt.NDArray[np.float64]:
        scene = rng.normal(0, SCENE_SPREAD, len(scene_genre))
        artist = rng.normal(0, ARTIST_SPREAD, int(track_artist.max()) + 1)
        deviations: npt.NDArray[np.float64] = (
            scene[track_scene] + artist[track_artist] + rng.normal(0, TRACK_SPREAD, tracks)
        )
        return deviations

    def centre(name: str) -> npt.NDArray[np.float64]:
        return np.array([getattr(row, name) for row in GENRES], dtype=np.float64)[genre]

    drawn: dict[str, npt.NDArray[np.float64]] = {}
    for name in UNIT_FEATURES:
        mean = centre(name)
        drawn[name] = (1 / (1 + (1 - mean) / mean * np.exp(-deviation()))).round(4)
    loudness = centre("loudness") + LOUDNESS_SPREAD_DB * deviation()
    drawn["loudness"] = loudness.clip(-60, 0).round(3)
    tempo = centre("tempo") * np.exp(TEMPO_SPREAD * deviation())
    drawn["tempo"] = tempo.clip(40, 220).round(3)
    duration = centre("minutes") * 60_000 * np.exp(DURATION_SPREAD * deviation())
    drawn["duration_ms"] = duration.clip(SHORTEST_MS, LONGEST_MS).round()
    drawn["key"] = rng.choice(12, tracks, p=KEY_SHARES).astype(np.float64)
    drawn["mode"] = (rng.random(tracks) < MAJOR_SHARE).astype(np.float64)
    signatures, shares = list(TIME_SIGNATURES), list(TIME_SIGNATURES.values())
    drawn["time_signature"] = rng.choice(signatures, tracks, p=shares).astype(np.float64)
    return {name: drawn[name] for name in FEATURES}
