"""The resources of each deployment."""

from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.slurm.client import PipesSlurmClient
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.resources.spark.engine import spark_config
from algorhythms_assets.resources.store import Store
from algorhythms_assets.settings import Settings, SlurmSettings


class SettingsResource(dg.ConfigurableResource[Settings]):
    """What is chosen in the environment: which playlists, which index, which engine, and where releases go."""

    deployment: str
    releases: str
    playlists: str | None
    features: str | None
    store: str
    ui_port: int
    index: str
    engine: str
    config: str | None
    retrain_after: int
    holdout: float
    keep_days: int

    def create_resource(self, context: dg.InitResourceContext) -> Settings:  # noqa: ARG002 (Dagster's signature)
        """Returns the settings."""
        return Settings.model_validate(self.model_dump())


class LocalComputeResource(dg.ConfigurableResource[LocalCompute]):
    """Runs payloads as processes of this machine, on the artifacts of the store."""

    store: str
    engine: str
    spark: dict[str, str]

    def create_resource(self, context: dg.InitResourceContext) -> LocalCompute:  # noqa: ARG002 (Dagster's signature)
        """Returns what runs payloads."""
        return LocalCompute(Store(Path(self.store)), self.engine, self.spark)


class SlurmComputeResource(dg.ConfigurableResource[SlurmCompute]):
    """Runs payloads as jobs of a Slurm cluster, on the artifacts of the store."""

    store: str
    engine: str
    spark: dict[str, str]
    run_dir: str
    partition: str | None
    account: str | None
    memory: str
    requests: dict[str, Any]

    def create_resource(self, context: dg.InitResourceContext) -> SlurmCompute:  # noqa: ARG002 (Dagster's signature)
        """Returns what runs payloads."""
        # These lines of shell may contain secrets, so they are not a field, which the UI would show.
        setup = SlurmSettings.read().setup
        client = PipesSlurmClient(Path(self.run_dir), self.partition, self.account, setup, self.memory)
        return SlurmCompute(Store(Path(self.store)), self.engine, client, self.spark, self.requests)


def resources(settings: Settings) -> dict[str, Any]:
    """Returns the resources of the chosen deployment; Dagster's UI shows their values, so no secret is among them.

    Raises:
        InputError: the settings of Slurm are not valid, where that is chosen.
    """
    spark = _spark(settings)
    config = spark["pyspark"].spark_config if spark else {}
    return {
        "settings": SettingsResource(**settings.model_dump(mode="json", exclude={"postgres_url"})),
        "s3": _s3(settings),
        **spark,
        "compute": _compute(settings, config),
    }


def _compute(settings: Settings, spark: dict[str, str]) -> LocalComputeResource | SlurmComputeResource:
    store = settings.store.absolute()
    if settings.deployment == "local":
        return LocalComputeResource(store=str(store), engine=settings.engine, spark=spark)
    chosen = SlurmSettings.read()
    return SlurmComputeResource(
        store=str(store),
        engine=settings.engine,
        spark=spark,
        run_dir=str((chosen.run_dir or store / "slurm").absolute()),
        partition=chosen.partition,
        account=chosen.account,
        memory=chosen.memory,
        requests=chosen.requests,
    )


def _spark(settings: Settings) -> dict[str, Any]:
    """Returns the resource `pyspark` if the engine is Spark: for users' own assets, configured as for payloads."""
    if settings.engine == "duckdb":
        return {}
    # Imports pyspark.
    from dagster_pyspark import PySparkResource

    return {"pyspark": PySparkResource(spark_config=spark_config(settings.engine))}


def _s3(settings: Settings) -> dg.ResourceDefinition | dg.ConfigurableResource[Any]:
    if settings.releases != "bucket" and not settings.slices.startswith("s3://"):
        return dg.ResourceDefinition.none_resource(
            "used for playlists at an s3:// prefix, and for releases in a bucket"
        )
    # Takes longer to import than all the rest.
    from dagster_aws.s3 import S3Resource

    return S3Resource(max_attempts=2)
