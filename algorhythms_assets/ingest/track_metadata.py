"""Builds the snapshot: dense track ids, names, play counts, and the playlists as integers, split by bucket."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.contracts import PLAYLIST_NAMES_SCHEMA, PLAYLISTS_SCHEMA, TRACK_METADATA, TRACKS_SCHEMA
from algorhythms_assets.ingest.config import TrackMetadataConfig
from algorhythms_assets.ingest.faults import top_share
from algorhythms_assets.ingest.playlists import split_ranges
from algorhythms_assets.ingest.slices import some
from algorhythms_assets.ingest.snapshot import playlist_lengths, playlist_names, snapshot_tables
from algorhythms_assets.payload import Work, run
from algorhythms_assets.plots import BLUE, picture, plot
from algorhythms_assets.resources.store import InputError, write_json, write_table


def build(work: Work[TrackMetadataConfig]) -> dict[str, Any]:
    """Build a snapshot of all slices in the store: integer track ids, names, counts, and the split."""
    slices = work.store.slices()
    split = split_ranges(work.config.holdout)
    numbers: dict[str, Any] = {}
    mix: dict[str, float] = {}

    def write(folder: Path) -> None:
        raw, repeated, twins = _without_repeated(work, list(slices), folder)
        if not raw:
            raise InputError(f"none of the {len(slices)} slices has playlists: {work.store.slice_path('any').parent}")
        tracks, playlists = snapshot_tables(work.engine, raw, split["test"][1])
        names = playlist_names(work.engine, raw)
        for path in folder.glob("*.parquet"):
            path.unlink()
        write_table(tracks, folder / "tracks.parquet", TRACKS_SCHEMA, work.stamp)
        write_table(playlists, folder / "playlists.parquet", PLAYLISTS_SCHEMA, work.stamp)
        write_table(names, folder / "playlist_names.parquet", PLAYLIST_NAMES_SCHEMA, work.stamp)
        lengths, training = playlist_lengths(playlists, split["test"][1])
        if not training.any():
            raise InputError(
                f"all {len(lengths)} playlists are held out: add playlists, or set a smaller ALGORHYTHMS_HOLDOUT"
            )
        numbers.update(
            tracks=tracks.num_rows,
            tracks_in_training=pc.sum(pc.greater(tracks["playlists"], 0)).as_py(),
            rows=playlists.num_rows,
            playlists=len(lengths),
            named_playlists=names.num_rows,
            training_playlists=int(training.sum()),
            repeated_playlists=repeated,
            twin_playlists=len(twins),
        )
        mix.update(
            {
                "median length": float(np.median(lengths)),
                "named share": round(names.num_rows / len(lengths), 4),
                "share of the top percent": round(top_share(tracks["playlists"].to_numpy()), 4),
            }
        )
        now = work.store.slices()
        changed = [key for key, stamp in slices.items() if now.get(key) != stamp]
        if changed:
            raise InputError(
                f"slices changed while the snapshot was built from them ({some(changed)}): materialize again"
            )
        _plot_lengths(lengths, folder / "lengths.png")
        write_json(
            folder / "snapshot.json",
            {
                "snapshot": work.stamp.data_version,
                "slices": {key: stamp.data_version for key, stamp in slices.items()},
                "split": split,
                **numbers,
            },
        )

        twin_names.extend(twins)

    twin_names: list[str] = []
    place = work.write_folder(write)
    if twin_names:
        work.log.warning(
            "same name and tracks under another identifier, counted once: %d playlists (%s)",
            len(twin_names),
            some(twin_names),
        )
    if numbers["repeated_playlists"]:
        work.log.warning("repeated in a later slice, whose playlist is used: %d pids", numbers["repeated_playlists"])
    return {
        "dagster/row_count": numbers["tracks"],
        "slices": len(slices),
        **{name.replace("_", " "): value for name, value in numbers.items()},
        **mix,
        "snapshot": work.stamp.data_version[:12],
        "lengths of playlists": picture(place / "lengths.png"),
    }


def _plot_lengths(lengths: NDArray[np.int64], path: Path) -> None:
    with plot(path, f"Lengths of {len(lengths):,} playlists, median {np.median(lengths):.0f}") as axes:
        axes.hist(lengths, bins=np.geomspace(1, max(2, lengths.max() + 1), 40).tolist(), color=BLUE)
        axes.set_xscale("log")
        axes.set_xlabel("tracks")
        axes.set_ylabel("playlists")


def _without_repeated(
    work: Work[TrackMetadataConfig], keys: list[str], folder: Path
) -> tuple[list[Path], int, list[str]]:
    """Returns Parquet files in which every playlist occurs once: in the last slice by name that has it.

    Also returns how many pids occurred in several slices, and the names of playlists with the name and the tracks of
    another one: if the same export is there twice, one copy would train on what the other holds out.
    """
    pids: set[int] = set()
    contents: set[int] = set()
    files, repeated, twins = [], 0, []
    for number, key in reversed(list(enumerate(keys))):
        path = work.store.slice_path(key)
        columns = pq.read_table(path, columns=["pid", "name", "content"])
        lists = columns.group_by(["pid", "name", "content"], use_threads=False).aggregate([])
        left_out = []
        for pid, name, content in zip(*(lists[column].to_pylist() for column in lists.column_names), strict=True):
            if pid in pids:
                repeated += 1
                left_out.append(pid)
            elif name is not None and content in contents:
                twins.append(name)
                left_out.append(pid)
            else:
                contents.add(content)
        pids.update(lists["pid"].to_pylist())
        if left_out:
            table = pq.read_table(path)
            path = folder / f"{number}.parquet"
            table = table.filter(pc.invert(pc.is_in(table["pid"], pa.array(left_out, pa.int64()))))
            pq.write_table(table, path)
        if len(left_out) < lists.num_rows:
            files.append(path)
    return files[::-1], repeated, twins[::-1]


if __name__ == "__main__":
    run(build, TRACK_METADATA, TrackMetadataConfig)
