"""The product of one query and all rows, on one core or on all."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from algorhythms_ask import projection
from algorhythms_ask.projection import products


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 100])
def test_rows_spread_over_the_cores_get_the_same_products(rows, monkeypatch):
    monkeypatch.setattr(projection, "_ROWS_OF_A_THREAD", 8)
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(rows, 5)).astype(np.float32)
    query = draw.normal(size=(1, 5)).astype(np.float32)
    with ThreadPoolExecutor(2) as threads:
        monkeypatch.setattr(projection, "_threads", threads)
        found = products(query, vectors)
    assert found.shape == (1, rows)
    assert found[0] == pytest.approx(vectors.astype(np.float64) @ query[0].astype(np.float64), abs=1e-5)
