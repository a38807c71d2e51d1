"""The main job: materializes everything on the chosen playlists, releases it, and asks the endpoint once.

`python -m algorhythms_assets.demo`, with the settings of the environment. Exits with 0 if a release was made.
"""

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import dagster as dg
import pyarrow.parquet as pq
from algorhythms_ask.release import CURRENT
from pydantic import SecretStr

from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS, SEARCH_INDEX
from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets.ingest.partitions import SLICES_NAME, ranges
from algorhythms_assets.ingest.slices import Found, SliceFile, content_version, find_slices, some
from algorhythms_assets.operate.interrupted import end_interrupted_runs
from algorhythms_assets.plan import outdated
from algorhythms_assets.resources.index.ready import require_ready
from algorhythms_assets.resources.kept_history import kept_history
from algorhythms_assets.resources.payload_process import load_libraries
from algorhythms_assets.resources.store import InputError, Stamp, Store
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets.settings import Settings

_NAME_WIDTH = 46
_INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
# Dagster's messages about each step after a failed one, and about Pipes.
_NOISE = ("[pipes]", "Dependencies for step ")
_SEEDS = 3
_COUNT = 5
_START_SECONDS = 60
_NARRATED: dict[str, Any] = {"loggers": {"narrator": {}}}


class _Narrator(logging.Handler):
    """Shows on a terminal what Dagster does: a line for each asset, and below it the messages of its payload."""

    interrupted = False

    def __init__(self) -> None:
        super().__init__()
        self._started = 0.0
        self._open = False
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Prints what a person wants to know from a record."""
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            message = str(meta.get("orig_message"))
            if not message.startswith(_NOISE):
                self._said.update(message.splitlines())
                self._below(message)
        elif event.event_type == dg.DagsterEventType.STEP_START and event.step_key in ARTIFACTS:
            self._started = time.monotonic()
            self._begin(event.step_key)
        elif event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            metadata = event.step_materialization_data.materialization.metadata
            rows = metadata.get("dagster/row_count") or metadata.get("dagster/partition_row_count")
            count = f"{rows.value:,} rows" if rows else ""
            seconds = f"{time.monotonic() - self._started:5.1f} s"
            self._beside("  ".join(filter(None, [seconds, event.partition, count])))
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            bad = "FAILED" if evaluation.severity is dg.AssetCheckSeverity.ERROR else "WARNING"
            self._begin(f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}")
            self._beside(f"{'passed' if evaluation.passed else bad}: {evaluation.description}")
        elif event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY:
            retry = event.step_retry_data
            if _innermost(retry.error).cls_name in _INTERRUPTS:
                # Dagster would retry that too.
                _Narrator.interrupted = True
                raise KeyboardInterrupt
            self._below(f"failed, and is retried in {retry.seconds_to_wait:.0f} s: {_cause(retry.error)}")
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
            told = [line for line in _told(event.step_failure_data).splitlines() if line not in self._said]
            self._below("\n".join(["failed", *told]) if len(told) != 1 else f"failed: {told[0]}")

    def _begin(self, name: str) -> None:
        print("\n" * self._open + f"  {name:{_NAME_WIDTH}}", end="", flush=True)
        self._open = True

    def _beside(self, text: str) -> None:
        print(f"{'' if self._open else ' ' * (_NAME_WIDTH + 2)}{text}", flush=True)
        self._open = False

    def _below(self, text: str) -> None:
        print("\n" * self._open + textwrap.indent(text, " " * 6), flush=True)
        self._open = False


def _told(failure: Any) -> str:
    """Returns the message of a failed step, without the class of the error."""
    if failure.user_failure_data:
        return str(failure.user_failure_data.description)
    return _cause(failure.error)


def _cause(error: Any) -> str:
    """Returns the message of the root cause, without what Dagster says about retries."""
    message = _innermost(error).message
    return str(message.partition(": ")[2] or message).strip()


def _innermost(error: Any) -> Any:
    while error.cause:
        error = error.cause
    return error


def _stop_if_interrupted() -> None:
    """Ends the main job too: Dagster ends only its run."""
    if _Narrator.interrupted:
        raise KeyboardInterrupt


@dg.logger
def _narrator(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("demo", logging.DEBUG)
    logger.addHandler(_Narrator())
    return logger


def main() -> int:
    """Runs the main job; returns the exit code."""
    started = time.monotonic()
    settings = Settings.read()
    store = Store(settings.store.absolute())
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings.store))
    if settings.playlists is None and not Path(settings.slices).is_dir():
        print(f"Generating a sample in {settings.sample} (its names are invented)", flush=True)
        _load_libraries(settings)
        write_sample(settings.sample)
    found, changed = arrived(store, settings)
    if changed or outdated(store, settings, verify=False):
        _load_libraries(settings)

    # The definitions read the settings, so they are loaded only after these have been validated.
    from algorhythms_assets.definitions import defs

    narrated = dg.Definitions.merge(defs, dg.Definitions(loggers={"narrator": _narrator}))
    with kept_history() as instance:
        end_interrupted_runs(instance)
        bad = ingest(narrated, instance, found, changed)
        if not any(stamp.config["playlists"] for stamp in store.slices().values()):
            raise InputError("no file of playlists could be used, so there is nothing to release:\n" + "\n".join(bad))
        if not make(narrated, instance, store, settings):
            print("\nNo release was made: see the reason above.", file=sys.stderr)
            return 1
    with serving(settings.store) as url:
        show_recommendation(url, store)
    _say_where(settings, store, bad, time.monotonic() - started)
    return 0


def _load_libraries(settings: Settings) -> None:
    """Has them loaded beside what follows, because the first payload needs them."""
    if settings.deployment == "local":
        load_libraries()


def make(defs: dg.Definitions, instance: dg.DagsterInstance, store: Store, settings: Settings) -> bool:
    """Materializes what is out of date; returns whether that succeeded."""
    names = outdated(store, settings)
    unchanged = [name for name in ARTIFACTS if name not in (*names, RAW_PLAYLISTS.name)]
    if unchanged:
        print(f"Unchanged: {', '.join(unchanged)}", flush=True)
    if not names:
        return True
    if settings.index != "embedded" and SEARCH_INDEX.name in names:
        require_ready()
    print("Training and releasing", flush=True)
    job = defs.resolve_job_def("retrain")
    result = job.execute_in_process(
        instance=instance,
        run_config=_NARRATED,
        asset_selection=[dg.AssetKey(name) for name in names],
        raise_on_error=False,
    )
    _stop_if_interrupted()
    return bool(result.success)


def arrived(store: Store, settings: Settings) -> tuple[Found, list[str]]:
    """Returns the slices, and the keys of those that are new or changed.

    Raises:
        InputError: the store holds others.
    """
    found = find_slices(settings.slices)
    files = found.files
    known = store.slices()
    foreign = [key for key in known if key not in files]
    if foreign:
        skipped = f" Skipped there: {_skipped(found)}." if found.passed_over else ""
        raise InputError(
            f"the store {settings.store} also holds slices that are not in {settings.slices}: {', '.join(foreign[:5])}"
            f"{' …' if len(foreign) > 5 else ''}.{skipped} Give each set of playlists its own store (STORE=…), or "
            f"delete {store.slice_path('any').parent} to start over."
        )
    changed = [key for key, file in files.items() if not _is_known(file, known.get(key))]
    print(f"{len(files)} slices in {settings.slices}, {len(changed)} of them new or changed", flush=True)
    if found.passed_over:
        print(f"skipped: {_skipped(found)}", flush=True)
    return found, changed


def ingest(defs: dg.Definitions, instance: dg.DagsterInstance, found: Found, changed: Sequence[str]) -> list[str]:
    """Materializes new and changed slices in a separate run; returns what is wrong with those set aside."""
    instance.add_dynamic_partitions(SLICES_NAME, list(found.files))
    bad: list[str] = []
    for _, tags in ranges(instance.get_dynamic_partitions(SLICES_NAME), set(changed)):
        result = defs.resolve_job_def("ingest_slices").execute_in_process(
            instance=instance,
            run_config=_NARRATED,
            tags=tags,
            raise_on_error=False,
        )
        _stop_if_interrupted()
        for event in filter(lambda event: event.is_step_failure, result.all_events):
            bad += _told(event.step_failure_data).splitlines()
    return bad


def _skipped(found: Found) -> str:
    return some(f"{name} ({why})" for name, why in found.passed_over.items())


def _is_known(file: SliceFile, stamp: Stamp | None) -> bool:
    """Tells whether the store holds the file's rows; reads the file only if its version has changed."""
    if stamp is None:
        return False
    return stamp.config.get("source version") == file.version or stamp.data_version == content_version(
        file.key, file.read_bytes()
    )


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """Runs the endpoint on a free port, as `make serve` does; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "algorhythms_ask", "serve", "--port", str(port), "--store", str(store)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                _get(f"{url}/health")
                break
            except URLError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise InputError(f"the endpoint did not start ({error}): {' '.join(command)}") from None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def show_recommendation(url: str, store: Store) -> None:
    """Continues the beginning of a playlist over HTTP and prints the answer with names."""
    rows = pq.read_table(store.slice_path(next(iter(store.slices()))), filters=[("num_tracks", ">", _SEEDS)])
    rows = rows.slice(0, _SEEDS).to_pylist()
    songs = [{"id": row["track_uri"], "name": row["track_name"], "artist": row["artist_name"]} for row in rows]
    answer = _get(f"{url}/recommendations", {"count": _COUNT, "songs": songs})
    names = {node["id"]: _name(node) for node in answer["source_nodes"]}
    print(f"\nPOST /recommendations with the first songs of the playlist «{rows[0]['name'] if rows else ''}»:")
    for name in names.values():
        print(f"  {name}")
    print("answers:")
    for number, node in enumerate(answer["recommendation_nodes"], start=1):
        print(f"  {number}. {_name(node)}\n     {node['score']:+.3f} score")
        for edge in answer["edges"]:
            if edge["target"] == node["id"]:
                print(f"     {edge['weight']:+.3f} {names[edge['source']]}")
        print(f"     {node['terms']['popularity']:+.3f} popularity")
    for notice in answer["notices"]:
        print(f"  {notice['detail']}")


def _name(node: dict[str, Any]) -> str:
    return f"{node['track_name'] or node['id']} – {node['track_artist'] or 'unknown artist'}"


def _get(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    # Not by the proxy that the environment may name: this server is on loopback.
    with build_opener(ProxyHandler({})).open(Request(url, data), timeout=30) as response:  # noqa: S310 (our own server)
        return json.load(response)


def _say_where(settings: Settings, store: Store, bad: list[str], seconds: float) -> None:
    current = json.loads((store.root / CURRENT).read_text(encoding="utf-8"))
    means = {name: metrics["r_precision"] for name, metrics in current["metrics"].items()}
    print(f"\nReleased {current['version']} after {seconds:.0f} s.")
    if all(mean is not None for mean in means.values()):
        print("R-precision: " + ", ".join(f"{name} {mean:.4f}" for name, mean in means.items()))
    folder = settings.store
    print(f"  report    {folder / 'evaluation_report' / 'report.md'}")
    for plot in ("evaluation_report/methods.png", "gcn_weights/training.png", "degree_report/degrees.png"):
        print(f"  plot      {folder / plot}")
    values = {name: getattr(settings, name) for name in sorted(settings.model_fields_set)}
    chosen = "".join(
        f" {name.upper()}={quote(str(value))}" for name, value in values.items() if not isinstance(value, SecretStr)
    )
    print(f"  Dagster   make dev{chosen}, then http://127.0.0.1:{settings.ui_port}")
    stored = f" STORE={quote(str(folder))}" if "store" in settings.model_fields_set else ""
    print(f"  endpoint  make serve{stored}, then http://127.0.0.1:8000/docs")
    if shutil.which("npm"):
        print(f"  page      make page serve{stored}, then http://127.0.0.1:8000")
    aside = [path for path in sorted(store.slice_path("any").parent.rglob("*.rejected.jsonl")) if path.stat().st_size]
    if bad or aside:
        print("\nSet aside:")
        for line in bad:
            print(f"  {line}")
        for path in aside:
            print(f"  {len(path.read_text(encoding='utf-8').splitlines())} playlists or tracks, with reasons in {path}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as problem:
        sys.exit(str(problem))
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nInterrupted. The same command resumes.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
