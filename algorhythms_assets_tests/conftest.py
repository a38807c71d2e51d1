"""Stores to test on: a small one that the demo made, and helpers to make slices by hand."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from hypothesis import settings

from algorhythms_assets.contracts import NoConfig
from algorhythms_assets.resources.compute import LocalCompute, Request
from algorhythms_assets.resources.store import Store
from algorhythms_assets.sample.slices import write_sample
from algorhythms_assets_tests.services.elasticsearch import elasticsearch_node  # noqa: F401 (one node for all tests)

ROOT = Path(__file__).parents[1]

# On a shared machine a first call may take long; what hangs is ended by pytest's time-out.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@dataclass(frozen=True)
class Demo:
    """A finished run of the main job, and how to run it again."""

    store: Store
    playlists: Path
    features: str
    output: str

    def again(self, **settings: str) -> subprocess.CompletedProcess[str]:
        return run_demo(self.store.root, self.playlists, self.features, **settings)


def run_demo(store: Path, playlists: Path, features: str = "none", **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the main job as `make demo` does."""
    return subprocess.run(
        [sys.executable, "-m", "algorhythms_assets.demo"],
        env=environment_of({"STORE": str(store), "PLAYLISTS": str(playlists), "FEATURES": features, **settings}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment with these settings and no others."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("ALGORHYTHMS_")}
    return others | {f"ALGORHYTHMS_{name}": value for name, value in settings.items()}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The main job on a small sample with audio features."""
    folder = tmp_path_factory.mktemp("demo")
    write_sample(folder / "sample", playlists=240, slice_size=80, seed=3)
    features = str(folder / "sample" / "audio_features.csv")
    done = run_demo(folder / "store", folder / "sample" / "playlists", features)
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(Store(folder / "store"), folder / "sample" / "playlists", features, done.stdout)


def failure_of(module: str, store: Store, memory_gb: int = 1) -> dg.Failure:
    """Materializes an asset on a payload and returns how it failed."""
    failures = []

    @dg.asset
    def made(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        try:
            invocation = LocalCompute(store, "duckdb").run(context, module, NoConfig(), Request(memory_gb=memory_gb))
            return invocation.get_materialize_result()
        except dg.Failure as failure:
            failures.append(failure)
            raise

    assert not dg.materialize([made], raise_on_error=False).success
    [failure] = failures
    return failure


def playlist(pid: int, tracks: list[str], **fields: Any) -> dict[str, Any]:
    """A playlist in MPD format whose tracks are named by short words."""
    rows = [
        {
            "pos": position,
            "track_uri": uri(name),
            "track_name": name,
            "artist_name": f"artist of {name}",
            "artist_uri": f"spotify:artist:{name}",
            "album_name": f"album of {name}",
            "album_uri": f"spotify:album:{name}",
            "duration_ms": 1000,
        }
        for position, name in enumerate(tracks)
    ]
    return {"name": f"playlist {pid}", "pid": pid, "num_tracks": len(rows), "tracks": rows} | fields


def uri(name: str) -> str:
    """A well-formed URI for a short word."""
    return f"spotify:track:{name:0<22}"


def slice_bytes(*playlists: dict[str, Any]) -> bytes:
    """A slice in MPD format."""
    return json.dumps({"info": {}, "playlists": playlists}).encode()
