"""A store that holds nothing but a snapshot of a few hundred generated playlists, and payloads run on it."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from algorhythms_assets.contracts import EDGE_TABLE, TRACK_METADATA, Artifact, NoConfig
from algorhythms_assets.graph import edge_table
from algorhythms_assets.ingest import raw_playlists, track_metadata
from algorhythms_assets.ingest.config import RawPlaylistsConfig, TrackMetadataConfig
from algorhythms_assets.payload import Work
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.engine import Engine
from algorhythms_assets.resources.store import Store, planned_stamp
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets_tests.graph.in_many_blocks import LEAST_PAIRS
from algorhythms_assets_tests.services.spark import spark_cluster, spark_engine  # noqa: F401 (fixtures)


def made(
    build: Callable[[Work[Any]], Any],
    store: Store,
    artifact: Artifact,
    config: Any = None,
    engine: Engine | None = None,
) -> Any:
    """Runs a payload in this process; returns its metadata."""
    config = config or NoConfig()
    stamp = planned_stamp(artifact, store.inputs(artifact), config.model_dump(mode="json"))
    return build(Work(store, artifact, config, engine or EmbeddedEngine(), logging.getLogger("test"), stamp))


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The snapshot. Others have to leave it as it is: see `store`."""
    folder = tmp_path_factory.mktemp("snapshot")
    write_sample(folder / "sample", playlists=600, slice_size=200, seed=5)
    store = Store(folder / "store")
    made(
        raw_playlists.build,
        store,
        raw_playlists.RAW_PLAYLISTS,
        RawPlaylistsConfig(folder=str(folder / "sample" / "playlists")),
    )
    made(track_metadata.build, store, TRACK_METADATA, TrackMetadataConfig())
    return store


@pytest.fixture
def store(snapshot: Store, tmp_path: Path) -> Store:
    """A copy of the snapshot to work on."""
    shutil.copytree(snapshot.root, tmp_path / "store")
    return Store(tmp_path / "store")


@pytest.fixture(scope="session")
def counted(snapshot: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The snapshot with its edge table, in many parts."""
    folder = tmp_path_factory.mktemp("counted") / "store"
    shutil.copytree(snapshot.root, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge_table, "LEAST_PAIRS", LEAST_PAIRS)
        assert made(edge_table.build, Store(folder), EDGE_TABLE)["blocks"] > 10
    return Store(folder)
