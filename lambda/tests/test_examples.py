"""The examples of docs/endpoint.md, run as they stand against a server."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from algorhythms_ask.http import create_app
from algorhythms_ask.release import Release

from algorhythms_assets_tests.services.left_out import require

_TEXT = (Path(__file__).parents[2] / "docs" / "endpoint.md").read_text()
_WRITTEN = "http://127.0.0.1:8000"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def address(release: Release) -> Iterator[str]:
    class _Served:
        refused = None

        def current(self) -> Release:
            return release

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(_Served()), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_curl(address: str) -> None:
    [block] = _blocks("sh")
    examples = [example for example in re.split(r"\n\n", block) if "curl" in example]
    assert len(examples) == 4
    for example in examples:
        done = subprocess.run(
            ["bash", "-c", example.replace(_WRITTEN, address)], capture_output=True, text=True, check=True, timeout=30
        )
        answer = json.loads(done.stdout)
        assert "recommendation_nodes" in answer or [one["status"] for one in answer["responses"]] == [200, 200], answer


def test_python(address: str) -> None:
    [block] = _blocks("python")
    code = block.replace(_WRITTEN, address)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "The Sparks - Highway Fire" in done.stdout
    assert len(done.stdout.splitlines()) == 12


def test_typescript(address: str) -> None:
    require("Node", None if shutil.which("node") else "`make services` installs it")
    [block] = _blocks("typescript")
    command = ["node", "--input-type=module", "--eval", block.replace(_WRITTEN, address)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "Highway Fire" in done.stdout
