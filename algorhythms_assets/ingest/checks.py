"""What slices and the snapshot should be like."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from algorhythms_assets.contracts import TRACK_METADATA
from algorhythms_assets.ingest.assets import raw_playlists, track_metadata
from algorhythms_assets.ingest.faults import LIKE_BEFORE, Rows, changed, snapshot_faults
from algorhythms_assets.ingest.slices import some
from algorhythms_assets.resources.checked import counted
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.parquet import read_batches

# Share of a slice's playlists; a slice with more than half of them set aside is refused anyway.
_MOST_SET_ASIDE = 0.05
# How many materializations are searched for one of another snapshot.
_EARLIER = 20


@dg.asset_check(asset=raw_playlists)
def slices_are_used_whole(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """At most 5 % of a slice's playlists are set aside: more suggests a format that is only half understood."""
    total = dropped = 0
    bad = []
    for key, stamp in compute.store.slices().items():
        aside = _set_aside(compute.store.slice_path(key).with_suffix(".rejected.jsonl"))
        playlists = stamp.config.get("playlists", 0)
        if aside > _MOST_SET_ASIDE * (playlists + aside):
            bad.append(f"{key} ({aside} of {playlists + aside})")
        total, dropped = total + playlists, dropped + aside
    return dg.AssetCheckResult(
        passed=not bad,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"playlists set aside: {some(bad)}" if bad else f"{dropped:,} of {total + dropped:,} set aside",
        metadata={"playlists": total, "set aside": dropped, "slices with too many": len(bad)},
    )


def _set_aside(path: Path) -> int:
    """Returns how many whole playlists a slice's notes report; notes about single rows name a track."""
    if not path.is_file():
        return 0
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return sum("track" not in line for line in lines)


@dg.asset_check(asset=track_metadata, blocking=True)
def track_numbers_hold(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Track numbers are dense and unique, and every row of a playlist names one: everything downstream needs this."""
    folder = compute.store.path(TRACK_METADATA)
    tracks = pq.read_table(folder / "tracks.parquet", columns=["track", "track_uri", "playlists"])
    training = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))["split"]["test"][1]
    faults = snapshot_faults(tracks, _rows(folder / "playlists.parquet"), training)
    return counted(faults, f"{tracks.num_rows:,} tracks, each with one number")


def _rows(path: Path) -> Iterator[Rows]:
    for batch in read_batches(path, 1_000_000, ["playlist", "bucket", "track"]):
        playlist, bucket, track = (batch[name].to_numpy() for name in ("playlist", "bucket", "track"))
        yield playlist, bucket, track


@dg.asset_check(asset=track_metadata)
def playlists_are_like_before(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """The mix of playlists is like that of the previous snapshot: a lost folder or another source shows here first."""
    records = context.instance.fetch_materializations(track_metadata.key, limit=_EARLIER).records
    made = [record.asset_materialization for record in records if record.asset_materialization]
    versions = [(event.tags or {}).get("dagster/data_version") for event in made]
    numbers = [
        {
            name: float(entry.value)
            for name, entry in event.metadata.items()
            if name in LIKE_BEFORE and isinstance(entry.value, int | float)
        }
        for event in made
    ]
    other = next((i for i, version in enumerate(versions) if version != versions[0]), None)
    if other is None:
        now = numbers[0] if numbers else {}
        return dg.AssetCheckResult(passed=True, description="there is no other snapshot to compare with", metadata=now)
    words = changed(numbers[0], numbers[other])
    return dg.AssetCheckResult(
        passed=not words,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(words) or "like the snapshot before",
        metadata=numbers[0] | {f"{name} before": value for name, value in numbers[other].items()},
    )
