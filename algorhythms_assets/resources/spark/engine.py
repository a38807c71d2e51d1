"""The engine beyond one machine: SQL by Spark, and blocks as its tasks. Importing this module does not import Spark."""

import logging
import os
import re
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

import pyarrow as pa

from algorhythms_assets.resources.engine import TableSource, in_order
from algorhythms_assets.resources.store import InputError

B = TypeVar("B")
R = TypeVar("R")

# Each block is a job of one task, submitted by its own thread.
_BLOCKS_AT_ONCE = 128
_SAY_SECONDS = 60

_log = logging.getLogger(__name__)

LOGGING = Path(__file__).with_name("log4j2.properties")
_ON_THIS_MACHINE = {
    "spark.driver.memory": "4g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING}",
    "spark.ui.enabled": "false",
}


def spark_config(engine: str) -> dict[str, str]:
    """Returns Spark's configuration for a master, or for `spark`, which leaves the master to Spark's own files."""
    return {
        # Results come to the driver by design.
        "spark.driver.maxResultSize": "0",
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": "false",
        **({} if engine == "spark" else {"spark.master": engine}),
        **(_ON_THIS_MACHINE if engine.startswith("local") else {}),
    }


class SparkEngine:
    """Spark, started on first use. Executors must see the store and this package under the same paths."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config

    @cached_property
    def session(self) -> Any:
        """The session.

        Raises:
            InputError: there is no Java, or the session does not start.
        """
        require_java()
        if self._config.get("spark.driver.host") == "127.0.0.1":
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        # Executors use the driver's interpreter.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("algorhythms")
        for key, value in self._config.items():
            builder = builder.config(key, value)
        try:
            session = builder.getOrCreate()
        except Exception as error:
            reason = _first_line(getattr(error, "java_exception", error))
            raise InputError(
                f"Spark did not start on {self._config.get('spark.master', 'the master of its own configuration')}: "
                f"{reason}. Can the master be reached, and is Java 17 or newer?"
            ) from error
        # On a terminal, payloads log through the same root.
        logging.getLogger("py4j").setLevel(logging.WARNING)
        return session

    def sql(self, query: str, tables: Mapping[str, TableSource]) -> pa.Table:
        """Returns the rows of a query; a table is a pyarrow table or a list of Parquet files."""
        with self._waits_told():
            for name, source in tables.items():
                if isinstance(source, pa.Table):
                    frame = self.session.createDataFrame(source)
                else:
                    frame = self.session.read.parquet(*(_literal(path) for path in source))
                frame.createOrReplaceTempView(name)
            return self.session.sql(query).toArrow()

    def map_blocks(
        self,
        function: Callable[[B], R],
        blocks: Sequence[B],
        threads: bool = False,  # noqa: ARG002 (executors are processes)
    ) -> Iterator[R]:
        """Yields the result of each block, in the order of the blocks.

        Raises:
            InputError: a block failed by a user's mistake, or Spark gave up on it; the message names the block.
        """
        from py4j.protocol import Py4JJavaError

        context = self.session.sparkContext
        attempt = partial(_attempt, function)

        def run(block: B) -> R:
            try:
                [(result, mistake)] = context.parallelize([block], 1).map(attempt).collect()
            except Py4JJavaError as error:
                raise InputError(f"Spark gave up on {block}: {_first_line(error.java_exception)}") from error
            if mistake is not None:
                raise InputError(mistake)
            return result  # type: ignore[no-any-return]

        with self._waits_told():
            yield from in_order(run, blocks, _BLOCKS_AT_ONCE)

    @contextmanager
    def _waits_told(self) -> Iterator[None]:
        """Logs once a minute that a cluster gives no executor, which Spark waits for without end."""
        master, context = self.session.sparkContext.master, self.session.sparkContext._jsc.sc()
        if master.startswith("local"):
            yield
            return
        from py4j.protocol import Py4JError

        over, started = Event(), time.monotonic()

        def watch() -> None:
            # What ends Spark is told by the query itself. The driver is one of the executors.
            with suppress(Py4JError):
                while not over.wait(_SAY_SECONDS):
                    if context.getExecutorMemoryStatus().size() <= 1:
                        _log.warning(
                            "%s has given no executor for %.0f s: are its workers there, with a free core and the "
                            "memory that spark.executor.memory asks for?",
                            master,
                            time.monotonic() - started,
                        )

        Thread(target=watch, daemon=True, name="executors").start()
        try:
            yield
        finally:
            over.set()


def require_java() -> None:
    """Checks that Spark can start.

    Raises:
        InputError: there is no Java.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    if not shutil.which(java):
        where = f"JAVA_HOME names {home}, where there is none" if home else "there is none on the PATH"
        raise InputError(
            f"Spark needs Java 17 or newer, and {where}. Install one (on Debian: openjdk-17-jre-headless), or leave "
            "out what asks for Spark: ALGORHYTHMS_ENGINE, or more than one node for an asset."
        )


def _attempt(function: Callable[[B], R], block: B) -> tuple[R | None, str | None]:
    """Returns a result, or the user's mistake: from an executor, Spark would return a traceback as text."""
    try:
        return function(block), None
    except (InputError, OSError) as mistake:
        return None, str(mistake)


def _literal(path: Path) -> str:
    """Returns a path that Spark does not interpret as a pattern."""
    return re.sub(r"([\\{}\[\]*?,])", r"\\\1", str(path.absolute()))


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
