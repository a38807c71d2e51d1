import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.resources.engine import EmbeddedEngine, open_engine
from algorhythms_assets.resources.store import InputError


def squared_in_a_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def failing(number: int) -> int:
    raise ValueError(f"block {number}")


def test_sql_reads_tables_and_files_alike(tmp_path):
    parts = []
    for number in range(3):
        parts.append(tmp_path / f"{number}.parquet")
        pq.write_table(pa.table({"n": [number]}), parts[-1])
    query = "SELECT n + m AS total FROM files JOIN memory ON n = m ORDER BY total"
    result = EmbeddedEngine().sql(query, {"files": parts, "memory": pa.table({"m": [2, 1]})})
    assert result["total"].to_pylist() == [2, 4]


def test_blocks_keep_their_order_and_run_elsewhere():
    results = list(EmbeddedEngine().map_blocks(squared_in_a_process, range(6)))
    assert [square for square, _ in results] == [0, 1, 4, 9, 16, 25]
    if len(os.sched_getaffinity(0)) > 1:
        assert os.getpid() not in {process for _, process in results}


def test_a_failing_block_fails_the_whole():
    with pytest.raises(ValueError, match="block"):
        list(EmbeddedEngine().map_blocks(failing, range(3)))


def test_an_unknown_engine_is_named():
    with pytest.raises(InputError, match="spark"):
        open_engine("spark://host")
