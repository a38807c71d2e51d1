"""The page as a listener uses it: built, served by the endpoint on a finished store, in a real browser."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from algorhythms_assets_tests.conftest import ROOT, Demo
from algorhythms_assets_tests.services.left_out import require

WEB = ROOT / "web"
FILES = sorted(path.name for path in (WEB / "browser").glob("*.test.mjs"))
OLDEST_NODE = (20, 19)


def node() -> str | None:
    """Returns what is lacking to build the page, or None."""
    if shutil.which("npm") is None:
        return "`make services` installs it"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_NODE:
        return (
            f"{version.strip()} is older than {OLDEST_NODE[0]}.{OLDEST_NODE[1]}, `make services` installs a newer one"
        )
    return None


@pytest.fixture(scope="module")
def page() -> Path:
    """The page as `make page` builds it."""
    require("Node", node())
    done = subprocess.run(["make", "page"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return WEB / "dist"


@pytest.fixture(scope="module")
def address(demo: Demo, page: Path) -> Iterator[str]:
    """Where the endpoint serves it."""
    require("Chromium", None if shutil.which("chromium") else "`make services` installs it")
    command = [sys.executable, "-m", "algorhythms_ask", "serve", "--store", str(demo.store.root), "--port", "0"]
    server = subprocess.Popen([*command, "--page", str(page)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found is not None
        yield found[0]
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


def test_it_stays_within_its_budget(page: Path) -> None:
    done = subprocess.run(["npm", "run", "budget"], cwd=WEB, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES)
def test_in_a_browser(address: str, file: str) -> None:
    environment = os.environ | {"PAGE": address, "CHROMIUM": shutil.which("chromium") or ""}
    done = subprocess.run(
        ["node", "--test", "--test-concurrency=1", f"browser/{file}"],
        cwd=WEB,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=550,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
