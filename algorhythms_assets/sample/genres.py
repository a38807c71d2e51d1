"""The invented genres: their names, how common they are and how they sound."""

from typing import Final, Literal, NamedTuple

Mood = Literal["bright", "calm", "dance", "dreamy", "heavy"]


class Genre(NamedTuple):
    """One genre and the centre of its audio features.

    `share` is its share of artists and playlists (all shares are scaled to sum to 1). The features are in Spotify's
    units: `loudness` in dB, `tempo` in beats per minute, the others unitless in 0..1. `minutes` is a typical duration.
    """

    name: str
    mood: Mood
    share: float
    danceability: float
    energy: float
    loudness: float
    speechiness: float
    acousticness: float
    instrumentalness: float
    liveness: float
    valence: float
    tempo: float
    minutes: float


# fmt: off
GENRES: Final[tuple[Genre, ...]] = (
    #     name            mood      share  dance energy  loud speech acoust  instr  live valence tempo minutes
    Genre("Driftpop",     "bright",  0.17,  0.68,  0.68,  -5.5, 0.06,  0.18,  0.01, 0.15,  0.60,  116,  3.4),
    Genre("Cinderhop",    "dance",   0.15,  0.76,  0.62,  -6.5, 0.24,  0.16,  0.01, 0.18,  0.45,   92,  3.7),
    Genre("Granitewave",  "heavy",   0.12,  0.50,  0.82,  -5.5, 0.06,  0.05,  0.04, 0.22,  0.48,  128,  4.0),
    Genre("Orchardtwang", "bright",  0.10,  0.57,  0.66,  -6.5, 0.04,  0.32,  0.01, 0.18,  0.62,  112,  3.5),
    Genre("Velourhouse",  "dance",   0.10,  0.72,  0.84,  -5.0, 0.07,  0.05,  0.25, 0.20,  0.42,  125,  4.6),
    Genre("Lanternfolk",  "calm",    0.09,  0.48,  0.30, -12.0, 0.04,  0.80,  0.06, 0.12,  0.35,  104,  3.8),
    Genre("Soleado",      "dance",   0.08,  0.74,  0.74,  -5.5, 0.10,  0.24,  0.01, 0.16,  0.74,   98,  3.8),
    Genre("Harbourglow",  "dreamy",  0.06,  0.64,  0.48,  -8.5, 0.07,  0.45,  0.02, 0.14,  0.52,   84,  4.1),
    Genre("Mistgaze",     "dreamy",  0.04,  0.44,  0.58,  -9.0, 0.04,  0.15,  0.45, 0.13,  0.25,  120,  4.9),
    Genre("Anvilcore",    "heavy",   0.04,  0.36,  0.94,  -4.5, 0.10,  0.01,  0.15, 0.28,  0.28,  142,  4.1),
    Genre("Frostkeys",    "calm",    0.03,  0.34,  0.14, -21.0, 0.04,  0.95,  0.88, 0.10,  0.18,   78,  3.6),
    Genre("Brassbloom",   "calm",    0.02,  0.55,  0.36, -13.0, 0.05,  0.76,  0.50, 0.26,  0.56,  118,  5.4),
)
# fmt: on
