"""A real Slurm on loopback: munge, a controller and three nodes, with files in one temporary folder."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from algorhythms_assets_tests.services.left_out import require

NODES = ("node1", "node2", "node3")
# No job but those of the test that kills it is on this one.
FRAGILE = "node3"
_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
_START_SECONDS = 60
_STOP_SECONDS = 10

# Nodes claim more than there is, so that jobs that wait for something wait beside each other. Slurm looks every
# minute or so for what a test wants to see within seconds.
_CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType={storage}
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=2
DefMemPerCPU=500
ReturnToService=2
MinJobAge={min_job_age}
KillWait=2
SlurmdTimeout=10
MessageTimeout=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
{nodes}
PartitionName=standard Nodes=node[1-2] Default=YES MaxTime=INFINITE
PartitionName=short Nodes=node[1-2] MaxTime=10
PartitionName=fragile Nodes=node3 MaxTime=INFINITE
PartitionName=low Nodes=node3 MaxTime=INFINITE PriorityTier=1 PreemptMode=CANCEL
PartitionName=high Nodes=node3 MaxTime=INFINITE PriorityTier=2
"""


C = TypeVar("C", bound="Cluster")


class Cluster:
    """A controller and nodes that can be killed and started again one by one."""

    def __init__(
        self,
        folder: Path,
        min_job_age: int = 60,
        storage: str = "accounting_storage/none",
        node_memory_mb: int = 64_000,
    ) -> None:
        self.folder = folder
        self.conf = folder / "slurm.conf"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        host = socket.gethostname()
        controller, *ports = free_ports(1 + len(NODES))
        nodes = (
            f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=8 RealMemory={node_memory_mb}"
            for name, port in zip(NODES, ports, strict=True)
        )
        for made in ("munge", "state", "spool"):
            (folder / made).mkdir()
        key = folder / "munge" / "key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(1024))
        self.conf.write_text(
            _CONF.format(
                host=host,
                controller=controller,
                user=user(),
                folder=folder,
                storage=storage,
                min_job_age=min_job_age,
                nodes="\n".join(nodes),
            )
        )

    def start(self) -> None:
        self._start_munge()
        self.start_controller()
        for name in NODES:
            self.start_node(name)
        self.wait_for_nodes()

    def start_controller(self) -> None:
        self._start("slurmctld", "slurmctld", "-D", "-f", str(self.conf))

    def start_node(self, name: str) -> None:
        self._start(name, "slurmd", "-D", "-N", name, "-f", str(self.conf))

    def wait_for_nodes(self) -> None:
        """Returns once every node takes jobs."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            states = self.ask("sinfo", "--noheader", "--Node", "--format=%N %t").split("\n")
            if {tuple(line.split()) for line in states if line} >= {(name, "idle") for name in NODES}:
                return
            time.sleep(0.2)
        logs = "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))
        pytest.fail(f"Slurm did not start:\n{logs[-5000:]}")

    def kill(self, name: str) -> None:
        """Kills a daemon as a power cut does."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Ends every daemon, the last one first, and what jobs of theirs are left."""
        while self._processes:
            _, process = self._processes.popitem()
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in [*self.step_daemons(), *processes_with(f"SLURM_CONF={self.conf}", "SLURM_JOB_ID=")]:
            os.kill(pid, signal.SIGKILL)

    def step_daemons(self, node: str = "") -> list[int]:
        """The process ids of what watches over jobs, of a node or of all: they outlive the node's own daemon."""
        log = str(self.folder / node)
        processes = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [int(entry.name) for entry in processes if _is_step_daemon(entry, log)]

    def has_saved(self, job: str) -> bool:
        """Tells whether a controller that is killed now will know of the job again: it writes every few seconds."""
        state = self.folder / "state" / "job_state"
        name = self.ask("squeue", "--noheader", "--format=%j", f"--jobs={job}").strip()
        return state.is_file() and name.encode() in state.read_bytes()

    def ask(self, *command: str) -> str:
        """What a command of Slurm prints."""
        environment = os.environ | {"SLURM_CONF": str(self.conf)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout

    def _start_munge(self) -> None:
        own = self.folder / "munge"
        options = {"socket": "socket", "key-file": "key", "log-file": "log", "pid-file": "pid", "seed-file": "seed"}
        self._start("munge", "munged", "--foreground", *(f"--{name}={own / file}" for name, file in options.items()))
        while not (own / "socket").is_socket():
            if self._processes["munge"].poll() is not None:
                pytest.fail(f"munge did not start:\n{(self.folder / 'munge.output').read_text()}")
            time.sleep(0.05)

    def _start(self, name: str, *command: str) -> None:
        environment = os.environ | {"SLURM_CONF": str(self.conf)}
        with (self.folder / f"{name}.output").open("ab") as output:
            self._processes[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
            )


def require_slurm() -> None:
    """Fails without Slurm where everything has to be there, and skips the test elsewhere."""
    # Daemons lie in /usr/sbin, which a user's PATH may leave out.
    os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    require_programs("Slurm", _PROGRAMS)


def require_programs(service: str, programs: Sequence[str]) -> None:
    """Fails or skips in the same way without these programs."""
    lacking = [program for program in programs if not shutil.which(program)]
    require(service, f"there is no {', '.join(lacking)}, `make services` installs it" if lacking else None)


@pytest.fixture(scope="session")
def slurm() -> Iterator[Cluster]:
    """A cluster without accounting, which this process and all it starts have for theirs."""
    require_slurm()
    with running_cluster(Cluster) as cluster:
        yield cluster


@contextmanager
def running_cluster(make: Callable[[Path], C]) -> Iterator[C]:
    """A cluster in a temporary folder, which this process and all it starts have for theirs until the block ends."""
    # Munge wants a socket that everybody may reach, which pytest's temporary folders are not.
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)
        cluster = make(Path(folder))
        patch.setenv("SLURM_CONF", str(cluster.conf))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


def processes_with(*variables: str) -> list[int]:
    """The processes whose environment has the variables: NAME=value, or NAME= for any value."""
    found = []
    for entry in filter(lambda entry: entry.name.isdigit(), Path("/proc").iterdir()):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        known = {*environment, *(each.partition(b"=")[0] + b"=" for each in environment)}
        if known.issuperset(variable.encode() for variable in variables):
            found.append(int(entry.name))
    return found


def user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _is_step_daemon(entry: Path, log: str) -> bool:
    """Tells by its title and by the log of its node, which it writes to."""
    try:
        return (entry / "cmdline").read_bytes().startswith(b"slurmstepd") and any(
            str(link.readlink()).startswith(log) for link in (entry / "fd").iterdir()
        )
    except OSError:
        return False
