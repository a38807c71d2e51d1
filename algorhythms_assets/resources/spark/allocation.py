"""Runs a payload on Spark within a Slurm job of several nodes.

`python -m algorhythms_assets.resources.spark.allocation MODULE` runs on the first node, where Slurm starts the job's
script: with a master there, a worker on every node, and the payload as driver. Everything ends with the payload.
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster_pipes

from algorhythms_assets.resources.engine import cores, machine_gb, memory_mb
from algorhythms_assets.resources.spark.engine import LOGGING, require_java
from algorhythms_assets.resources.store import InputError

JOB_FOLDER = "ALGORHYTHMS_JOB_FOLDER"

# Memory for everything else: the launcher, the master, the worker, Slurm itself.
_RESERVED_MB = 1024
# Spark does not start with less.
_LEAST_HEAP_MB = 512
_START_SECONDS = 120
_STOP_SECONDS = 10


def main(arguments: list[str]) -> int:
    """Returns the exit code of the payload, or of a node's worker."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if arguments[0] == "--worker":
        return _work(*arguments[1:])
    try:
        with _cluster(Path(os.environ[JOB_FOLDER])) as environment:
            command = [sys.executable, "-m", *arguments]
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 (our own payload)
    except (InputError, OSError) as problem:
        with dagster_pipes.open_dagster_pipes() as pipes:
            pipes.report_custom_message({"failed": f"Spark did not start in the job: {problem}"})
        return 1


@contextmanager
def _cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Starts a cluster on the job's nodes; gives the environment of its driver.

    Raises:
        InputError: it does not start; the message ends with Spark's.
    """
    require_java()
    nodes = _addresses()
    first = next(iter(nodes.values()))
    heap = f"{_heap_mb()}m"
    conf, log = folder / "spark", folder / "spark-master.log"
    with ExitStack() as stack:
        # The folder has the secret; every node can read it, but only as this user.
        stack.callback(shutil.rmtree, conf, ignore_errors=True)
        conf.mkdir(mode=0o700)
        settings = {
            "spark.authenticate": "true",
            "spark.authenticate.secret": secrets.token_hex(32),
            "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING}",
            "spark.driver.host": first,
            "spark.driver.memory": heap,
            "spark.executor.memory": heap,
            "spark.master.rest.enabled": "false",
            "spark.ui.enabled": "false",
            "spark.ui.killEnabled": "false",
        }
        _write(conf, settings)
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="spark-", ignore_cleanup_errors=True))
        environment = _environment(first, scratch) | {"SPARK_CONF_DIR": str(conf)}
        master = _start(stack, [*_daemon("master.Master"), *_at(first)], environment, log)
        url = _said(log, r"Starting Spark master at (spark://\S+)", 1, {"the master": master})[0]
        workers = {}
        for node, address in nodes.items():
            # Slurm limits a step to what it requests, and does not pass it the script's variables.
            step = ["srun", "--overlap", "--nodes=1", "--ntasks=1", f"--nodelist={node}", "--mem=0"]
            step += [f"--cpus-per-task={cores()}", "--export=ALL", sys.executable, "-m", _name()]
            output = folder / f"spark-worker-{node}.log"
            workers[node] = _start(stack, [*step, "--worker", url, address, heap], environment, output)
        _said(log, r"Registering worker (\S+)", len(nodes), workers)
        _write(conf, settings | {"spark.master": url})
        yield environment


def _work(url: str, address: str, heap: str) -> int:
    """Runs this node's worker, with its files on the node's own disk."""
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="spark-", ignore_cleanup_errors=True))
        command = [*_daemon("worker.Worker"), *_at(address), "--cores", str(cores()), "--memory", heap]
        command += ["--work-dir", scratch, url]
        return _start(stack, command, os.environ | _environment(address, scratch)).wait()


def _addresses() -> dict[str, str]:
    """Returns the address of each node of the job, by which the nodes reach each other."""
    names = _scontrol("hostnames", os.environ["SLURM_JOB_NODELIST"]).split()
    told = {name: re.search(r"\bNodeAddr=(\S+)", _scontrol("node", name, "--oneliner")) for name in names}
    return {name: found[1] if found else name for name, found in told.items()}


def _scontrol(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603 (without a shell)
        ["scontrol", "show", *arguments],  # noqa: S607 (where it lies is the cluster's business)
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _heap_mb() -> int:
    """Returns the memory of a JVM. A third is the driver's, a third the executor's, a third is for Python."""
    heap = ((memory_mb() or int(machine_gb() * 1e9) // 2**20) - _RESERVED_MB) // 3
    if heap < _LEAST_HEAP_MB:
        least = (_RESERVED_MB + 3 * _LEAST_HEAP_MB) / 1024
        raise InputError(f"it needs {least:.1f} GB a node: request more memory_gb")
    return heap


def _environment(address: str, scratch: str) -> dict[str, str]:
    """Returns the environment of Spark's processes on a node. They listen on the one address."""
    return os.environ | {
        "SPARK_HOME": str(_home()),
        "SPARK_LOCAL_IP": address,
        "SPARK_LOCAL_DIRS": scratch,
        "PYSPARK_PYTHON": sys.executable,
    }


def _home() -> Path:
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise InputError("there is no pyspark in the virtual environment")
    return Path(found.origin).parent


def _name() -> str:
    return __spec__.name


def _daemon(name: str) -> list[str]:
    return [str(_home() / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]


def _at(address: str) -> list[str]:
    return ["--host", address, "--port", "0", "--webui-port", "0"]


def _write(conf: Path, settings: Mapping[str, str]) -> None:
    file = conf / "spark-defaults.conf"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")


def _start(
    stack: ExitStack, command: list[str], environment: Mapping[str, str], log: Path | None = None
) -> subprocess.Popen[Any]:
    """Starts a process that ends when the exit stack does."""
    output = stack.enter_context(log.open("wb")) if log else None
    process = subprocess.Popen(  # noqa: S603 (without a shell)
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT if log else None, env=environment
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _said(log: Path, pattern: str, times: int, by: Mapping[str, subprocess.Popen[Any]]) -> list[str]:
    """Waits until a log has the pattern `times` times; returns the matches.

    Raises:
        InputError: it does not; the message says which process ended, and where its log is.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        found = re.findall(pattern, log.read_text(errors="replace", encoding="utf-8"))
        if len(found) >= times:
            return found
        ended = [name for name, process in by.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            what = f"{ended[0]} ended" if ended else f"after {_START_SECONDS} s there are {len(found)} of {times}"
            raise InputError(f"{what}; its logs are {log.parent}/spark-*.log")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
