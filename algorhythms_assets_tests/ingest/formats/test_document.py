import gzip
import json
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorhythms_assets.ingest.formats import document
from algorhythms_assets.ingest.formats.document import SliceError, open_document
from algorhythms_assets.ingest.parsing import parse_slice

CONTENT = json.dumps({"playlists": ["夜 🎉"] * 500}).encode()


def zstd(content):
    return pa.compress(content, "zstd", asbytes=True)


@pytest.mark.parametrize("packed", [CONTENT, gzip.compress(CONTENT), zstd(CONTENT), b"\xef\xbb\xbf" + CONTENT])
def test_json_is_opened_however_it_is_packed(packed):
    assert open_document(packed, "slice").json == json.loads(CONTENT)


def test_packed_files_that_were_put_behind_one_another_are_one():
    assert open_document(gzip.compress(b"a") + gzip.compress(b"b"), "slice").content == b"ab"
    assert open_document(zstd(b"a") + zstd(b"b"), "slice").content == b"ab"


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_packed_data_that_ends_early_names_the_byte(pack):
    cut = pack(CONTENT)[:-5]
    with pytest.raises(SliceError, match=f"ends early, at byte {len(cut)}"):
        open_document(cut, "slice")


@given(st.data(), st.sampled_from([gzip.compress, zstd]))
def test_wherever_packed_data_is_cut_it_is_refused(data, pack):
    packed = pack(CONTENT)
    with pytest.raises(SliceError):
        parse_slice(packed[: data.draw(st.integers(0, len(packed) - 1))], "slice")


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"{"]))
def test_whatever_the_bytes_they_are_opened_or_refused(content, start):
    with suppress(SliceError):
        open_document(start + content, "slice")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_what_unpacks_to_too_much_is_refused(pack, monkeypatch):
    monkeypatch.setattr(document, "MAX_BYTES", 1 << 20)
    monkeypatch.setattr(document, "_CHUNK_BYTES", 1 << 16)
    assert open_document(pack(b" a" * (1 << 19)), "slice")
    with pytest.raises(SliceError, match=r"more than 1 MB, the maximum for a slice: split it"):
        open_document(pack(b" a" * (1 << 19) + b"a"), "slice")


def test_broken_packed_data_is_refused():
    with pytest.raises(SliceError, match="broken gzip"):
        open_document(gzip.compress(CONTENT) + b"trailing", "slice")
