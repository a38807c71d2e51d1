"""The main job on real Elasticsearch."""

import json
import shutil
import subprocess
import sys

import httpx
import pyarrow.parquet as pq
import pytest
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.release import CURRENT

from algorhythms_assets.contracts import SEARCH_INDEX
from algorhythms_assets.demo import serving
from algorhythms_assets.resources.store import Store, write_json
from algorhythms_assets_tests.conftest import ROOT, run_demo


@pytest.fixture
def store(demo, tmp_path):
    """A copy of what the demo made, Dagster's history included."""
    return Store(shutil.copytree(demo.store.root, tmp_path / "store"))


def test_the_main_job_builds_verifies_evaluates_and_serves_it(demo, store, elasticsearch_node, monkeypatch):
    def again():
        return run_demo(store.root, demo.playlists, demo.features, INDEX=elasticsearch_node.url)

    embedded = json.loads((store.root / CURRENT).read_text())
    done = again()
    assert done.returncode == 0, done.stdout + done.stderr
    current = json.loads((store.root / CURRENT).read_text())
    version = json.loads((store.root / "search_index" / "latest.json").read_text())["version"]
    assert current["index"] == {"kind": "elasticsearch", "name": f"tracks-{version}"}
    about = json.loads((store.path(SEARCH_INDEX) / "index.json").read_text())
    assert min(about["recall"].values()) >= 0.95
    # The same model: through an index that is not exact it does as well on the same playlists.
    assert current["metrics"]["served"]["ndcg"] == pytest.approx(embedded["metrics"]["served"]["ndcg"], abs=0.01)
    assert current["bundle"] == embedded["bundle"]
    second = again().stdout
    assert "Unchanged: " in second
    assert "Training and releasing" not in second

    # A cluster that has lost the index gets it back.
    httpx.delete(f"{elasticsearch_node.url}/tracks-{version}").raise_for_status()
    monkeypatch.setenv("ALGORHYTHMS_INDEX", elasticsearch_node.url)
    with pytest.raises(Exception, match="the endpoint did not start"), serving(store.root):
        pass
    command = [sys.executable, "-m", SEARCH_INDEX.module, "--store", store.root, "--index", elasticsearch_node.url]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=300)
    with serving(store.root):
        pass


def test_an_index_may_be_without_neighbours_but_not_without_tracks(demo, tmp_path):
    root = shutil.copytree(demo.store.root, tmp_path / "store", ignore=shutil.ignore_patterns(".dagster"))
    command = [sys.executable, "-m", SEARCH_INDEX.module, "--store", root, "--neighbours", "0"]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=300)
    index = EmbeddedIndex(Store(root).path(SEARCH_INDEX))
    tracks = pq.read_table(root / "track_metadata" / "tracks.parquet", columns=["track_uri"])["track_uri"].to_pylist()
    found = index.fetch(tracks[:100], neighbours=True)
    assert found
    assert all(document.neighbours == () for document in found.values())

    write_json(root / "releases" / "blocked.json", {"tracks": tracks, "artists": []})
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        "search_index: every track is blocked, so there is nothing to search: unblock some"
    )
