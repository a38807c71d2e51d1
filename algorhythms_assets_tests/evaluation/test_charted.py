import json

import numpy as np

from algorhythms_assets.contracts import EVALUATION_REPORT
from algorhythms_assets.evaluation.charted import charted
from algorhythms_assets.evaluation.checks import quality_gate
from algorhythms_assets.resources.compute import LocalCompute

REPORT = {
    "test_playlists": 7,
    "methods": {"served": {"mean": {"ndcg": 0.5, "clicks": None}}, "popularity": {"mean": {"ndcg": 0.25}}},
    "intervals": {
        "served": {"r_precision": None, "ndcg": [0.4, 0.6]},
        "popularity": {"r_precision": None, "ndcg": [0.2, 0.3]},
    },
    "served_minus": {"popularity": {"r_precision": None, "ndcg": [0.123456, 0.2]}},
}


def test_each_number_has_a_name_of_its_own_and_unknown_ones_are_absent():
    assert charted(REPORT) == {
        "test playlists": 7,
        "served ndcg": 0.5,
        "popularity ndcg": 0.25,
        "served ndcg, low": 0.4,
        "served ndcg, high": 0.6,
        "popularity ndcg, low": 0.2,
        "popularity ndcg, high": 0.3,
        "ndcg above popularity, low": 0.12346,
        "ndcg above popularity, high": 0.2,
    }


def test_the_gate_shows_its_plot_and_its_numbers(demo):
    result = quality_gate(LocalCompute(demo.store, "duckdb"))
    report = json.loads((demo.store.path(EVALUATION_REPORT) / "report.json").read_text())
    assert next(iter(result.metadata)) == "methods"
    assert result.metadata["methods"].value.startswith("![methods](data:image/png;base64,")
    numbers = {name: entry.value for name, entry in result.metadata.items() if name != "methods"}
    assert numbers == charted(report)
    assert all(np.isfinite(value) for value in numbers.values())
