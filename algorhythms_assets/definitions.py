"""The asset graph with the resources of the chosen deployment."""

import json

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
from algorhythms_assets.operate.alerts import alerts
from algorhythms_assets.operate.asset_jobs import ASSET_JOBS
from algorhythms_assets.operate.jobs import prune, weekly_prune
from algorhythms_assets.operate.schedules import monthly_retraining
from algorhythms_assets.operate.sensors import interrupted_runs, jobs_left_behind
from algorhythms_assets.plan import chosen
from algorhythms_assets.release import assets as release
from algorhythms_assets.release import checks as release_checks
from algorhythms_assets.release.jobs import block, roll_back_job, unblock
from algorhythms_assets.release.sensors import enough_new_playlists
from algorhythms_assets.serving import assets as serving
from algorhythms_assets.serving import checks as serving_checks
from algorhythms_assets.settings import AlertSettings, Settings

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
configs = chosen(settings)


def _kinds(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Returns an asset with the kinds that its engine and its index have in this deployment."""
    kinds = set(spec.kinds)
    if settings.engine != "duckdb" and "duckdb" in kinds:
        kinds = kinds - {"duckdb"} | {"spark"}
    if settings.index != "embedded" and "sqlite" in kinds:
        kinds = {"elasticsearch"}
    return spec.replace_attributes(kinds=kinds)


def _configured(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Returns an asset whose code version includes its config, so that a change of the config makes it out of date."""
    config = configs.get(spec.key.to_user_string())
    if config is None or not config.model_fields_set:
        return spec
    # In the order of the fields, whatever their order in the file.
    told = config.model_dump(mode="json", exclude_unset=True)
    return spec.replace_attributes(code_version=f"{spec.code_version} {json.dumps(told)}")


defs = dg.Definitions(
    assets=dg.map_asset_specs(
        lambda spec: _configured(_kinds(spec)),
        [
            ingest.playlist_files,
            *(asset for asset in dg.load_assets_from_modules(STAGES) if isinstance(asset, dg.AssetsDefinition)),
            release.endpoint,
        ],
    ),
    asset_checks=dg.load_asset_checks_from_modules(CHECKS),
    jobs=[*ASSET_JOBS, remove_slices, roll_back_job, block, unblock, prune],
    schedules=[monthly_retraining, weekly_prune],
    sensors=[
        sensors.new_slices,
        enough_new_playlists,
        interrupted_runs,
        *([alerts] if AlertSettings.read().url else []),
        *([jobs_left_behind] if settings.deployment == "slurm" else []),
    ],
    resources=resources(settings),
)
