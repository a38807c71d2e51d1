"""The jobs that materialize assets, each with when to launch it. What they need is launched by sensors otherwise."""

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
        description="Parse slices, one partition each. The sensor `new_slices` launches it for what is new; launch it "
        "yourself to parse slices again.",
    ),
    dg.define_asset_job(
        "retrain",
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(RAW_PLAYLISTS.name),
        description="Make a snapshot of all slices, train on it, evaluate, and release what passes the gate. The "
        "sensor `enough_new_playlists` and the schedule `monthly_retraining` launch it; launch it yourself after a "
        "failure that was mended.",
    ),
    dg.define_asset_job(
        "fetch_features",
        selection=AUDIO_FEATURES.name,
        description="Get audio features for the snapshot's tracks, and no more. Launch it before a training, if the "
        "service is slow: what was fetched is kept, and an interrupted fetch resumes.",
    ),
    dg.define_asset_job(
        "rebuild_index",
        selection=[SEARCH_INDEX.name, EVALUATION_REPORT.name, RELEASE.name],
        description="Build the index from the vectors that are there, evaluate and release it, without a training. "
        "Launch it when an index was lost, or when ALGORHYTHMS_INDEX names another one.",
    ),
    dg.define_asset_job(
        "extend_index",
        selection=[NEW_TRACKS.name, SEARCH_INDEX.name, EVALUATION_REPORT.name, RELEASE.name],
        description="Bring tracks of slices newer than the snapshot into a new index and release, without a training. "
        "Launch it for new music that must not wait for the next training: see docs/catalogue.md.",
    ),
    dg.define_asset_job(
        "evaluate_and_release",
        selection=[EVALUATION_REPORT.name, RELEASE.name],
        description="Judge the bundle and the index that are there, and release them if they pass the gate. Launch it "
        "after a change of the evaluation, or with `force: true` of `release` to overrule a verdict.",
    ),
]
