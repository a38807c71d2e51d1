import gzip
import json

import pyarrow.parquet as pq
import pytest

from algorhythms_assets.ingest.raw_playlists import ingest
from algorhythms_assets.ingest.slices import find_slices
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.conftest import playlist, slice_bytes


def ingested(tmp_path, content, name="a.json", **options):
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in" / name).write_bytes(content)
    ((key, file),) = find_slices(tmp_path / "in").files.items()
    target = Store(tmp_path / "store").slice_path(key)
    return ingest((key, file, target), **options), target


HALF = slice_bytes(playlist(1, []), playlist(2, ["a"]))
MORE = slice_bytes(playlist(1, ["a"]), playlist(2, []), playlist(3, []))


def test_what_is_set_aside_is_written_beside_with_its_reason(tmp_path):
    outcome, target = ingested(tmp_path, HALF)
    assert (outcome.failed, outcome.playlists, outcome.rejected) == (None, 1, 1)
    lines = target.with_suffix(".rejected.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"playlist": 0, "pid": 1, "reason": "field `tracks`: no tracks"}]


def test_a_slice_with_too_many_set_aside_fails_with_numbers_and_the_first_reason(tmp_path):
    outcome, target = ingested(tmp_path, MORE)
    assert (
        "2 of 3 playlists cannot be used, but max_rejected_share is 0.5; playlist 1: field `tracks`" in outcome.failed
    )
    assert not target.exists()
    assert target.with_suffix(".rejected.jsonl").exists()


@pytest.mark.parametrize(("content", "share", "good"), [(HALF, 0.4, False), (HALF, 0.5, True), (MORE, 1.0, True)])
def test_how_many_may_be_set_aside_can_be_chosen(tmp_path, content, share, good):
    outcome, _ = ingested(tmp_path, content, max_rejected_share=share)
    assert (outcome.failed is None) == good


def test_rows_that_are_dropped_do_not_count_as_playlists(tmp_path):
    made = playlist(1, ["a", "b", "c"])
    made["tracks"][0]["track_uri"] = made["tracks"][1]["track_uri"] = "spotify:episode:1"
    outcome, _ = ingested(tmp_path, slice_bytes(made))
    assert (outcome.failed, outcome.rows, outcome.rejected) == (None, 1, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json.gz", gzip.compress(slice_bytes(playlist(1, ["a"])))),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:1,a - b\nx\n"),
        ("a.csv", b"playlist,title\n1,a\n"),
        ("a.csv", b"#EXTM3U\n#EXTINF:1,a - b\nx\n"),
    ],
)
def test_the_content_says_what_the_format_is(tmp_path, name, content):
    outcome, target = ingested(tmp_path, content, name)
    assert outcome.failed is None
    assert pq.read_table(target).num_rows == 1


def test_a_file_that_ends_early_is_named_with_the_byte(tmp_path):
    content = gzip.compress(HALF)[:-4]
    outcome, _ = ingested(tmp_path, content, "a.json.gz")
    assert outcome.failed == f"{tmp_path}/in/a.json.gz: the gzip data ends early, at byte {len(content)}"


def test_a_file_too_large_for_memory_is_not_even_read(tmp_path):
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1 << 40)
    [(key, source)] = find_slices(tmp_path).files.items()
    assert "split it" in ingest((key, source, tmp_path / "rows.parquet")).failed
