import pytest

from algorhythms_assets.ingest.slices import content_stamp, find_slices
from algorhythms_assets.resources.store import InputError


def test_keys_are_file_names_and_hold_no_comma(tmp_path):
    for name in ("b.json", "a,1.json", "note.txt"):
        (tmp_path / name).write_text("{}")
    assert find_slices(tmp_path) == {"a%2C1": tmp_path / "a,1.json", "b": tmp_path / "b.json"}


def test_no_folder_and_no_slice_are_said(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        find_slices(tmp_path / "missing")
    with pytest.raises(InputError, match="no slice"):
        find_slices(tmp_path)


def test_the_stamp_follows_the_content():
    assert content_stamp(b"a") == content_stamp(b"a")
    assert content_stamp(b"a").data_version != content_stamp(b"b").data_version
