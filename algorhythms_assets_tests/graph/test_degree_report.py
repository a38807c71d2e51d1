import numpy as np

from algorhythms_assets.graph.degree_report import bucket_counts


def test_buckets_hold_their_lower_end_and_not_their_upper():
    counts = bucket_counts(np.array([0, 9, 10, 49, 50, 9999, 10000, 10**6]))
    assert counts == {
        "0-10": 2,
        "10-50": 2,
        "50-100": 1,
        "100-200": 0,
        "200-500": 0,
        "500-1000": 0,
        "1000-2000": 0,
        "2000-5000": 0,
        "5000-10000": 1,
        ">10000": 2,
    }
