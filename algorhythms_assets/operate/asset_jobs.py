"""The jobs that materialize assets, each with when to launch it. Otherwise sensors launch what is needed."""

import dagster as dg

from algorhythms_assets.contracts import (
    AUDIO_FEATURES,
    EVALUATION_REPORT,
    NEW_TRACKS,
    RAW_PLAYLISTS,
    RELEASE,
    SEARCH_INDEX,
)

ASSET_JOBS = [
    dg.define_asset_job(
        "ingest_slices",
        selection=RAW_PLAYLISTS.name,
        description="Parse slices, one partition each. The sensor `new_slices` launches it for new slices; launch it "
        "yourself to parse slices again.",
    ),
    dg.define_asset_job(
        "retrain",
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(RAW_PLAYLISTS.name),
        description="Make a snapshot of all slices, train on it, evaluate, and release what passes the gate. The "
        "sensor `enough_new_playlists` and the schedule `monthly_retraining` launch it; launch it yourself after "
        "fixing a failure.",
    ),
    dg.define_asset_job(
        "fetch_features",
        selection=AUDIO_FEATURES.name,
        description="Fetch audio features for the snapshot's tracks, and nothing else. Launch it before a training if "
        "the service is slow: what was fetched is kept, and an interrupted fetch resumes.",
    ),
    dg.define_asset_job(
        "rebuild_index",
        selection=[SEARCH_INDEX.name, EVALUATION_REPORT.name, RELEASE.name],
        description="Build the index from the existing vectors, evaluate and release it, without training. "
        "Launch it when an index was lost, or when ALGORHYTHMS_INDEX changed.",
    ),
    dg.define_asset_job(
        "extend_index",
        selection=[NEW_TRACKS.name, SEARCH_INDEX.name, EVALUATION_REPORT.name, RELEASE.name],
        description="Add tracks of slices newer than the snapshot to a new index and release, without training. "
        "Launch it for new music that cannot wait for the next training: see docs/catalogue.md.",
    ),
    dg.define_asset_job(
        "evaluate_and_release",
        selection=[EVALUATION_REPORT.name, RELEASE.name],
        description="Evaluate the existing bundle and index, and release them if they pass the gate. Launch it "
        "after a change of the evaluation, or with `force: true` of `release` to overrule a verdict.",
    ),
]
