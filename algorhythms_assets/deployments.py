"""The resources of each deployment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.resources.compute import Compute, LocalCompute
from algorhythms_assets.resources.slurm.client import PipesSlurmClient
from algorhythms_assets.resources.slurm.compute import SlurmCompute
from algorhythms_assets.resources.spark.engine import spark_config
from algorhythms_assets.resources.store import Store
from algorhythms_assets.settings import Settings, SlurmSettings


def resources(settings: Settings) -> dict[str, Any]:
    """Returns the resources of the chosen deployment."""
    store = Store(Path(settings.store).absolute())
    spark = _spark(settings)
    config = spark["pyspark"].spark_config if spark else {}
    compute = {"local": _local, "slurm": _slurm}[settings.deployment](settings, store, config)
    return {"settings": settings, "s3": _s3(settings), **spark, "compute": compute}


def _local(settings: Settings, store: Store, spark: Mapping[str, Any]) -> Compute:
    return LocalCompute(store, settings.engine, spark)


def _slurm(settings: Settings, store: Store, spark: Mapping[str, Any]) -> Compute:
    """Returns the compute of a login node; a user's mistake in its settings is an InputError."""
    chosen = SlurmSettings.read()
    run_dir = (chosen.run_dir or store.root / "slurm").absolute()
    client = PipesSlurmClient(run_dir, chosen.partition, chosen.account, chosen.setup, chosen.memory)
    return SlurmCompute(store, settings.engine, client, spark, chosen.requests)


def _spark(settings: Settings) -> dict[str, Any]:
    """Returns the resource `pyspark` if the engine is Spark: for assets of one's own, and as what payloads go by."""
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

    return S3Resource()
