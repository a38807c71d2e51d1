"""The tables of a snapshot, in SQL that every engine runs: tracks with dense ids, playlists of these ids."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algorhythms_assets.resources.engine import Engine

# Held-out rows name a track only if no training playlist does: a spelling must not reveal what is in the test.
TRACKS = """
WITH spellings AS (
    SELECT track_uri, track_name, artist_uri, artist_name, album_uri, album_name, duration_ms,
           SUM(CASE WHEN bucket >= {training} THEN 1 ELSE 0 END) AS training_rows,
           SUM(CASE WHEN bucket >= {training} THEN 0 ELSE 1 END) AS held_out_rows
    FROM raw
    GROUP BY track_uri, track_name, artist_uri, artist_name, album_uri, album_name, duration_ms
), ranked AS (
    SELECT *, ROW_NUMBER() OVER (
        PARTITION BY track_uri
        ORDER BY training_rows DESC, CASE WHEN training_rows > 0 THEN 0 ELSE held_out_rows END DESC,
                 COALESCE(track_name, ''), COALESCE(artist_uri, ''), COALESCE(artist_name, ''),
                 COALESCE(album_uri, ''), COALESCE(album_name, ''), COALESCE(duration_ms, -1)
    ) AS place
    FROM spellings
)
SELECT track_uri, track_name, artist_uri, artist_name, album_uri, album_name, duration_ms
FROM ranked
WHERE place = 1
ORDER BY track_uri
"""

# Track ids are assigned in Python: a window over all rows would move them to one worker.
PLAYLISTS = """
SELECT pid, bucket, position, track
FROM raw JOIN numbers ON raw.track_uri = numbers.track_uri
ORDER BY pid, position
"""


# All rows of a playlist have the same name.
NAMES = """
SELECT pid, MAX(name) AS name
FROM raw
WHERE name IS NOT NULL
GROUP BY pid
ORDER BY pid
"""


def snapshot_tables(engine: Engine, raw: list[Path], first_training_bucket: int) -> tuple[pa.Table, pa.Table]:
    """Returns the tracks (TRACKS_SCHEMA) and integer playlists (PLAYLISTS_SCHEMA) of files of raw playlists."""
    tracks = engine.sql(TRACKS.format(training=first_training_bucket), {"raw": raw})
    numbers = pa.array(np.arange(tracks.num_rows, dtype=np.int32))
    playlists = engine.sql(
        PLAYLISTS, {"raw": raw, "numbers": pa.table({"track_uri": tracks["track_uri"], "track": numbers})}
    )
    pids = playlists["pid"].to_numpy()
    playlist = np.cumsum(np.diff(pids, prepend=pids[:1]) != 0, dtype=np.int32)
    training = playlists["bucket"].to_numpy() >= first_training_bucket
    counts = _holding(playlist[training], playlists["track"].to_numpy()[training], tracks.num_rows)
    return (
        tracks.add_column(0, "track", numbers).append_column("playlists", pa.array(counts, pa.int32())),
        playlists.add_column(0, "playlist", pa.array(playlist)),
    )


def playlist_names(engine: Engine, raw: list[Path]) -> pa.Table:
    """Returns the names of the playlists that have one (PLAYLIST_NAMES_SCHEMA) of files of raw playlists."""
    return engine.sql(NAMES, {"raw": raw})


def playlist_lengths(playlists: pa.Table, first_training_bucket: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Returns the number of rows of each playlist, and whether it is a training playlist."""
    playlist = playlists["playlist"].to_numpy()
    starts = np.flatnonzero(np.diff(playlist, prepend=-1))
    return np.diff(starts, append=len(playlist)), playlists["bucket"].to_numpy()[starts] >= first_training_bucket


def _holding(playlist: NDArray[np.int32], track: NDArray[np.int32], tracks: int) -> NDArray[np.int64]:
    """Returns how many playlists contain each track, int64 [tracks], from the rows of playlists."""
    once = np.unique(playlist.astype(np.int64) * tracks + track)
    return np.bincount(once % tracks, minlength=tracks)
