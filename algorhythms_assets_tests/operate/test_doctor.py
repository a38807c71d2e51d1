"""The doctor finds what there is, and says what is wrong, each by its name."""

import os
import stat
import subprocess
import sys

import pytest

from algorhythms_assets.operate import doctor
from algorhythms_assets.operate.doctor import ABSENT, ENABLES, OK, WRONG, Finding, examine, text
from algorhythms_assets_tests.conftest import ROOT


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with nothing on its PATH and no settings; gives a function that sets some and examines it."""
    for name in list(os.environ):
        if name.startswith(("ALGORHYTHMS_", "DATABASE_")) or name in ("JAVA_HOME", "MODEL_BUCKET", "RELEASE_KEY"):
            monkeypatch.delenv(name)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def examined(**settings):
        for name, value in {"STORE": tmp_path / "store", **settings}.items():
            monkeypatch.setenv(f"ALGORHYTHMS_{name}", str(value))
        findings = examine()
        return {name: [(f.state, f.found) for f in findings if f.name == name] for name in ENABLES}

    return examined


def program(folder, name, does):
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_bare_machine_lacks_what_is_optional_and_nothing_is_wrong(machine):
    found = machine()
    assert {name: findings[0][0] for name, findings in found.items()} == {
        **dict.fromkeys(("Python", "memory", "disk", "settings"), OK),
        **dict.fromkeys(("config", "alerts", "playlists", "features", "GPU", "Node", "Java"), ABSENT),
        **dict.fromkeys(("Slurm", "Elasticsearch", "PostgreSQL", "S3"), ABSENT),
    }
    assert found["settings"] == [(OK, "set: store")]


def test_what_is_there_is_named(machine, tmp_path):
    program(tmp_path, "node", "echo v22.1.0")
    program(tmp_path, "nvidia-smi", "echo 'A100, 40 GiB'; echo 'A100, 40 GiB'")
    for name in ("sbatch", "java"):
        program(tmp_path, name, "true")
    (tmp_path / "list.m3u").write_text("#EXTM3U\n")
    (tmp_path / "features.csv").write_text("id\n")
    (tmp_path / "config.yaml").write_text("gcn_weights: {epochs: 20}\n")
    found = machine(
        PLAYLISTS=tmp_path,
        FEATURES=tmp_path / "features.csv",
        ENGINE="local[2]",
        DEPLOYMENT="slurm",
        CONFIG=tmp_path / "config.yaml",
        ALERT_URL="https://hooks.slack.com/services/s3cr3t",
    )
    assert found["Node"] == [(OK, "v22.1.0")]
    assert found["GPU"] == [(OK, "A100, 40 GiB; A100, 40 GiB")]
    assert found["Java"] == [(OK, str(tmp_path / "bin" / "java"))]
    assert found["Slurm"] == [(OK, str(tmp_path / "bin" / "sbatch"))]
    assert found["playlists"][0][0] == OK
    assert found["features"] == [(OK, str(tmp_path / "features.csv"))]
    assert found["config"] == [(OK, f"{tmp_path / 'config.yaml'}: gcn_weights epochs 20")]
    assert found["alerts"] == [(OK, "to hooks.slack.com")]


@pytest.mark.parametrize(
    ("does", "told"), [("echo v18.2.0", "v18.2.0, which is too old"), ("exit 1", "node does not answer")]
)
def test_a_node_that_is_of_no_use_is_absent(machine, tmp_path, does, told):
    program(tmp_path, "node", does)
    [(state, found)] = machine()["Node"]
    assert state == ABSENT
    assert told in found


@pytest.mark.parametrize(
    ("settings", "name", "told"),
    [
        ({"STOER": "x"}, "settings", "ALGORHYTHMS_STOER is not a setting; did you mean ALGORHYTHMS_STORE?"),
        ({"XYZZY": "x"}, "settings", "ALGORHYTHMS_XYZZY is not a setting"),
        ({"HOLDOUT": "2"}, "settings", "ALGORHYTHMS_HOLDOUT: "),
        ({"FEATURES_RATE": "0"}, "settings", "ALGORHYTHMS_FEATURES_RATE: "),
        ({"ALERT_URL": "hooks.slack.com/s3cr3t"}, "settings", "ALGORHYTHMS_ALERT_URL: not a well-formed"),
        ({"CONFIG": "/nowhere.yaml"}, "config", "/nowhere.yaml cannot be read"),
        ({"SLURM_MEMORY": "much"}, "settings", "ALGORHYTHMS_SLURM_MEMORY: "),
        ({"DEPLOYMENT": "slurm"}, "Slurm", "no sbatch on the PATH"),
        ({"ENGINE": "local[2]"}, "Java", "there is none on the PATH"),
        ({"PLAYLISTS": "/nowhere"}, "playlists", "/nowhere"),
        ({"FEATURES": "/nowhere.csv"}, "features", "/nowhere.csv is not a file"),
        ({"INDEX": "http://127.0.0.1:9"}, "Elasticsearch", "127.0.0.1:9"),
        ({"RELEASES": "bucket", "INDEX": "http://127.0.0.1:9"}, "S3", "MODEL_BUCKET has to name the bucket"),
        ({"STORE": "/dev/null/store"}, "disk", "cannot be written"),
    ],
)
def test_what_is_wrong_is_told_once(machine, settings, name, told):
    wrong = [found for state, found in machine(**settings)[name] if state == WRONG]
    assert len(wrong) == 1
    assert told in wrong[0]


def test_several_wrong_settings_are_all_told(machine):
    wrong = [found for state, found in machine(HOLDOUT="2", UI_PORT="0", FEATURES_RATE="0", OTHER="1")["settings"]]
    assert len(wrong) == 4


@pytest.mark.parametrize("webhook", ["https://hooks.slack.com/s3cr3t", "hooks.slack.com/s3cr3t"])
def test_secrets_are_never_repeated(machine, webhook):
    found = machine(
        FEATURES_HEADERS='{"X-Key": "s3cr3t\\n"}', FEATURES="https://user:s3cr3t@example.com", ALERT_URL=webhook
    )
    assert "s3cr3t" not in str(found)


def test_a_full_disk_is_wrong(machine, monkeypatch):
    monkeypatch.setattr(doctor, "_LEAST_DISK_GB", 1e9)
    assert machine()["disk"][0][0] == WRONG


def test_what_is_not_there_is_told_with_what_it_would_enable():
    lines = text([Finding("Python", OK, "3.12.1"), Finding("Java", ABSENT, "none")]).splitlines()
    assert lines == [
        "ok      Python         3.12.1",
        "absent  Java           none",
        f"{'':23}enables {ENABLES['Java']}",
    ]


@pytest.mark.parametrize(("setting", "code", "end"), [("", 0, "Nothing is wrong."), ("2", 1, "1 to fix.")])
def test_it_ends_with_whether_something_is_wrong(tmp_path, setting, code, end):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALGORHYTHMS_")}
    environment |= {"ALGORHYTHMS_STORE": str(tmp_path)} | ({"ALGORHYTHMS_HOLDOUT": setting} if setting else {})
    done = subprocess.run(
        [sys.executable, "-m", "algorhythms_assets.operate.doctor"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert end in done.stdout.splitlines()[-1]


def test_the_documentation_says_the_same():
    documented = (ROOT / "docs" / "doctor.md").read_text()
    for name, enables in ENABLES.items():
        assert f"| {name} | {enables} |" in documented
