import dagster as dg
import pytest

from algorhythms_assets.contracts import NoConfig
from algorhythms_assets.resources.compute import LocalCompute, Request
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.conftest import failure_of

HERE = "algorhythms_assets_tests.resources"


def test_a_message_that_is_half_written_is_waited_for(tmp_path):
    compute = LocalCompute(Store(tmp_path), "duckdb")
    reported = []

    @dg.asset
    def made(context: dg.AssetExecutionContext):
        invocation = compute.run(context, f"{HERE}.halting", NoConfig(), Request())
        reported.extend(invocation.get_custom_messages())
        return dg.MaterializeResult()

    assert dg.materialize([made]).success
    assert reported == [{"picture": "x" * 50_000}]


def test_a_payload_that_ends_without_a_report_has_failed(tmp_path):
    assert "without reporting" in failure_of(f"{HERE}.silent", Store(tmp_path)).description


def test_a_users_mistake_is_told_in_its_own_words_and_not_retried(tmp_path):
    failure = failure_of(f"{HERE}.mistaken", Store(tmp_path))
    assert failure.description.startswith("track_metadata, which edge_table is made from, is not in")
    assert failure.allow_retries is False


@pytest.mark.parametrize("module", [f"{HERE}.broken", f"{HERE}.does_not_exist"])
def test_any_other_failure_names_the_module_and_would_come_again(module, tmp_path):
    failure = failure_of(module, Store(tmp_path))
    assert module in failure.description
    assert failure.allow_retries is False


def test_a_payload_that_the_machine_has_no_memory_for_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr("algorhythms_assets.resources.compute.machine_gb", lambda: 8.2)
    failure = failure_of(f"{HERE}.silent", Store(tmp_path), 12)
    assert failure.description.startswith(
        f"{HERE}.silent needs about 12 GB of memory for this snapshot, and this machine has 8.2 GB: with that, about "
        "68% of the playlists would fit."
    )
    assert failure.allow_retries is False
    # What is requested was rounded up.
    assert "without reporting" in failure_of(f"{HERE}.silent", Store(tmp_path), 9).description
