"""What each asset asks a cluster for, by the size of its input; docs/slurm.md has the same table."""

import re
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from pydantic import BaseModel

from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS, RELEASE, TRACK_METADATA, Artifact
from algorhythms_assets.ingest.memory import parsing_gb
from algorhythms_assets.ingest.slices import SliceFile
from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.store import Stamp, Store, write_json, write_table
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import ROOT

# Rows and tracks of the generated sample, and of the Million Playlist Dataset.
SAMPLE, MILLION = (132_044, 9_887), (66_346_428, 2_262_292)
OF_SNAPSHOT = [artifact for artifact in ARTIFACTS.values() if artifact not in (RAW_PLAYLISTS, RELEASE)]


class Sized(Store):
    """A store that says how much there is without having it."""

    def __init__(self, rows: int, tracks: int) -> None:
        super().__init__(Path("/nowhere"))
        object.__setattr__(self, "size", (rows, tracks))

    def input_size(self, artifact: Artifact) -> tuple[int, int]:
        rows, tracks = self.size  # type: ignore[attr-defined]
        return (rows, 0) if artifact is TRACK_METADATA else (rows, tracks)


@dataclass
class Noting:
    """A compute that runs nothing."""

    store: Store
    requests: list[Request] = field(default_factory=list)

    def run(self, context: dg.AssetExecutionContext, module: str, config: BaseModel, request: Request) -> Any:
        self.requests.append(request)
        raise dg.Failure("noted", allow_retries=False)


def requested(artifact: Artifact, rows: int, tracks: int) -> Request:
    """What an asset asks for with so much in the store."""
    compute = Noting(Sized(rows, tracks))
    asset = getattr(import_module(f"algorhythms_assets.{artifact.stage}.assets"), artifact.name)
    resources = {"compute": compute, "settings": Settings(features="none")}
    dg.materialize([asset], resources=resources, raise_on_error=False)
    [request] = compute.requests
    return request


def documented() -> dict[str, list[str]]:
    """The rows of the table of requests, by asset."""
    section = (ROOT / "docs" / "slurm.md").read_text().partition("## What a job asks for")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (.+) \|$", section, re.MULTILINE)
    return {name: cells.split(" | ") for name, cells in rows if name in ARTIFACTS}


def test_the_table_of_requests_has_every_job():
    assert set(documented()) == {artifact.name for artifact in (*OF_SNAPSHOT, RAW_PLAYLISTS)}


@pytest.mark.parametrize("artifact", OF_SNAPSHOT, ids=lambda artifact: artifact.name)
def test_requests_are_those_of_the_table_and_fit_a_small_node_with_little_data(artifact):
    small, large = requested(artifact, *SAMPLE), requested(artifact, *MILLION)
    cores, at_sample, at_million, minutes, *_ = documented()[artifact.name]
    assert [str(small.cpus), f"{small.memory_gb} GB", f"{large.memory_gb} GB", f"{small.minutes} min"] == [
        cores,
        at_sample,
        at_million,
        minutes,
    ]
    assert 1 <= small.memory_gb <= 2
    assert requested(artifact, 0, 0).memory_gb <= small.memory_gb <= large.memory_gb


def test_the_size_of_an_input_is_what_the_snapshot_says(tmp_path):
    store = Store(tmp_path)
    pyg_graph = ARTIFACTS["pyg_graph"]
    assert store.input_size(pyg_graph) == (0, 0)
    write_json(tmp_path / "track_metadata" / "snapshot.json", {"rows": 70, "tracks": 30})
    assert store.input_size(pyg_graph) == (70, 30)


def test_the_size_of_a_snapshot_is_that_of_its_slices(tmp_path):
    store = Store(tmp_path)
    assert store.input_size(TRACK_METADATA) == (0, 0)
    schema = pa.schema([pa.field("pid", pa.int64())])
    for key, rows in (("one", 3), ("two", 4)):
        path = store.slice_path(key)
        path.parent.mkdir(exist_ok=True)
        stamp = Stamp(RAW_PLAYLISTS.name, key, "1", config={"slice": key})
        write_table(pa.table({"pid": range(rows)}, schema), path, schema, stamp)
    write_json(tmp_path / "track_metadata" / "snapshot.json", {"rows": 70, "tracks": 30})
    assert store.input_size(TRACK_METADATA) == (7, 0)


@pytest.mark.parametrize(
    ("name", "megabytes", "gigabytes"),
    [
        ("none.json", 0, 1),
        ("sample.json", 16, 1),
        ("mpd.slice.0-999.json", 33, 2),
        ("large.csv", 80, 3),
        ("largest.json", 256, 5),
        ("packed.json.gz", 5, 2),
        ("packed.JSON.GZ", 100, 5),
    ],
)
def test_parsing_asks_for_the_two_largest_files(name, megabytes, gigabytes):
    files = [SliceFile(name, f"/playlists/{name}", "1", size=megabytes * 10**6) for _ in range(2)]
    small = SliceFile("small", "/playlists/small.csv", "1", size=1000)
    assert parsing_gb([small, *files, small], at_once=2) == gigabytes


def test_the_slices_of_a_run_are_those_that_count(tmp_path):
    from algorhythms_assets.ingest.assets import raw_playlists
    from algorhythms_assets.ingest.partitions import SLICES_NAME

    for name, size in (("small.csv", 10), ("large.csv", 200_000_000)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    asked = {}
    for key in ("small.csv", "large.csv"):
        compute = Noting(Store(tmp_path / "store"))
        with dg.DagsterInstance.ephemeral() as instance:
            instance.add_dynamic_partitions(SLICES_NAME, [key])
            dg.materialize(
                [raw_playlists],
                partition_key=key,
                instance=instance,
                resources={"compute": compute, "settings": Settings(playlists=str(tmp_path))},
                raise_on_error=False,
            )
        [request] = compute.requests
        asked[key] = request.memory_gb
    assert asked == {"small.csv": 1, "large.csv": 3}
