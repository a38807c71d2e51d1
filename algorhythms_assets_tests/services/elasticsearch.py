"""Real Elasticsearch: a node of its own, out of the jars that `make services` fetches."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from algorhythms_assets_tests.services.left_out import require

_NODE = Path(__file__).parent / "node"
POM = _NODE / "pom.xml"
_START_SECONDS = 90
_OLDEST_JAVA = 21


class Node:
    """One node on loopback, which keeps its port and its data when it is killed and started again."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command = command
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        log = self._folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*self._command, str(self._folder), str(self._port)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not (found := re.search(r"^http://127\.0\.0\.1:(\d+)$", log.read_text(), re.MULTILINE)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"Elasticsearch did not start:\n{log.read_text()}")
            time.sleep(0.1)
        self._port = int(found[1])
        httpx.get(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=60s", timeout=70).raise_for_status()

    def kill(self) -> None:
        """Ends it at once, as a machine that fails does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def halted(self) -> Iterator[None]:
        """It neither answers nor hangs up meanwhile."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


def missing() -> str | None:
    """Returns what a node lacks here, or None."""
    if java() is None:
        return f"there is no JDK of version {_OLDEST_JAVA} or newer, `make services` installs one"
    if not jars().is_dir():
        return f"its jars are not in {jars()}, `make services` fetches them"
    return None


@contextmanager
def running_node(folder: Path, heap: str = "1g") -> Iterator[Node]:
    """Compiles the launcher and runs a node with its data in the folder."""
    require("Elasticsearch", missing())
    programs = java()
    assert programs is not None
    path, classes = f"{jars()}/*", folder / "classes"
    sources = map(str, _NODE.rglob("*.java"))
    subprocess.run([programs / "javac", "-nowarn", "-cp", path, "-d", classes, *sources], check=True)
    options = [f"-Xms{heap}", f"-Xmx{heap}", "--add-modules", "jdk.incubator.vector", "-XX:+UseSerialGC"]
    options += ["--enable-native-access=ALL-UNNAMED", "-cp", f"{classes}:{path}"]
    node = Node([str(programs / "java"), *options, "org.elasticsearch.node.SingleNode"], folder)
    try:
        node.start()
        yield node
    finally:
        node.kill()


@pytest.fixture(scope="session")
def elasticsearch_node() -> Iterator[Node]:
    """A node that all tests share: each names its indices for itself."""
    # Not in pytest's folders, which keep what the last runs left: its data may be large.
    with tempfile.TemporaryDirectory(prefix="elasticsearch") as folder, running_node(Path(folder)) as node:
        yield node


def jars() -> Path:
    """Returns where the jars are, or are put."""
    [version] = re.findall(r"<elasticsearch>(.+)</elasticsearch>", POM.read_text())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "algorhythms" / f"elasticsearch-{version}"


def java() -> Path | None:
    """Returns the folder of the programs of the newest JDK: JAVA_HOME's, or one that lies beside the `java` on PATH."""
    homes = [Path(home) for home in [os.environ.get("JAVA_HOME")] if home]
    if program := shutil.which("java"):
        homes += Path(program).resolve().parents[2].glob("*")
    found: dict[int, Path] = {}
    for home in homes:
        if (home / "bin" / "javac").is_file():
            told = subprocess.run([home / "bin" / "javac", "-version"], capture_output=True, text=True, check=False)
            version = re.search(r"javac (\d+)", told.stdout + told.stderr)
            if version:
                found[int(version[1])] = home / "bin"
    newest = max(found, default=0)
    return found[newest] if newest >= _OLDEST_JAVA else None
