import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.resources.parquet import read_batches


@pytest.fixture
def path(tmp_path):
    """64 MB of vectors that cannot be compressed, in groups of 16 MB."""
    numbers = np.random.default_rng(0).random((62_500, 256), np.float32)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(numbers.reshape(-1)), 256)
    path = tmp_path / "vectors.parquet"
    table = pa.table({"track": np.arange(62_500), "vector": vectors})
    pq.write_table(table, path, row_group_size=15_625, write_page_checksum=True)
    return path


def test_all_rows_come_in_order(path):
    batches = list(read_batches(path, 10_000, ["track"]))
    assert max(map(len, batches)) <= 10_000
    assert pa.Table.from_batches(batches)["track"].to_pylist() == list(range(62_500))


@pytest.mark.parametrize("verify", [False, True])
def test_only_a_part_of_the_file_is_in_memory(path, verify):
    before, most, rows = pa.total_allocated_bytes(), 0, 0
    for batch in read_batches(path, 1000, verify=verify):
        rows += len(batch)
        most = max(most, pa.total_allocated_bytes() - before)
    assert rows == 62_500
    assert most < path.stat().st_size / 4


def test_a_damaged_page_is_found(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises((pa.ArrowException, OSError)):
        list(read_batches(path, 1000, verify=True))
