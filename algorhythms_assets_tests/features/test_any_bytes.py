"""Whatever a file holds, it is read or there is one line that says why not."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import resource
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from algorhythms_ask.features import FEATURES, LIMITS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from algorhythms_assets.features.files import read_features
from algorhythms_assets.ingest.formats.text import encoding_of
from algorhythms_assets.resources.store import InputError
from algorhythms_assets_tests.features.test_files import BARE, GOOD, OTHER, URI

ROWS = [{"title": 'Ünë, "x"; ♯', "uri": uri} | GOOD | {"key": "C#"} for uri in (BARE, OTHER, URI)]
TABLE = pd.DataFrame(ROWS)
TEXTS = [
    TABLE.to_csv(index=False),
    TABLE.to_csv(index=False, sep="\t", decimal=","),
    "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS),
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030", "shift_jis_2004", "utf-7", "cp037"]


def parquet():
    file = io.BytesIO()
    TABLE.to_parquet(file)
    return file.getvalue()


def archive(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("tracks.csv", content)
    return file.getvalue()


WHOLE = [text.encode(encoding, "replace") for text in TEXTS for encoding in ENCODINGS]
PACK = [gzip.compress, bz2.compress, lzma.compress, archive, lambda content: pa.compress(content, "zstd", asbytes=True)]
FILES = [*WHOLE, *(pack(WHOLE[0]) for pack in PACK), parquet()]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(content):
    """Reads a file of these bytes; what comes out is what every artifact may hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features"
        path.write_bytes(content)
        try:
            found = read_features(path)
        except InputError as error:
            said = str(error)
            found = None
    if found is None:
        assert "\n" not in said
        assert len(said) < 2000
        return
    assert found.features.index.is_unique
    for name in FEATURES:
        low, high = LIMITS[name]
        assert found.features[name].dropna().between(low, high).all()


@QUICK
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-16", "replace"))))
@example(b"\x1f\x8b")
@example(b"sep=")
@example(b"sep=\n\n\nid")
@example(b'sep="\nid;tempo')
@example(b"BZh9")
@example(b"PK\x03\x04")
@example(b"PAR1PAR1")
@example(b"{" * 100_000)
@example(b'{"id": ' + b"9" * 10_000 + b"}")
@example(b"id,tempo,key\n" + b"," * 200_000)
def test_random_bytes(content):
    read(content)


@QUICK
@given(st.data())
def test_a_file_that_was_cut(data):
    content = data.draw(st.sampled_from(FILES))
    read(content[: data.draw(st.integers(0, len(content)))])


@QUICK
@given(st.data())
def test_a_file_with_other_bytes_in_it(data):
    content = bytearray(data.draw(st.sampled_from(FILES)))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    read(bytes(content))


@QUICK
@given(st.lists(st.sampled_from(FILES), min_size=2, max_size=3))
def test_files_of_several_kinds_and_encodings_behind_each_other(contents):
    read(b"\n".join(contents))


@QUICK
@given(st.lists(st.lists(st.one_of(st.text(max_size=8), st.floats().map(str)), min_size=15, max_size=15), max_size=4))
def test_any_cells_under_good_headings(rows):
    path = io.StringIO()
    pd.DataFrame(rows, columns=TABLE.columns).to_csv(path, index=False)
    read(path.getvalue().encode("utf-8", "replace"))


@QUICK
@given(st.lists(st.dictionaries(st.sampled_from(["uri", *FEATURES]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(BARE),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.text(max_size=3), children, max_size=2),
)), max_size=4))  # fmt: skip
def test_any_values_in_json(rows):
    read("\n".join(map(json.dumps, rows)).encode())


@given(st.binary(max_size=300), st.sampled_from(["", *TEXTS]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_become_text_by_an_encoding_that_python_knows(content, text):
    encoding = encoding_of(text.encode() + content)
    found = (text.encode() + content).decode(encoding, "replace")
    if text:
        assert "danceability" in found


@pytest.mark.parametrize("stray", [b"\xff", b"\x80\x81", "Кино".encode("cp1251"), "音楽".encode("shift_jis"), b"\xc3"])
def test_bytes_of_another_encoding_spoil_no_row(stray, tmp_path):
    for text in TEXTS:
        path = tmp_path / "features"
        path.write_bytes(text.encode().replace("Ünë".encode(), "Ünë".encode() + stray))
        assert len(read_features(path).features) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251"])
def test_cut_text_is_read_in_the_encoding_of_the_whole(encoding):
    content = ("id,danceability\n" + "Кино - Группа крови," * 40).encode(encoding)
    for cut in range(80, len(content)):
        decoder = codecs.getincrementaldecoder(encoding_of(content[:cut]))(errors="replace")
        assert decoder.decode(content[:cut]).startswith("id,danceability\n")


def test_a_small_file_that_unpacks_to_a_large_one_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "features.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(f"{','.join(['id', *FEATURES])}\n".encode())
        for _ in range(5000):
            file.write(b"x" * 100_000 + b"\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="names no tracks"):
        read_features(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_parquet_file_with_text_that_is_none(tmp_path):
    path = tmp_path / "features.parquet"
    broken = parquet().replace(BARE.encode(), BARE[:-1].encode() + b"\xff")
    path.write_bytes(broken)
    with pytest.raises(InputError, match="Invalid UTF8"):
        read_features(path)
