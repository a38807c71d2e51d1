"""The asset graph with the resources of the chosen deployment."""

import dagster as dg

from algorhythms_assets.deployments import resources
from algorhythms_assets.evaluation import assets as evaluation
from algorhythms_assets.evaluation import checks as evaluation_checks
from algorhythms_assets.features import assets as features
from algorhythms_assets.features import checks as features_checks
from algorhythms_assets.graph import assets as graph
from algorhythms_assets.graph import checks as graph_checks
from algorhythms_assets.ingest import assets as ingest
from algorhythms_assets.ingest import checks as ingest_checks
from algorhythms_assets.ingest import sensors
from algorhythms_assets.ingest.jobs import remove_slices
from algorhythms_assets.model import assets as model
from algorhythms_assets.model import checks as model_checks
from algorhythms_assets.operate.sensors import interrupted_runs, jobs_left_behind
from algorhythms_assets.release import assets as release
from algorhythms_assets.release import checks as release_checks
from algorhythms_assets.release.jobs import block, roll_back_release, unblock
from algorhythms_assets.release.sensors import enough_new_playlists
from algorhythms_assets.serving import assets as serving
from algorhythms_assets.serving import checks as serving_checks
from algorhythms_assets.settings import Settings

STAGES = (ingest, features, graph, model, serving, evaluation, release)
CHECKS = (
    ingest_checks,
    features_checks,
    graph_checks,
    model_checks,
    serving_checks,
    evaluation_checks,
    release_checks,
)

settings = Settings()


def _kinds(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Returns an asset with the kinds that its engine and its index have in this deployment."""
    kinds = set(spec.kinds)
    if settings.engine != "duckdb" and "duckdb" in kinds:
        kinds = kinds - {"duckdb"} | {"spark"}
    if settings.index != "embedded" and "sqlite" in kinds:
        kinds = {"elasticsearch"}
    return spec.replace_attributes(kinds=kinds)


defs = dg.Definitions(
    assets=dg.map_asset_specs(
        _kinds, [asset for asset in dg.load_assets_from_modules(STAGES) if isinstance(asset, dg.AssetsDefinition)]
    ),
    asset_checks=dg.load_asset_checks_from_modules(CHECKS),
    jobs=[
        dg.define_asset_job(
            "ingest_slices", selection="raw_playlists", description="Parse slices, one partition each."
        ),
        dg.define_asset_job(
            "train_and_release",
            selection=dg.AssetSelection.all() - dg.AssetSelection.assets("raw_playlists"),
            description="Make a snapshot of all slices, train on it, evaluate and release.",
        ),
        dg.define_asset_job(
            "extend_index",
            selection=["new_tracks", "search_index", "evaluation_report", "release"],
            description="Bring tracks of slices newer than the snapshot into a new index and release, untrained.",
        ),
        remove_slices,
        roll_back_release,
        block,
        unblock,
    ],
    sensors=[
        sensors.new_slices,
        enough_new_playlists,
        interrupted_runs,
        *([jobs_left_behind] if settings.deployment == "slurm" else []),
    ],
    resources=resources(settings),
)
