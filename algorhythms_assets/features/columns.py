"""The headings that files use for the features of a track: the one table to extend."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from algorhythms_ask.features import FEATURES

TRACK = "track"

# If a file has several headings of a feature, the first one listed here is used. Case, spaces and punctuation make no
# difference: "Duration (ms)", "duration_ms" and "duration.ms" are the same heading. Durations name their unit.
HEADINGS: dict[str, tuple[str, ...]] = {
    TRACK: (
        *("track_uri", "uri", "track_id", "id", "spotify_uri", "spotify_id", "spotify_track_uri", "spotify_track_id"),
        *("track_url", "url", "spotify_url", "link", "track_link", "href", "song_id", "song_uri", "song_url"),
    ),
    "danceability": ("danceability", "dance", "track_danceability"),
    "energy": ("energy", "track_energy"),
    "loudness": ("loudness", "loudness (dB)", "loud", "loud (dB)"),
    "speechiness": ("speechiness", "speech"),
    "acousticness": ("acousticness", "acoustic"),
    "instrumentalness": ("instrumentalness", "instrumental"),
    "liveness": ("liveness", "live"),
    "valence": ("valence", "audio_valence", "happy"),
    "tempo": ("tempo", "tempo (BPM)", "BPM", "beats per minute"),
    "duration_ms": ("duration_ms", "track_duration_ms", "song_duration_ms", "length_ms", "duration (milliseconds)"),
    "duration_s": ("duration_s", "duration (sec)", "duration (seconds)", "length_s", "length (seconds)"),
    "duration_min": ("duration_min", "duration (mins)", "duration (minutes)", "length_min", "length (minutes)"),
    "key": ("key", "key_name", "musical key"),
    "mode": ("mode", "mode_name", "audio_mode"),
    "time_signature": ("time_signature", "time sig", "meter"),
}

# Milliseconds per unit of each duration heading.
_DURATIONS = {"duration_ms": 1, "duration_s": 1000, "duration_min": 60_000}


@dataclass(frozen=True)
class Columns:
    """The known columns of a file, by position: those that may contain identifiers, best first, and features.

    `features` has Spotify's names; durations must be multiplied by `milliseconds`.
    """

    identifiers: tuple[int, ...]
    features: dict[str, int]
    milliseconds: int

    @property
    def positions(self) -> list[int]:
        """The columns to read."""
        return sorted({*self.identifiers, *self.features.values()})


def columns_of(headings: Sequence[str]) -> Columns:
    """Returns the known columns among the headings of a file."""
    places: dict[str, int] = {}
    for position, heading in enumerate(headings):
        places.setdefault(_normalised(heading), position)
    found = {
        name: [places[heading] for heading in map(_normalised, synonyms) if heading in places]
        for name, synonyms in HEADINGS.items()
    }
    duration = next((name for name in _DURATIONS if found[name]), "duration_ms")
    features = {name: found[duration if name == "duration_ms" else name] for name in FEATURES}
    return Columns(
        tuple(dict.fromkeys(found[TRACK])),
        {name: positions[0] for name, positions in features.items() if positions},
        _DURATIONS[duration],
    )


def _normalised(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold())
