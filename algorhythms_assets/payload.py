"""What all payload modules share: the command line, their side of Dagster Pipes, and writing the artifact atomically.

A payload is a function from `Work` to metadata. Under Dagster it gets its settings through Pipes and reports back
through it; on a terminal it gets them from arguments and prints.
"""

import argparse
import json
import logging
import math
import os
import re
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import dagster_pipes
import pyarrow as pa
from algorhythms_ask.index import IndexUnavailableError
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from tqdm import tqdm

from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS, Artifact
from algorhythms_assets.resources.checksums import damage, write_checksums
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.engine import Engine
from algorhythms_assets.resources.lock import lock
from algorhythms_assets.resources.processes import end_with
from algorhythms_assets.resources.spark.engine import SparkEngine, spark_config
from algorhythms_assets.resources.store import (
    LATEST_FILE,
    STAMP_FILE,
    InputError,
    Stamp,
    Store,
    planned_stamp,
    replacing,
    size_of,
    write_json,
    write_table,
)

C = TypeVar("C", bound=BaseModel)
T = TypeVar("T")
Metadata = Mapping[str, Any]

# Errors that a person can fix, such as a full disk; libraries have their own classes for these.
_TOLD = (InputError, OSError, sqlite3.OperationalError, SafetensorError, IndexUnavailableError)

_PROGRESS_SECONDS = 10
_REPORT_SECONDS = 1


@dataclass(frozen=True)
class Work(Generic[C]):
    """What a payload works with: the store, its config, the engine, a logger, and the stamp of what it will make."""

    store: Store
    artifact: Artifact
    config: C
    engine: Engine
    log: logging.Logger
    stamp: Stamp
    report: Callable[[dict[str, Any]], None] = lambda message: None  # noqa: ARG005

    def progress(self, steps: Iterable[T], total: int, unit: str) -> Iterator[T]:
        """Yields the steps and shows progress: a bar on a terminal, otherwise an occasional line.

        It is also reported occasionally, so that the progress of a killed payload is known.
        """
        if sys.stderr.isatty():
            yield from tqdm(steps, total=total, unit=f" {unit}", desc=self.artifact.name, leave=False)
            return
        started = said = time.monotonic()
        reported = -math.inf
        for done, step in enumerate(steps, start=1):
            yield step
            now = time.monotonic()
            if now - reported >= _REPORT_SECONDS:
                reported = now
                self.report({"progress": f"{done} of {total} {unit}"})
            if now - said >= _PROGRESS_SECONDS:
                said = now
                rate = done / (now - started)
                left = (total - done) / rate
                self.log.info("%d of %d %s, %.3g a second, %.0f s left", done, total, unit, rate, left)

    def write_folder(self, write: Callable[[Path], None], version: str | None = None, resumable: bool = False) -> Path:
        """Calls `write` with a temporary path for the artifact's folder, stamps it and moves it to its place.

        A versioned artifact of the same data version is not rewritten unless it is damaged,
        since it may be released. An unfinished resumable one is available to the next attempt at the same data version.
        """
        place = self.store.version_path(self.artifact, version) if version else self.store.path(self.artifact)
        if not (version and place.is_dir() and damage(place) is None and self.store.stamp_of(place)):
            with replacing(place, self.stamp.data_version[:12] if resumable else None) as folder:
                folder.mkdir(exist_ok=resumable)
                write(folder)
                write_checksums(folder, without=STAMP_FILE)
                self._check_inputs()
                write_json(folder / STAMP_FILE, asdict(self.stamp))
        if version:
            write_json(place.parent / LATEST_FILE, {"version": version})
        return place

    def write_file(self, table: pa.Table, schema: pa.Schema) -> Path:
        """Writes the artifact that is a single Parquet file; returns its place."""
        place = self.store.path(self.artifact)
        with replacing(place) as path:
            write_table(table, path, schema, self.stamp, write_page_checksum=True)
            self._check_inputs()
        return place

    def _check_inputs(self) -> None:
        """Checks that no input was rebuilt meanwhile; new slices do not matter.

        Raises:
            InputError: it was.
        """
        for name, version in self.stamp.inputs.items():
            if name != RAW_PLAYLISTS.name and self.store.require(ARTIFACTS[name]).data_version != version:
                raise InputError(
                    f"{name} was rebuilt while {self.artifact.name} was made from it: "
                    f"materialize {self.artifact.name} again."
                )


def _report(pipes: dagster_pipes.PipesContext, work: Work[Any], metadata: Metadata, spent: Metadata) -> None:
    place = work.store.path(work.artifact)
    pipes.report_asset_materialization(
        asset_key=work.artifact.name,
        metadata=told({**metadata, "dagster/uri": place.absolute().as_uri(), "bytes": size_of(place), **spent}),
        data_version=work.stamp.data_version,
    )


def told(metadata: Metadata) -> dict[str, Any]:
    """Returns metadata as Dagster's UI should show it: pictures first, without NaN."""
    shown = {
        name: value
        for name, value in metadata.items()
        if value is not None and not (isinstance(value, float) and not math.isfinite(value))
    }
    pictures = {name: value for name, value in shown.items() if _is_picture(value)}
    return pictures | shown


