import json
import shutil

import boto3
import pytest
from algorhythms_ask.release import CURRENT, NotServableError, load_release

from algorhythms_assets.contracts import EVALUATION_REPORT, SERVING_BUNDLE
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.publish import RefusedError, publish
from algorhythms_assets.resources.store import STAMP_FILE, InputError, Store, write_json
from algorhythms_assets_tests.services.s3 import bucket, refusing  # noqa: F401 (fixtures)


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


def test_a_release_knows_the_chances_of_its_evaluation(store):
    publish(store, force=False)
    assert load_release(store.root).chance[1] > 0


def test_an_evaluation_of_an_earlier_version_is_released_without_chances(store):
    path = store.path(EVALUATION_REPORT) / "report.json"
    report = json.loads(path.read_text())
    del report["chance"]
    write_json(path, report)
    publish(store, force=False)
    assert load_release(store.root).chance is None


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
    with pytest.raises(InputError, match=r"versions of serving_bundle.*search_index again"):
        publish(store, force=False)
    assert not (store.root / CURRENT).exists()


def test_a_damaged_bundle_is_never_released(store):
    (store.path(SERVING_BUNDLE) / "weights1.npy").write_bytes(b"damaged")
    with pytest.raises(NotServableError, match=r"weights1\.npy"):
        publish(store, force=False)
    assert not (store.root / CURRENT).exists()


def test_a_bucket_that_refuses_in_the_middle_has_no_half_release_and_the_next_try_finishes(
    store,
    refusing,  # noqa: F811
    bucket,  # noqa: F811
    monkeypatch,
):
    monkeypatch.setenv("MODEL_BUCKET", bucket)
    client = boto3.client("s3")
    before = json.dumps({"version": "before"}).encode()
    client.put_object(Bucket=bucket, Key=CURRENT, Body=before)

    def held():
        return {item["Key"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]}

    files = sum(1 for _ in store.path(SERVING_BUNDLE).iterdir())
    # The list of what is blocked, each file of the bundle, its manifest as the last of them, then the pointer.
    for accepted in range(files + 2):
        refusing.accepted, refusing.puts = accepted, 0
        with pytest.raises(InputError, match=r"^s3://playlists does not take the release: .*AccessDenied"):
            publish(store, force=False, bucket=Bucket(client))
        assert client.get_object(Bucket=bucket, Key=CURRENT)["Body"].read() == before
        assert not (store.root / CURRENT).exists()
        whole = f"{store.path(SERVING_BUNDLE).relative_to(store.root)}/manifest.json" in held()
        assert whole is (accepted == files + 1)
        if not whole:
            for key in held() - {CURRENT}:
                client.delete_object(Bucket=bucket, Key=key)
    refusing.accepted = 1000
    content = publish(store, force=False, bucket=Bucket(client))
    assert json.loads(client.get_object(Bucket=bucket, Key=CURRENT)["Body"].read()) == content
    assert json.loads((store.root / CURRENT).read_text()) == content
