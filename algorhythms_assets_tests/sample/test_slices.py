import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from algorhythms_assets.sample import draw_sample, write_sample
from algorhythms_assets.sample.audio import FEATURES

PLAYLIST_TYPES = {
    "name": str,
    "collaborative": str,
    "pid": int,
    "modified_at": int,
    "num_tracks": int,
    "num_albums": int,
    "num_followers": int,
    "tracks": list,
    "num_edits": int,
    "duration_ms": int,
    "num_artists": int,
}
TRACK_TYPES = {
    "pos": int,
    "artist_name": str,
    "track_uri": str,
    "artist_uri": str,
    "track_name": str,
    "album_uri": str,
    "duration_ms": int,
    "album_name": str,
}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def types(record: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in record.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, playlists=130, slice_size=50, seed=3)
    return folder


@pytest.fixture(scope="module")
def slices(folder: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in (folder / "playlists").iterdir()}


@pytest.fixture(scope="module")
def playlists(slices: dict[str, Any]) -> list[dict[str, Any]]:
    return [playlist for document in slices.values() for playlist in document["playlists"]]


def test_slices_are_named_after_their_first_and_last_playlist(slices: dict[str, Any]) -> None:
    assert set(slices) == {"mpd.slice.0-49.json", "mpd.slice.50-99.json", "mpd.slice.100-129.json"}
    for name, document in slices.items():
        assert list(document) == ["info", "playlists"]
        assert types(document["info"]) == {"generated_on": str, "slice": str, "version": str}
        assert name == f"mpd.slice.{document['info']['slice']}.json"
        assert document["info"]["version"] == "v1"
        first, last = map(int, document["info"]["slice"].split("-"))
        assert [playlist["pid"] for playlist in document["playlists"]] == list(range(first, last + 1))


def test_records_have_exactly_the_keys_and_types_of_the_format(playlists: list[dict[str, Any]]) -> None:
    for playlist in playlists:
        assert types(playlist) == PLAYLIST_TYPES
        assert list(playlist) == list(PLAYLIST_TYPES)
        assert playlist["collaborative"] in ("false", "true")
        assert playlist["modified_at"] % 86_400 == 0
        for track in playlist["tracks"]:
            assert types(track) == TRACK_TYPES
            assert list(track) == list(TRACK_TYPES)


def test_counts_agree_with_the_tracks(playlists: list[dict[str, Any]]) -> None:
    for playlist in playlists:
        tracks = playlist["tracks"]
        assert [track["pos"] for track in tracks] == list(range(playlist["num_tracks"]))
        assert playlist["num_albums"] == len({track["album_uri"] for track in tracks})
        assert playlist["num_artists"] == len({track["artist_uri"] for track in tracks})
        assert playlist["duration_ms"] == sum(track["duration_ms"] for track in tracks)


def test_a_uri_always_means_the_same_track(playlists: list[dict[str, Any]]) -> None:
    tracks = [track for playlist in playlists for track in playlist["tracks"]]
    meant = {json.dumps({**track, "pos": 0}) for track in tracks}
    assert len(meant) == len({track["track_uri"] for track in tracks})


def test_slices_are_indented_like_the_real_ones(folder: Path) -> None:
    lines = (folder / "playlists" / "mpd.slice.0-49.json").read_text("utf-8").splitlines()
    assert lines[:3] == ["{", '    "info": {', '        "generated_on": "2017-12-03 00:00:00.000000",']


def test_features_agree_with_the_playlists(folder: Path, playlists: list[dict[str, Any]]) -> None:
    with (folder / "audio_features.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = {row["track_uri"]: row for row in reader}
        assert tuple(reader.fieldnames or ()) == ("track_uri", *FEATURES)
    durations = {track["track_uri"]: track["duration_ms"] for playlist in playlists for track in playlist["tracks"]}
    assert 0.8 < len(rows.keys() & durations.keys()) / len(durations) < 0.97
    assert all(rows[uri]["duration_ms"] == str(durations[uri]) for uri in rows.keys() & durations.keys())
    for row in rows.values():
        assert row["key"].isdigit()
        assert row["mode"] in ("0", "1")
        assert row["time_signature"] in ("1", "3", "4", "5")
        assert float(row["loudness"]) <= 0


def test_the_same_seed_gives_the_same_bytes_in_another_process(folder: Path, tmp_path: Path) -> None:
    arguments = ["--playlists", "130", "--slice-size", "50", "--seed", "3"]
    subprocess.run(
        [sys.executable, "-m", "algorhythms_assets.sample", str(tmp_path), *arguments],
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    assert digests(tmp_path) == digests(folder)


def test_another_seed_gives_other_files(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, playlists=130, slice_size=50, seed=4)
    ours, theirs = digests(tmp_path), digests(folder)
    assert ours.keys() == theirs.keys()
    assert all(ours[name] != theirs[name] for name in ours)


def test_writing_again_replaces_the_files_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_sample(tmp_path, playlists=20, slice_size=10, seed=1)
    write_sample(tmp_path, playlists=20, slice_size=10, seed=2)
    assert digests(tmp_path).keys() == {
        "audio_features.csv",
        "playlists/mpd.slice.0-9.json",
        "playlists/mpd.slice.10-19.json",
    }


def test_slices_of_another_set_are_left_alone(tmp_path: Path) -> None:
    write_sample(tmp_path, playlists=20, slice_size=10)
    before = digests(tmp_path)
    with pytest.raises(FileExistsError, match=r"mpd\.slice\.10-19\.json"):
        write_sample(tmp_path, playlists=10, slice_size=10)
    assert digests(tmp_path) == before


def test_a_failure_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("algorhythms_assets.sample.slices.write_features", fail)
    with pytest.raises(OSError, match="disk full"):
        write_sample(tmp_path, playlists=3)
    assert [path.name for path in tmp_path.iterdir()] == ["playlists"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"playlists": 0}, "playlists must be at least 1"),
        ({"slice_size": 0}, "slice_size must be at least 1"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_arguments_are_named(tmp_path: Path, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_sample(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_drawing_names_bad_arguments_too() -> None:
    with pytest.raises(ValueError, match="playlists must be at least 1"):
        draw_sample(-5)
