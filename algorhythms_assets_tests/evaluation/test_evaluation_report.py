"""The comparison with what is released, on a finished store."""

import json
import logging
import shutil

import numpy as np
import pyarrow as pa
import pytest
from algorhythms_ask.release import CURRENT

from algorhythms_assets.contracts import EVALUATION_REPORT, SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.evaluation import evaluation_report
from algorhythms_assets.evaluation.config import EvaluationConfig
from algorhythms_assets.evaluation.evaluation_report import artist_numbers, build
from algorhythms_assets.ingest.playlists import load_snapshot
from algorhythms_assets.metrics import cut
from algorhythms_assets.payload import Work
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.store import Store, planned_stamp, write_json


@pytest.fixture
def store(demo, tmp_path):
    """A copy of a finished store whose released version has other names than what is evaluated, and its content."""
    for name in ("serving_bundle", "search_index", "track_metadata", "releases"):
        shutil.copytree(demo.store.root / name, tmp_path / name)
    shutil.copy(demo.store.root / "new_tracks.parquet", tmp_path)
    store = Store(tmp_path)
    for artifact in (SERVING_BUNDLE, SEARCH_INDEX):
        shutil.copytree(store.path(artifact), store.version_path(artifact, "earlier"))
    release(store, bundle="serving_bundle/earlier", index={"kind": "embedded", "name": "search_index/earlier"})
    return store


def release(store, **changes):
    current = store.root / CURRENT
    write_json(current, json.loads(current.read_text()) | changes)


def report_of(store):
    config = EvaluationConfig()
    stamp = planned_stamp(EVALUATION_REPORT, store.inputs(EVALUATION_REPORT), config.model_dump(mode="json"))
    log = logging.getLogger("evaluation")
    build(Work(store, EVALUATION_REPORT, config, EmbeddedEngine(), log, stamp))
    return json.loads((store.path(EVALUATION_REPORT) / "report.json").read_text())


def test_the_released_version_does_the_same_tasks(store):
    report = report_of(store)
    assert report["methods"]["released"] == report["methods"]["served"]
    assert report["served_minus"]["released"]["ndcg"] == [0, 0]
    assert "the released version" in (store.path(EVALUATION_REPORT) / "report.md").read_text()


def test_tracks_without_an_artist_are_not_by_one_artist():
    names = {"artist_uri": [None, "spotify:artist:1", None, "spotify:artist:1"], "artist_name": [None, "A", None, "A"]}
    numbers = artist_numbers(pa.table(names, schema=pa.schema(dict.fromkeys(names, pa.string()))))
    assert numbers[1] == numbers[3]
    assert len(set(numbers.tolist())) == 3


def test_playlists_in_which_nothing_can_be_hidden_do_not_count_for_the_gate(store, monkeypatch):
    def even(pid, tracks, category):
        return None if pid % 2 else cut(pid, tracks, category)

    monkeypatch.setattr(evaluation_report, "cut", even)
    test = load_snapshot(store.path(TRACK_METADATA)).test
    assert report_of(store)["test_playlists"] == sum(pid % 2 == 0 for pid in test.pids) < len(test)


def test_a_higher_score_has_a_higher_chance_and_chances_agree_with_the_test_playlists(demo):
    folder = demo.store.path(EVALUATION_REPORT)
    chance = json.loads((folder / "report.json").read_text())["chance"]
    assert chance["weights"][1] > 0
    tenths = chance["reliability"]
    # The sample has few playlists to fit to.
    assert np.mean([tenth["chance"] - tenth["share"] for tenth in tenths]) == pytest.approx(0, abs=0.1)
    assert tenths[-1]["share"] > 3 * tenths[0]["share"]
    assert (folder / "reliability.png").is_file()
    assert "mean chance" in (folder / "report.md").read_text()


def test_a_version_is_not_compared_with_itself(store):
    bundle, index = (str(store.path(a).relative_to(store.root)) for a in (SERVING_BUNDLE, SEARCH_INDEX))
    release(store, bundle=bundle, index={"kind": "embedded", "name": index})
    assert "released" not in report_of(store)["methods"]


def test_a_version_that_held_out_other_playlists_is_no_standard(store, caplog):
    release(store, test_buckets=[2000, 4000])
    assert "released" not in report_of(store)["methods"]
    assert "other playlists were held out" in caplog.text


def test_a_version_that_cannot_be_served_is_no_standard(store, caplog):
    shutil.rmtree(store.version_path(SEARCH_INDEX, "earlier"))
    assert "released" not in report_of(store)["methods"]
    assert "cannot be served" in caplog.text
