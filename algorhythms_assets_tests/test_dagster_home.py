import json
import os
from pathlib import Path

import dagster as dg
import pytest

from algorhythms_assets.dagster_home import dagster_home


def test_what_the_command_line_says_wins_over_env_in_dagster_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("ALGORHYTHMS_STORE=other\n")
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(tmp_path / "store")))
    # As `dg dev` sets it.
    monkeypatch.setenv("DAGSTER_PROJECT_ENV_FILE_PATHS", json.dumps({"algorhythms": str(tmp_path)}))
    monkeypatch.setenv("ALGORHYTHMS_STORE", "mine")
    with dg.DagsterInstance.get() as instance:
        instance.inject_env_vars("algorhythms")
    assert os.environ["ALGORHYTHMS_STORE"] == "mine"
