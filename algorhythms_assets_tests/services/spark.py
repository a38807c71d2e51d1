"""Real Spark: an engine in this process, and a standalone cluster of two workers on loopback."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyspark
import pytest

from algorhythms_assets.resources.spark.engine import SparkEngine, spark_config
from algorhythms_assets_tests.services.left_out import require

_START_SECONDS = 60


def require_java() -> None:
    """Fails without Java where everything has to be there, and skips the test elsewhere."""
    require("Spark", None if shutil.which("java") else "there is no Java, `make services` installs one")


@pytest.fixture(scope="session")
def spark_engine() -> Iterator[SparkEngine]:
    """Spark with two threads in this process."""
    require_java()
    engine = SparkEngine(spark_config("local[2]"))
    yield engine
    engine.session.stop()


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The master's URL of a standalone cluster of two workers of one core each."""
    require_java()
    folder = tmp_path_factory.mktemp("spark")
    with ExitStack() as stack:
        master = _start(stack, folder / "master.log", "master.Master", "--port", "0", "--webui-port", "0")
        url = _wait_for(master, r"Starting Spark master at (spark://\S+)")
        for number in (1, 2):
            options = ("--cores", "1", "--memory", "1g", "--port", "0", "--webui-port", "0")
            work = ("--work-dir", str(folder / f"worker{number}"))
            log = _start(stack, folder / f"worker{number}.log", "worker.Worker", *options, *work, url)
            _wait_for(log, r"(Successfully registered with master)")
        yield url


def _start(stack: ExitStack, log: Path, name: str, *arguments: str) -> Path:
    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
    }
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    stack.callback(process.wait)
    # Where SIGTERM is ignored, as below some supervisors, it would be waited for without end.
    stack.callback(process.kill)
    return log


def _wait_for(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text())
        if found:
            return found[1]
        time.sleep(0.2)
    pytest.fail(f"Spark did not start:\n{log.read_text()}")
