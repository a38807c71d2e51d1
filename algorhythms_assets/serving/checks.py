"""What an index and a bundle should be like."""

import json

import dagster as dg
import pyarrow.parquet as pq
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError, index_reference, open_index

from algorhythms_assets.contracts import SEARCH_INDEX, TRACK_METADATA
from algorhythms_assets.model.stored import stored_count
from algorhythms_assets.resources.checked import counted
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.resources.store import Store
from algorhythms_assets.serving.assets import search_index, serving_bundle
from algorhythms_assets.serving.blocked import BLOCKED_FILE, blocked_tracks, read_block_list
from algorhythms_assets.serving.placed import load_new_tracks, new_count

# Loaded at every cold start; on the Million Playlist Dataset it is below 10 MB.
BOUNDS = dg.build_metadata_bounds_checks(assets=[serving_bundle], metadata_key="bytes", max_value=50_000_000)


@dg.asset_check(asset=search_index, blocking=True)
def index_holds_every_track(compute: dg.ResourceParam[Compute]) -> dg.AssetCheckResult:
    """The index opens as an endpoint opens it, and holds as many tracks as there are vectors."""
    store = compute.store
    try:
        index = open_index(store.root, index_reference(store.root, store.path(SEARCH_INDEX)))
        tracks = index.tracks
    except (NotServableError, IndexUnavailableError, OSError, json.JSONDecodeError) as error:
        return dg.AssetCheckResult(passed=False, description=str(error))
    vectors = stored_count(store) + new_count(store)
    blocked = _blocked(store)
    wanted = vectors - blocked
    faults = {"tracks that are missing": max(0, wanted - tracks), "tracks too many": max(0, tracks - wanted)}
    return counted(faults, f"{tracks:,} tracks, one for each vector" + (f" but {blocked} blocked" if blocked else ""))


def _blocked(store: Store) -> int:
    """Returns how many tracks with a vector the index was built without."""
    blocked = read_block_list(store.path(SEARCH_INDEX) / BLOCKED_FILE)
    if not blocked:
        return 0
    tracks = pq.read_table(store.path(TRACK_METADATA) / "tracks.parquet")
    trained = blocked_tracks(tracks, blocked) & (tracks["playlists"].to_numpy() > 0)
    return int(trained.sum() + blocked_tracks(load_new_tracks(store)[0], blocked).sum())
