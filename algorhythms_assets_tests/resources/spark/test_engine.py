"""Spark as the engine of a cluster that is not all ours."""

import os
import subprocess
import sys

from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.spark import spark_cluster  # noqa: F401 (fixture)

COUNTS = """
import logging, sys
import pyarrow as pa
from algorhythms_assets.resources.spark import engine

logging.basicConfig(level=logging.WARNING, format="%(message)s")
engine._SAY_SECONDS = 1
config = {**engine.spark_config(sys.argv[1]), "spark.executor.memory": "64g", "spark.ui.enabled": "false"}
engine.SparkEngine(config).sql("SELECT count(*) AS n FROM t", {"t": pa.table({"a": [1]})})
"""


def test_a_cluster_that_gives_no_executor_is_not_waited_for_in_silence(spark_cluster):  # noqa: F811
    """Its workers have 1 GB, and an executor of 64 is asked for."""
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"}
    command = [sys.executable, "-c", COUNTS, spark_cluster]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        assert process.stderr is not None
        try:
            said = next(line for line in process.stderr if "has given no executor" in line)
        finally:
            process.kill()
    assert said.startswith(spark_cluster)
    assert "the memory that spark.executor.memory asks for?" in said
