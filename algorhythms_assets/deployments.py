"""The resources of each deployment."""

from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.resources.compute import LocalCompute
from algorhythms_assets.resources.spark import spark_config
from algorhythms_assets.resources.store import Store
from algorhythms_assets.settings import Settings


def resources(settings: Settings) -> dict[str, Any]:
    """Returns the resources of the chosen deployment."""
    store = Store(Path(settings.store).absolute())
    spark = _spark(settings)
    config = spark["pyspark"].spark_config if spark else {}
    here = {"compute": LocalCompute(store, settings.engine, config)}
    # On AWS are releases alone: everything they are made from stays here.
    deployments = {"local": here, "aws": here}
    return {"settings": settings, "s3": _s3(settings), **spark, **deployments[settings.deployment]}


def _spark(settings: Settings) -> dict[str, Any]:
    """Returns the resource `pyspark` if the engine is Spark: for assets of one's own, and as what payloads go by."""
    if settings.engine == "duckdb":
        return {}
    # Imports pyspark.
    from dagster_pyspark import PySparkResource

    return {"pyspark": PySparkResource(spark_config=spark_config(settings.engine))}


def _s3(settings: Settings) -> dg.ResourceDefinition | dg.ConfigurableResource[Any]:
    if settings.deployment != "aws" and not settings.slices.startswith("s3://"):
        return dg.ResourceDefinition.none_resource("used for playlists at an s3:// prefix, and by the deployment aws")
    # Takes longer to import than all the rest.
    from dagster_aws.s3 import S3Resource

    return S3Resource()
