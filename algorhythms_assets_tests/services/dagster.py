"""Dagster as `make dev` runs it, on a store: with its UI's API, daemon and code server, to be used and killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil

from algorhythms_assets.dagster_home import dagster_home
from algorhythms_assets_tests.conftest import ROOT

T = TypeVar("T")

_LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
_TERMINATE = "mutation ($id: String!) { terminateRun(runId: $id) { __typename } }"
_LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
_FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}


def until(look: Callable[[], T], what: str, seconds: float = 90) -> T:
    """Returns what `look` sees, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"no {what} within {seconds:.0f} s"
        time.sleep(0.2)
    return seen


class Dagster:
    """A running Dagster."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.log = log
        self._url = f"http://127.0.0.1:{port}/graphql"

    def launch(self, *assets: str, job: str = "__ASSET_JOB", **config: dict[str, Any]) -> str:
        """Launches a run from the UI; `config` is that of the assets. Returns its id."""
        selector = {
            "repositoryLocationName": "algorhythms_assets.definitions",
            "repositoryName": "__repository__",
            "jobName": job,
            **({"assetSelection": [{"path": [name]} for name in assets]} if assets else {}),
        }
        ops = {name: {"config": values} for name, values in config.items()}
        answer = self.ask(_LAUNCH, params={"selector": selector, "runConfigData": {"ops": ops} if ops else {}})
        assert answer["launchRun"]["__typename"] == "LaunchRunSuccess", answer
        return str(answer["launchRun"]["run"]["runId"])

    def status(self, run: str) -> str:
        return str(self.ask(_STATUS, id=run)["runOrError"]["status"])

    def ended(self, run: str, seconds: float = 120) -> str:
        """Waits until the run has ended; returns how."""
        return until(lambda: (status := self.status(run)) in _FINISHED and status, f"end of run {run}", seconds)

    def terminate(self, run: str) -> None:
        self.ask(_TERMINATE, id=run)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        with urlopen(Request(self._url, body, {"Content-Type": "application/json"}), timeout=30) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer
        return dict(answer["data"])

    def payload(self, module: str) -> psutil.Process:
        """Returns the process of a payload that Dagster started."""
        return until(lambda: next(iter(payloads(module, self.process.pid)), None), f"payload {module}")

    def run_worker(self, module: str) -> psutil.Process:
        """Returns the process of the run whose step runs the payload."""
        return self.payload(module).parent().parent()

    def kill(self) -> None:
        """Kills everything that belongs to it at once, as a reboot does."""
        dagster = psutil.Process(self.process.pid)
        end([dagster, *dagster.children(recursive=True)])
        self.process.wait()


def end(processes: list[psutil.Process]) -> None:
    """Kills processes, and waits until they are gone."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)


def payloads(module: str, of: int) -> list[psutil.Process]:
    """Returns the processes below another one that run a payload."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for process in psutil.Process(of).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.cmdline()[1:3] == ["-m", f"algorhythms_assets.{module}"]:
                    found.append(process)
    return found


@contextmanager
def running(store: Path, playlists: Path, log: Path, **settings: str) -> Iterator[Dagster]:
    """Runs Dagster on a store; what is left of it at the end is killed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dagster_home(store)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALGORHYTHMS_")} | {
        "ALGORHYTHMS_STORE": str(store),
        "ALGORHYTHMS_PLAYLISTS": str(playlists),
        "ALGORHYTHMS_FEATURES": "none",
        "ALGORHYTHMS_UI_PORT": str(port),
        "ALGORHYTHMS_RETRAIN_AFTER": "1000000",
        **{f"ALGORHYTHMS_{name}": value for name, value in settings.items()},
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "algorhythms_assets.operate.dev"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    dagster = Dagster(process, port, log)
    try:
        until(lambda: _is_loaded(dagster), "answer of Dagster", 120)
        yield dagster
    finally:
        if process.poll() is None:
            # A run goes on without its Dagster, by design: here nothing may be left.
            left = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            end([psutil.Process(process.pid), *left] if process.poll() is None else left)


def _is_loaded(dagster: Dagster) -> bool:
    assert dagster.process.poll() is None, dagster.log.read_text()[-3000:]
    try:
        return bool(dagster.ask(_LOADED)["repositoriesOrError"].get("nodes"))
    except (URLError, OSError, AssertionError):
        return False
