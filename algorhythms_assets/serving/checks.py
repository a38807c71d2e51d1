"""What an index and a bundle should be like."""

import json

import dagster as dg
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.release import NotServableError, index_reference, open_index

from algorhythms_assets.contracts import SEARCH_INDEX
from algorhythms_assets.model.stored import stored_count
from algorhythms_assets.resources.checked import counted
from algorhythms_assets.resources.compute import Compute
from algorhythms_assets.serving.assets import search_index, serving_bundle

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
    vectors = stored_count(store)
    faults = {"tracks that are missing": max(0, vectors - tracks), "tracks too many": max(0, tracks - vectors)}
    return counted(faults, f"{tracks:,} tracks, one for each vector")