def _is_picture(value: object) -> bool:
    return isinstance(value, Mapping) and str(value.get("raw_value")).startswith("![")


def spent_since(started: float) -> dict[str, float]:
    """Returns what this process and its children have used since `time.monotonic()` was `started`."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = time.monotonic() - started
    # Without torch, the payload has not used the GPU.
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_initialized()
    return {
        "seconds": round(seconds, 3),
        **({"GPU hours": round(seconds / 3600, 5)} if on_gpu else {}),
        "CPU seconds": round(sum(usage.ru_utime + usage.ru_stime for usage in usages), 3),
        "peak memory (GB)": round(max(usage.ru_maxrss for usage in usages) / 1e6, 3),
    }


def run(
    build: Callable[[Work[C]], Metadata],
    artifact: Artifact,
    config: type[C],
    report: Callable[[dagster_pipes.PipesContext, Work[C], Metadata, Metadata], None] = _report,
    show: Callable[[Metadata], Metadata] = lambda metadata: metadata,
) -> None:
    """Runs a payload module as a program; on a user's mistake it exits with 1 and one line of explanation.

    `report` tells Dagster what was made and its cost; `show` selects what is printed on a terminal.
    """
    if dagster_pipes.DAGSTER_PIPES_CONTEXT_ENV_VAR not in os.environ:
        _run_on_terminal(build, artifact, config, show)
        return
    started = time.monotonic()
    with dagster_pipes.open_dagster_pipes() as pipes:
        if "parent" in pipes.extras:
            end_with(pipes.extras["parent"])
        try:
            with _memory_told(artifact), lock(Store(Path(pipes.extras["store"])).locks, artifact.name):
                work = _work(artifact, config, pipes.extras, pipes.log, pipes.report_custom_message)
                metadata = build(work)
        except _TOLD as error:
            pipes.report_custom_message({"failed": str(error)})
            sys.exit(1)
        report(pipes, work, metadata, spent_since(started))


@contextmanager
def _memory_told(artifact: Artifact) -> Iterator[None]:
    """Explains that memory ran out, for which numpy, Arrow, DuckDB and torch each have their own error."""
    try:
        yield
    except Exception as error:
        if not (isinstance(error, MemoryError) or re.search("out of memory|can't allocate memory", str(error), re.I)):
            raise
        raise InputError(
            f"memory ran out ({str(error).partition(chr(10))[0][:200] or 'no more could be had'}). End what else uses "
            f"it, or run {artifact.name} where there is more; on Slurm ALGORHYTHMS_SLURM_REQUESTS asks for it. What "
            "was there before stays."
        ) from error


def _run_on_terminal(
    build: Callable[[Work[C]], Metadata],
    artifact: Artifact,
    config: type[C],
    show: Callable[[Metadata], Metadata],
) -> None:
    parser = argparse.ArgumentParser(prog=f"python -m {artifact.module}", description=build.__doc__)
    parser.add_argument("--store", default="var/store", help="folder of all artifacts (default: %(default)s)")
    parser.add_argument("--engine", default="duckdb", help="duckdb, or a Spark master (default: %(default)s)")
    for name, field in config.model_fields.items():
        default = "" if field.is_required() else f" (default: {field.default})"
        parser.add_argument(
            f"--{name}",
            required=field.is_required(),
            default=argparse.SUPPRESS,
            help=f"{field.description}{default}".replace("%", "%%"),
        )
    arguments = vars(parser.parse_args())
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    store, engine = arguments.pop("store"), arguments.pop("engine")
    extras = {"store": store, "engine": engine, "spark": spark_config(engine), "config": arguments}
    try:
        with _memory_told(artifact), lock(Store(Path(store)).locks, artifact.name):
            metadata = show(build(_work(artifact, config, extras, logging.getLogger(artifact.name))))
    except (*_TOLD, ValidationError) as error:
        print(f"{artifact.name}: {error}", file=sys.stderr)
        sys.exit(1)
    # Text with pictures is for Dagster's UI.
    print(json.dumps({name: value for name, value in metadata.items() if not isinstance(value, dict)}, indent=2))


def _work(
    artifact: Artifact,
    config_type: type[C],
    extras: Mapping[str, Any],
    log: logging.Logger,
    report: Callable[[dict[str, Any]], None] = lambda message: None,  # noqa: ARG005
) -> Work[C]:
    store = Store(Path(extras["store"]))
    config = config_type.model_validate(extras["config"])
    inputs = store.inputs(artifact)
    for name in inputs:
        store.require_sound(ARTIFACTS[name])
    stamp = planned_stamp(artifact, inputs, config.model_dump(mode="json"))
    return Work(store, artifact, config, open_engine(extras["engine"], extras["spark"]), log, stamp, report)


def open_engine(setting: str, spark: Mapping[str, str]) -> Engine:
    """Returns the engine that ALGORHYTHMS_ENGINE names; `spark` is Spark's configuration, if it is the engine."""
    return EmbeddedEngine() if setting == "duckdb" else SparkEngine(spark)
