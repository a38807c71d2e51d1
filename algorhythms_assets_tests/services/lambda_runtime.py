"""Lambda's runtime interface: its emulator and its client run the zips as Lambda would, with nothing beside them."""

import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from algorhythms_assets_tests.services.left_out import require

_ROOT = Path(__file__).parents[2]
# The version of AWS SAM, whose wheel holds the emulator, and of the client that Lambda's images have.
SAM, CLIENT = "1.170.0", "4.2.2"
_START_SECONDS = 60
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")


@dataclass(frozen=True)
class Function:
    """A function that runs, and the file its log goes to."""

    url: str
    log: Path

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Returns the answer to an event."""
        path = "/2015-03-31/functions/function/invocations"
        return httpx.post(f"{self.url}{path}", json=event, timeout=60).json()


def place() -> Path:
    """Returns where the emulator and its client are, or are put."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "algorhythms" / f"lambda-{SAM}-{CLIENT}"


def make_zips(folder: Path) -> None:
    """Makes the function's zip and the layer of this machine's architecture."""
    command = [sys.executable, "lambda/package.py", "--out", str(folder), "--architecture", ARCHITECTURE]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, timeout=500)


def unpack(zips: Path, folder: Path) -> dict[str, str]:
    """Unpacks the zips as Lambda does; returns the environment that finds them, and nothing else."""
    for name, part in ((f"layer-{ARCHITECTURE}.zip", "opt"), ("function.zip", "task")):
        with zipfile.ZipFile(zips / name) as archive:
            archive.extractall(folder / part)
    path = [folder / "task", folder / "opt" / "python", place() / "python"]
    return {"PYTHONPATH": ":".join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}


@contextmanager
def running_function(zips: Path, folder: Path, settings: Mapping[str, str]) -> Iterator[Function]:
    """Runs the function of the zips with these settings."""
    environment = unpack(zips, folder) | {"LAMBDA_TASK_ROOT": str(folder / "task"), **settings}
    environment |= {"AWS_LAMBDA_FUNCTION_NAME": "ask", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    emulator = place() / "emulator" / f"aws-lambda-rie-{ARCHITECTURE}"
    command = [str(emulator), "--runtime-interface-emulator-address", f"127.0.0.1:{ports[0]}"]
    command += ["--runtime-api-address", f"127.0.0.1:{ports[1]}"]
    # Without `site` there are no packages but those of the zips and of Lambda's image.
    command += [sys.executable, "-S", "-m", "awslambdaric", "algorhythms_ask.handler.handler"]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder / "task", env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", ports[0]), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the emulator did not start:\n{log.read_text()}")
                time.sleep(0.05)
        yield Function(f"http://127.0.0.1:{ports[0]}", log)
    finally:
        # The emulator's child too.
        os.killpg(process.pid, 9)
        process.wait()


@pytest.fixture(scope="session")
def lambda_zips() -> Iterator[Path]:
    """The folder of the zips."""
    there = place().is_dir()
    require("Lambda", None if there else f"its emulator is not in {place()}, `make services` fetches it")
    with tempfile.TemporaryDirectory(prefix="lambda") as folder:
        make_zips(Path(folder))
        yield Path(folder)
