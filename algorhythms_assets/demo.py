"""The main job: materializes everything on the chosen playlists, releases it, and asks the endpoint once.

`python -m algorhythms_assets.demo`, with the settings of the environment. Exits with 0 if a release was made.
"""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import dagster as dg
import pyarrow.parquet as pq
from algorhythms_ask.release import CURRENT
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from algorhythms_assets.home import dagster_home, read_settings
from algorhythms_assets.ingest.assets import SLICES
from algorhythms_assets.ingest.slices import content_stamp, find_slices
from algorhythms_assets.resources.compute import ONLY_CHANGED
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets.settings import Settings

_SEEDS = 3
_COUNT = 5
_START_SECONDS = 60


class _Narrator(logging.Handler):
    """Tells a terminal what Dagster does: a line for each asset, and what payloads say in between."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._started = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", None)
        event = meta.get("dagster_event") if isinstance(meta, dict) else None
        if event is None:
            if isinstance(meta, dict):
                print(f"    {meta['orig_message']}", flush=True)
            return
        if event.event_type == dg.DagsterEventType.STEP_START:
            self._started = time.monotonic()
            print(f"  {event.step_key}", flush=True)
        elif event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            rows = event.step_materialization_data.materialization.metadata.get("dagster/row_count")
            what = f", {rows.value:,} rows" if rows else ""
            partition = f"{event.partition}: " if event.partition else ""
            print(f"    {partition}{time.monotonic() - self._started:.1f} s{what}", flush=True)
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            data = event.step_failure_data.user_failure_data
            print(f"    failed: {data.description if data and data.description else error.message}", flush=True)


@dg.logger(description="Tells a terminal what happens")
def _narrator(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("demo", logging.INFO)
    logger.addHandler(_Narrator())
    return logger


def main() -> int:
    """Runs the main job; returns the exit code."""
    started = time.monotonic()
    settings = read_settings()
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings.store))
    if settings.playlists is None and not settings.slices.is_dir():
        print(f"Generating a sample in {settings.sample} (its names are invented)", flush=True)
        write_sample(settings.sample)

    # The definitions read the settings, so they are loaded once these are known to be good.
    from algorhythms_assets.definitions import defs

    narrated = dg.Definitions.merge(defs, dg.Definitions(loggers={"console": _narrator}))
    store = Store(settings.store.absolute())
    with dg.DagsterInstance.get() as instance:
        bad = ingest(narrated, instance, store, settings)
        if not store.slices():
            raise InputError("no slice could be used, so there is nothing to release:\n" + "\n".join(bad))
        print("Training and releasing", flush=True)
        result = narrated.resolve_job_def("train_and_release").execute_in_process(
            instance=instance, tags={ONLY_CHANGED: "true"}, raise_on_error=False
        )
    if not result.success:
        print("\nNo release was made: the reason stands above.", file=sys.stderr)
        return 1
    with serving(settings.store) as url:
        show_recommendation(url, store)
    _say_where(settings, store, bad, time.monotonic() - started)
    return 0


def ingest(defs: dg.Definitions, instance: dg.DagsterInstance, store: Store, settings: Settings) -> list[str]:
    """Materializes new and changed slices in a run of their own; returns what is wrong with those set aside."""
    files = find_slices(settings.slices)
    known = store.slices()
    foreign = [key for key in known if key not in files]
    if foreign:
        raise InputError(
            f"the store {settings.store} also holds slices that are not in {settings.slices}: {', '.join(foreign[:5])}"
            f"{' …' if len(foreign) > 5 else ''}. Give each set of playlists a store of its own (STORE=…), or delete "
            f"{store.slice_path('any').parent} to start over."
        )
    changed = [
        key
        for key, path in files.items()
        if key not in known or known[key].data_version != content_stamp(path.read_bytes()).data_version
    ]
    instance.add_dynamic_partitions(str(SLICES.name), list(files))
    print(f"{len(files)} slices in {settings.slices}, {len(changed)} of them new or changed", flush=True)
    bad: list[str] = []
    for first, last in _ranges(instance.get_dynamic_partitions(str(SLICES.name)), set(changed)):
        result = defs.resolve_job_def("ingest_slices").execute_in_process(
            instance=instance,
            tags={ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last},
            raise_on_error=False,
        )
        for event in result.all_events:
            if event.is_step_failure and event.step_failure_data.user_failure_data:
                bad += str(event.step_failure_data.user_failure_data.description).splitlines()
    return bad


def _ranges(keys: list[str] | Any, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Yields the first and last key of each unbroken run of wanted ones: Dagster takes partitions by range."""
    for is_wanted, group in groupby(keys, lambda key: key in wanted):
        if is_wanted:
            run = list(group)
            yield run[0], run[-1]


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
            except URLError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise InputError(f"the endpoint did not start: {' '.join(command)}") from None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def show_recommendation(url: str, store: Store) -> None:
    """Continues the beginning of a playlist over HTTP and prints the answer with names."""
    rows = pq.read_table(store.slice_path(next(iter(store.slices()))), filters=[("num_tracks", ">", _SEEDS)])
    rows = rows.slice(0, _SEEDS).to_pylist()
    songs = [
        {"id": row["track_uri"], "name": row["track_name"], "artist": row["artist_name"]} for row in rows
    ]
    answer = _get(f"{url}/recommendations", {"count": _COUNT, "songs": songs})
    names = {node["id"]: _name(node) for node in answer["source_nodes"]}
    print(f"\nPOST /recommendations with the first songs of the playlist «{rows[0]['name'] if rows else ''}»:")
    for name in names.values():
        print(f"  {name}")
    print("answers:")
    for number, node in enumerate(answer["recommendation_nodes"], start=1):
        caused = [edge for edge in answer["edges"] if edge["target"] == node["id"]]
        why = ", ".join(f"{names[edge['source']]} {edge['weight']:+.3f}" for edge in caused)
        popularity = f"popularity {node['terms']['popularity']:+.3f}"
        print(f"  {number}. {_name(node)}\n     score {node['score']:.3f} = {', '.join(filter(None, [why, popularity]))}")
    for notice in answer["notices"]:
        print(f"  {notice}")


def _name(node: dict[str, Any]) -> str:
    return f"{node['track_name'] or node['id']} – {node['track_artist'] or 'unknown artist'}"


def _get(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data), timeout=30) as response:  # noqa: S310 (our own server)
        return json.load(response)


def _say_where(settings: Settings, store: Store, bad: list[str], seconds: float) -> None:
    current = json.loads((store.root / CURRENT).read_text())
    means = {name: metrics["r_precision"] for name, metrics in current["metrics"].items()}
    print(f"\nReleased {current['version']} after {seconds:.0f} s.")
    if all(mean is not None for mean in means.values()):
        print("R-precision: " + ", ".join(f"{name} {mean:.4f}" for name, mean in means.items()))
    report = settings.store / "evaluation_report"
    print(f"  report   {report / 'report.md'}")
    print(f"  plots    {report / 'methods.png'}, {settings.store / 'gcn_weights' / 'training.png'},")
    print(f"           {settings.store / 'degree_report' / 'degrees.png'}")
    chosen = "" if settings.store == Settings.model_fields["store"].default else f" STORE={settings.store}"
    print(f"  Dagster  make dev{chosen}      http://127.0.0.1:3000")
    print(f"  endpoint make serve{chosen}    http://127.0.0.1:8000/docs")
    if bad:
        print("\nSet aside:")
        for line in bad:
            print(f"  {line}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as problem:
        sys.exit(str(problem))
    except BrokenPipeError:
        sys.exit(1)
