"""What docs/explore.md shows works on a finished store, and shows what is there."""

import json
import re

import pyarrow.parquet as pq
import pytest

from algorhythms_assets.contracts import ARTIFACTS
from algorhythms_assets_tests.conftest import ROOT

PAGE = (ROOT / "docs" / "explore.md").read_text()


def test_every_artifact_has_a_section_with_code():
    sections = {heading.split("\n")[0]: heading for heading in PAGE.split("\n## ")[1:]}
    assert list(sections) == list(ARTIFACTS)
    assert all("```python" in section for section in sections.values())


@pytest.fixture(scope="module")
def explored(demo):
    """The names that the page's code leaves, run in the store of the demo."""
    names = {"__name__": "explored"}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(demo.store.root)
        for number, block in enumerate(blocks):
            exec(compile(block, f"block {number} of explore.md", "exec"), names)
        for relation in ("rows", "edges"):
            names[relation] = names[relation].count("*").fetchall()[0][0]
    return names


def test_tables_are_those_of_the_store(explored, demo):
    snapshot = json.loads((demo.store.root / "track_metadata" / "snapshot.json").read_text())
    assert (explored["rows"], len(explored["playlists"])) == (snapshot["rows"], snapshot["rows"])
    assert len(explored["longest"]) == snapshot["playlists"]
    assert len(explored["tracks"]) == snapshot["tracks"]
    files = (demo.store.root / "edge_table").glob("part-*.parquet")
    assert explored["edges"] == sum(pq.read_metadata(path).num_rows for path in files)
    assert explored["popular"]["playlists"].is_monotonic_decreasing
    assert 0.5 < explored["known"] < 1
    assert explored["buckets"].sum() == snapshot["tracks_in_training"]


def test_what_was_trained_is_readable(explored):
    number = explored["number"]
    assert ((explored["neighbours"][["source", "target"]] == number).sum(axis=1) == 1).all()
    assert explored["degrees_kept"].sum() == explored["graph"].num_edges
    assert explored["nearest"].index[0] == number
    assert explored["epochs"].index[0] == 1
    assert explored["layers"]["weights2"] == (explored["layers"]["bias1"][0], 128)
    assert explored["kinds"].loc["track", "documents"] == len(explored["embeddings"])
    assert {"served", "popularity", "item_knn"} <= set(explored["means"].columns)
    assert explored["manifest"]["dimensions"]["vector"] == explored["z"].shape[1]


def test_the_release_answers(explored):
    recommended = {found.document.id for found in explored["answer"].recommendations}
    assert len(recommended) == 5
    assert recommended.isdisjoint(song.id for song in explored["seeds"])


def test_polars_counts_as_pandas_does(explored):
    counted = explored["tracks"].groupby("artist_name")["playlists"].sum().nlargest(10)
    assert explored["top_artists"]["playlists"].to_list() == counted.to_list()
