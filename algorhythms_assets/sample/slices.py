"""Writes a sample in the format of the Million Playlist Dataset: slices of JSON, and audio features as CSV."""

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from algorhythms_assets.sample.audio import FEATURES
from algorhythms_assets.sample.draw import Sample, draw_sample

# Fixed, so that the same sample always gives the same bytes.
GENERATED_ON: Final = "2017-12-03 00:00:00.000000"
VERSION: Final = "v1"
WHOLE_NUMBERS: Final = frozenset({"key", "mode", "duration_ms", "time_signature"})


def write_sample(folder: Path, playlists: int = 2000, slice_size: int = 500, seed: int = 7) -> None:
    """Writes `<folder>/playlists/mpd.slice.*.json` and `<folder>/audio_features.csv`, the same bytes for the same call.

    slice_size is the number of playlists per file; the last file can have fewer. Files of the same names are replaced,
    each atomically. Raises ValueError naming the argument if playlists < 1, slice_size < 1 or seed < 0, FileExistsError
    if the folder contains slices that would not be replaced (which would mix two sets), and OSError if something cannot
    be written.
    """
    if slice_size < 1:
        raise ValueError(f"slice_size must be at least 1, not {slice_size}")
    sample = draw_sample(playlists, seed)
    slices = {
        f"mpd.slice.{pids.start}-{pids.stop - 1}.json": pids
        for pids in (range(first, min(first + slice_size, playlists)) for first in range(0, playlists, slice_size))
    }
    playlist_folder = folder / "playlists"
    playlist_folder.mkdir(parents=True, exist_ok=True)
    others = sorted({path.name for path in playlist_folder.glob("mpd.slice.*.json")} - slices.keys())
    if others:
        raise FileExistsError(f"{playlist_folder} contains slices of another set, such as {others[0]}")
    for name, pids in slices.items():
        with _replacing(playlist_folder / name) as file:
            file.write(json.dumps(slice_document(sample, pids), indent=4, ensure_ascii=False))
    with _replacing(folder / "audio_features.csv") as file:
        write_features(sample, file)


def slice_document(sample: Sample, pids: range) -> dict[str, Any]:
    """The content of the slice file with those playlists, ready for JSON."""
    return {
        "info": {"generated_on": GENERATED_ON, "slice": f"{pids.start}-{pids.stop - 1}", "version": VERSION},
        "playlists": [playlist_document(sample, pid) for pid in pids],
    }


def playlist_document(sample: Sample, pid: int) -> dict[str, Any]:
    """One playlist as in a slice file, ready for JSON."""
    catalogue, names, playlists = sample.catalogue, sample.catalogue_names, sample.playlists
    tracks = playlists.tracks_of(pid)
    artists, albums = catalogue.track_artist[tracks], catalogue.track_album[tracks]
    columns = (
        names.artist[artists],
        names.track_uri[tracks],
        names.artist_uri[artists],
        names.track[tracks],
        names.album_uri[albums],
        catalogue.duration_ms[tracks].tolist(),
        names.album[albums],
    )
    return {
        "name": sample.playlist_names[pid],
        "collaborative": "true" if playlists.collaborative[pid] else "false",
        "pid": pid,
        "modified_at": int(playlists.modified_at[pid]),
        "num_tracks": len(tracks),
        "num_albums": len(np.unique(albums)),
        "num_followers": int(playlists.followers[pid]),
        "tracks": [
            {
                "pos": position,
                "artist_name": artist,
                "track_uri": track_uri,
                "artist_uri": artist_uri,
                "track_name": track,
                "album_uri": album_uri,
                "duration_ms": duration_ms,
                "album_name": album,
            }
            for position, (artist, track_uri, artist_uri, track, album_uri, duration_ms, album) in enumerate(
                zip(*columns, strict=True)
            )
        ],
        "num_edits": int(playlists.edits[pid]),
        "duration_ms": int(catalogue.duration_ms[tracks].sum()),
        "num_artists": len(np.unique(artists)),
    }


def write_features(sample: Sample, file: TextIO) -> None:
    """Writes the audio features of the sample's tracks that have them, as CSV."""
    catalogue = sample.catalogue
    published = np.flatnonzero(catalogue.has_features)
    columns = [
        catalogue.features[name][published].astype(np.int64 if name in WHOLE_NUMBERS else np.float64).tolist()
        for name in FEATURES
    ]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("track_uri", *FEATURES))
    writer.writerows(zip(sample.catalogue_names.track_uri[published], *columns, strict=True))


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A file that is moved to `path` when it is complete, and discarded if writing it fails."""
    # The leading dot and the suffix hide an incomplete file from readers.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
