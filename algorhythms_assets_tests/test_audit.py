"""What `make audit` says, with programs that answer as pip-audit and npm do."""

import os
import subprocess

import pytest

from algorhythms_assets_tests.conftest import ROOT

CLEAN = ("No known vulnerabilities found", 0)
HOLE = ("Found 1 known vulnerability in 1 package\nname version id\nx 1.0 CVE-1", 1)
NPM_HOLE = ("# npm audit report\n\nx  <2.0\nSeverity: high", 1)
AWAY = ("Traceback (most recent call last):\nrequests.exceptions.ConnectionError: no such host", 1)


@pytest.mark.parametrize(
    ("python", "node", "code", "said"),
    [
        (CLEAN, CLEAN, 0, ["pip-audit: no known hole", "npm audit: no known hole"]),
        (HOLE, CLEAN, 1, ["pip-audit: holes are known", "x 1.0 CVE-1"]),
        (CLEAN, NPM_HOLE, 1, ["npm audit: holes are known", "Severity: high"]),
        (AWAY, AWAY, 0, ["left out: pip-audit, whose database does not answer: requests", "left out: npm audit"]),
        (AWAY, NPM_HOLE, 1, ["left out: pip-audit", "npm audit: holes are known"]),
        (None, None, 0, ["left out: pip-audit, which is not installed", "left out: npm audit, which needs Node"]),
    ],
)
def test_holes_fail_and_what_cannot_be_asked_is_named(tmp_path, python, node, code, said):
    for program in ("bash", "env", "grep", "tail", "cut", "dirname"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    for program, answer in (("pip-audit", python), ("npm", node)):
        if answer:
            (tmp_path / program).write_text(f"#!/bin/bash\necho '{answer[0]}'\nexit {answer[1]}\n")
            (tmp_path / program).chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "audit"],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    for words in said:
        assert words in done.stdout
