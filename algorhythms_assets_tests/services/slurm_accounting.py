"""A real Slurm with accounting: slurmdbd, and MariaDB on loopback with its files in the cluster's folder."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from algorhythms_assets_tests.services.slurm import (
    NODES,
    Cluster,
    free_ports,
    require_programs,
    require_slurm,
    running_cluster,
    user,
)

_PROGRAMS = ("slurmdbd", "mariadbd", "mariadb-install-db")

_DBD_CONF = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser={user}
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm_acct_db
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
"""


class AccountingCluster(Cluster):
    """A cluster that remembers what jobs used, whose controller forgets them at once."""

    def __init__(self, folder: Path) -> None:
        self._database_port, dbd = free_ports(2)
        storage = (
            "accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\n"
            f"AccountingStoragePort={dbd}\nAccountingStoragePass={folder}/munge/socket"
        )
        super().__init__(folder, min_job_age=2, storage=storage)
        self._password = secrets.token_hex()
        conf = folder / "slurmdbd.conf"
        conf.touch(0o600)
        values = {"dbd": dbd, "database": self._database_port, "password": self._password}
        conf.write_text(_DBD_CONF.format(folder=folder, user=user(), **values))

    def start(self) -> None:
        self._start_munge()
        self._start_database()
        self._start("slurmdbd", "slurmdbd", "-D")
        self._wait_for("sacctmgr", "--noheader", "show", "cluster")
        self.ask("sacctmgr", "-i", "add", "cluster", "test")
        self.start_controller()
        for name in NODES:
            self.start_node(name)
        self.wait_for_nodes()

    def _start_database(self) -> None:
        place = self.folder / "database"
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={place}", f"--user={user()}", "--skip-test-db"]
        subprocess.run(install, check=True, capture_output=True)
        begin = self.folder / "begin.sql"
        begin.touch(0o600)
        begin.write_text(
            f"CREATE USER IF NOT EXISTS slurm@'127.0.0.1' IDENTIFIED BY '{self._password}';\n"
            "GRANT ALL ON slurm_acct_db.* TO slurm@'127.0.0.1';\n"
        )
        options = {
            "datadir": place,
            "socket": self.folder / "database.socket",
            "pid-file": self.folder / "database.pid",
            "port": self._database_port,
            "bind-address": "127.0.0.1",
            "init-file": begin,
            "user": user(),
        }
        self._start("database", "mariadbd", "--no-defaults", *(f"--{name}={value}" for name, value in options.items()))
        deadline = time.monotonic() + 60
        while "ready for connections" not in (self.folder / "database.output").read_text():
            if time.monotonic() > deadline:
                pytest.fail((self.folder / "database.output").read_text()[-3000:])
            time.sleep(0.1)

    def _wait_for(self, *command: str) -> None:
        """Returns once the command succeeds."""
        environment = os.environ | {"SLURM_CONF": str(self.conf)}
        deadline = time.monotonic() + 60
        while subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                pytest.fail((self.folder / "slurmdbd.output").read_text()[-3000:])
            time.sleep(0.2)


@pytest.fixture(scope="module")
def accounting() -> Iterator[AccountingCluster]:
    """A cluster with accounting, which this process and all it starts have for theirs while the module's tests run."""
    require_slurm()
    require_programs("Slurm's accounting", _PROGRAMS)
    with running_cluster(AccountingCluster) as cluster:
        yield cluster
