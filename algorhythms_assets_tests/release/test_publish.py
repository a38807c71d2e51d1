import json
import shutil

import pytest
from algorhythms_ask.release import CURRENT, NotServableError, load_release

from algorhythms_assets.contracts import EVALUATION_REPORT, SERVING_BUNDLE
from algorhythms_assets.release.publish import RefusedError, publish
from algorhythms_assets.resources.store import STAMP_FILE, InputError, Store, write_json


@pytest.fixture
def store(demo, tmp_path):
    """A copy of a finished store, in which nothing is released yet."""
    for name in ("serving_bundle", "search_index", "evaluation_report", "track_metadata"):
        shutil.copytree(demo.store.root / name, tmp_path / name)
    return Store(tmp_path)


def judge(store, passed):
    path = store.path(EVALUATION_REPORT) / "report.json"
    report = json.loads(path.read_text())
    report["gate"] = {"passed": passed, "reasons": [] if passed else ["ndcg is worse"], "warnings": []}
    write_json(path, report)


def test_a_release_is_servable_and_in_the_history(store):
    content = publish(store, force=False)
    assert load_release(store.root).version == content["version"]
    history = (store.root / CURRENT).with_name("history.jsonl").read_text().splitlines()
    assert [json.loads(line)["version"] for line in history] == [content["version"]]
    assert content["forced"] is False


def test_the_same_release_is_made_once(store):
    assert publish(store, force=False) == publish(store, force=False)
    assert len((store.root / CURRENT).with_name("history.jsonl").read_text().splitlines()) == 1


def test_a_negative_verdict_is_refused_and_what_is_served_stays(store):
    publish(store, force=False)
    before = (store.root / CURRENT).read_bytes()
    judge(store, passed=False)
    with pytest.raises(RefusedError, match="ndcg is worse"):
        publish(store, force=False)
    assert (store.root / CURRENT).read_bytes() == before


def test_a_forced_release_says_so(store):
    judge(store, passed=False)
    assert publish(store, force=True)["forced"] is True


def test_a_report_of_another_bundle_is_refused(store):
    path = store.path(SERVING_BUNDLE) / STAMP_FILE
    stamp = json.loads(path.read_text())
    write_json(path, stamp | {"data_version": "other"})
    with pytest.raises(InputError, match=r"versions of serving_bundle.*evaluation_report again"):
        publish(store, force=False)
    assert not (store.root / CURRENT).exists()


def test_a_damaged_bundle_is_never_released(store):
    (store.path(SERVING_BUNDLE) / "weights1.npy").write_bytes(b"damaged")
    with pytest.raises(NotServableError, match=r"weights1\.npy"):
        publish(store, force=False)
    assert not (store.root / CURRENT).exists()
