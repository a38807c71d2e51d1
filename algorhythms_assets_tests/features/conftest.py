"""Tracks, a store that holds nothing but a snapshot of them, and a service that knows their features."""

import json
import logging
import os
import string
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import AUDIO_FEATURES, TRACK_METADATA, TRACKS_SCHEMA
from algorhythms_assets.features.audio_features import build
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.payload import Work, open_engine
from algorhythms_assets.resources.store import STAMP_FILE, Stamp, Store, planned_stamp, write_json
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.features_server import FeaturesServer

_LETTERS = string.digits + string.ascii_letters


def track_ids(count: int) -> list[str]:
    """Different ids of Spotify's form."""
    return ["".join(_LETTERS[(n // 62**k) % 62] for k in range(4)).ljust(22, "x") for n in range(count)]


def snapshot_of(root: Path, uris: list[str], name: str = "snapshot") -> Store:
    """A store with a snapshot of these tracks, of 1, 2, 3 … plays."""
    store = Store(root)
    folder = store.path(TRACK_METADATA)
    folder.mkdir(parents=True, exist_ok=True)
    empty = {field.name: pa.nulls(len(uris), field.type) for field in TRACKS_SCHEMA}
    given = {"track": range(len(uris)), "track_uri": sorted(uris), "playlists": range(1, len(uris) + 1)}
    pq.write_table(
        pa.table(empty | {k: pa.array(v) for k, v in given.items()}).cast(TRACKS_SCHEMA), folder / "tracks.parquet"
    )
    write_json(folder / STAMP_FILE, asdict(Stamp("track_metadata", name, "1", name)))
    return store


def command(store: Store, source: str) -> list[str]:
    """The payload on a terminal."""
    return [sys.executable, "-m", AUDIO_FEATURES.module, "--store", str(store.root), "--source", source]


def environment(**settings: object) -> dict[str, str]:
    """The environment with these feature settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ALGORHYTHMS_")}
    fast = {"RATE": 10_000} | settings
    return clean | {f"ALGORHYTHMS_FEATURES_{name}": str(value) for name, value in fast.items()}


def run_payload(store: Store, source: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Runs the payload to its end."""
    chosen = environment(**settings)
    return subprocess.run(
        command(store, source), env=chosen, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def metadata(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """What the payload said at its end."""
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def made(store: Store, source: str) -> Mapping[str, Any]:
    """Runs the payload in this process; returns its metadata."""
    config = AudioFeaturesConfig(source=source)
    stamp = planned_stamp(AUDIO_FEATURES, store.inputs(AUDIO_FEATURES), config.model_dump(mode="json"))
    return build(Work(store, AUDIO_FEATURES, config, open_engine("duckdb", {}), logging.getLogger("test"), stamp))


@pytest.fixture
def server() -> Iterator[FeaturesServer]:
    with FeaturesServer() as running:
        yield running
