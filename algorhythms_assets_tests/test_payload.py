"""What a payload tells Dagster beside its own numbers."""

import json
import math
import subprocess
import sys
import time
from types import SimpleNamespace

import dagster as dg
import pytest
from algorhythms_ask.index import IndexUnavailableError

from algorhythms_assets.contracts import ARTIFACTS, EVALUATION_REPORT, description
from algorhythms_assets.definitions import defs
from algorhythms_assets.payload import run, spent_since, told
from algorhythms_assets.plan import CONFIGURABLE
from algorhythms_assets.resources.store import size_of
from algorhythms_assets_tests.conftest import ROOT


def test_pictures_come_first_and_what_is_no_number_is_left_out():
    plot = {"raw_value": "![plot](data:image/png;base64,AA==)", "type": "md"}
    table = {"raw_value": "| a |", "type": "md"}
    metadata = {"rows": 3, "mean": math.nan, "most": math.inf, "why": None, "table": table, "plot": plot, "share": 0.5}
    assert list(told(metadata).items()) == [("plot", plot), ("rows", 3), ("table", table), ("share", 0.5)]


def test_the_size_is_that_of_all_files(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "sub" / "b").write_bytes(b"123")
    assert (size_of(tmp_path), size_of(tmp_path / "a")) == (8, 5)


def test_what_was_spent_counts_processes_that_were_started():
    program = (
        "import subprocess, sys, time; from algorhythms_assets.payload import spent_since; started = time.monotonic();"
        "subprocess.run([sys.executable, '-c', 'x = bytearray(300_000_000); sum(range(20_000_000))']);"
        "import json; print(json.dumps(spent_since(started)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    spent = json.loads(done.stdout)
    assert 0.3 < spent["peak memory (GB)"] < 3
    assert spent["CPU seconds"] > 0
    assert 0 < spent["seconds"] < 60
    assert set(spent_since(time.monotonic())) == set(spent)


def test_an_index_that_does_not_answer_is_told_in_a_line(demo, monkeypatch, capsys):
    def build(work):
        raise IndexUnavailableError("http://es:9200 did not answer within 60 s")

    monkeypatch.setattr(sys, "argv", ["evaluation_report", "--store", str(demo.store.root)])
    with pytest.raises(SystemExit) as ended:
        run(build, EVALUATION_REPORT, CONFIGURABLE[EVALUATION_REPORT.name])
    assert ended.value.code == 1
    assert capsys.readouterr().err.strip() == "evaluation_report: http://es:9200 did not answer within 60 s"


@pytest.mark.parametrize("name", CONFIGURABLE)
def test_on_a_terminal_every_choice_is_explained(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        run(lambda work: {}, ARTIFACTS[name], CONFIGURABLE[name])
    assert ended.value.code == 0
    said = "".join(capsys.readouterr().out.split())
    for field, about in CONFIGURABLE[name].model_fields.items():
        assert f"--{field}" in said
        assert "".join(about.description.split()) in said


def test_dagster_charts_time_and_size_of_every_payload(demo):
    numbers = {"bytes", "seconds", "CPU seconds", "peak memory (GB)"}
    with dg.DagsterInstance.from_config(str(demo.store.root / ".dagster")) as instance:
        for name in set(ARTIFACTS) - {"release"}:
            metadata = instance.get_latest_materialization_event(dg.AssetKey(name)).asset_materialization.metadata
            known = {key.removeprefix("run's "): entry.value for key, entry in metadata.items()}
            assert numbers <= known.keys(), name
            assert all(isinstance(known[key], int | float) and math.isfinite(known[key]) for key in numbers), name
            assert known["bytes"] > 0
            assert str(known["dagster/uri"]).startswith("file:///")
            if name == "evaluation_report":
                assert list(metadata)[:5] == ["methods", "categories", "popularity", "reliability", "map"]
                assert known["served ndcg, low"] < known["served ndcg"] < known["served ndcg, high"]


def test_every_asset_teaches():
    for spec in defs.resolve_all_asset_specs():
        assert spec.owners == ["team:recommendations"]
        assert spec.kinds
        assert len(spec.description.split()) > 30, spec.key
        artifact = ARTIFACTS.get(spec.key.to_user_string())
        schema = artifact and artifact.schema
        if schema is not None:
            columns = spec.metadata["dagster/column_schema"].columns
            assert [column.description for column in columns] == [description(field) for field in schema]


@pytest.mark.parametrize(("loaded", "told"), [(True, {"GPU hours": 1.0}), (False, {}), (None, {})])
def test_hours_on_a_gpu_are_told_where_the_payload_had_one(monkeypatch, loaded, told):
    torch = SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: loaded))
    monkeypatch.setitem(sys.modules, "torch", None if loaded is None else torch)
    spent = spent_since(time.monotonic() - 3600)
    assert {name: round(hours, 2) for name, hours in spent.items() if name == "GPU hours"} == told
