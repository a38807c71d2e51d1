"""What audio features should be like; a check that fails stops nothing."""

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from algorhythms_assets.contracts import AUDIO_FEATURES, TRACK_METADATA
from algorhythms_assets.features.assets import audio_features
from algorhythms_assets.features.coverage import ranges, shares
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.store import Store


@dg.asset_check(asset=audio_features)
def features_cover_tracks(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """If a source is set, it knows at least some of the snapshot's tracks."""
    covered = shares(_tracks(compute.store), _features(compute.store)["track_uri"].to_pylist())
    chosen = compute.store.require(AUDIO_FEATURES).config.get("source") != "none"
    told = f"{covered['share of tracks']:.1%} of tracks, {covered['share of plays']:.1%} of plays"
    return dg.AssetCheckResult(
        passed=not chosen or covered["share of tracks"] > 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"features for {told}" if chosen else "no features were asked for",
        metadata=dict(covered.items()),
    )


@dg.asset_check(asset=audio_features)
def features_are_in_range(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every feature is null or in Spotify's range: key in -1 to 11, mode 0 or 1, time signature 0 to 7, …"""
    rows = ranges(_features(compute.store))
    wrong = [f"{row['feature']} ({row['outside']})" for row in rows if row["outside"]]
    lines = [
        f"| {row['feature']} | {_number(row['lowest'])} | {_number(row['highest'])} "
        f"| {row['allowed'][0]:g} to {row['allowed'][1]:.9g} | {row['outside']} | {row['missing']} |"
        for row in rows
    ]
    head = ["| feature | lowest | highest | allowed | outside | missing |", "| --- | ---: | ---: | --- | ---: | ---: |"]
    table = "\n".join([*head, *lines])
    return dg.AssetCheckResult(
        passed=not wrong,
        description=f"outside their range: {', '.join(wrong)}" if wrong else "all features lie in their ranges",
        metadata={"ranges": dg.MarkdownMetadataValue(table)},
    )


@dg.asset_check(asset=audio_features)
def features_are_unique(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """No track has two rows."""
    uris = _features(compute.store)["track_uri"]
    twice = len(uris) - pc.count_distinct(uris).as_py()
    return dg.AssetCheckResult(
        passed=not twice, description=f"{twice} rows repeat a track" if twice else "one row a track"
    )


@dg.asset_check(asset=audio_features)
def features_belong_to_tracks(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """Every row belongs to a track of the snapshot."""
    known = pc.is_in(_features(compute.store)["track_uri"], _tracks(compute.store)["track_uri"])
    strange = len(known) - (pc.sum(known).as_py() or 0)
    return dg.AssetCheckResult(
        passed=not strange,
        description=f"{strange} rows belong to no track" if strange else "every row belongs to a track",
    )


def _features(store: Store) -> pa.Table:
    return pq.read_table(store.path(AUDIO_FEATURES))


def _tracks(store: Store) -> pa.Table:
    return pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet", columns=["track_uri", "playlists"])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
