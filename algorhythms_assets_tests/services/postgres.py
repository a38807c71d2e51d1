"""PostgreSQL: a cluster of its own in a folder, which can be stopped, killed and started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from algorhythms_assets_tests.services.left_out import require

# Where Debian keeps them, a folder a version, off the PATH.
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
PASSWORD = "correct%20horse"
_START_SECONDS = 60


class Postgres:
    """A server on loopback that keeps its port and its data when it is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "password").write_text(PASSWORD.replace("%20", " "))
        # It refuses to run as root.
        self._user: dict[str, str | int] = {}
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            self._user = {"user": owner.pw_uid, "group": owner.pw_gid}
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        made = ["initdb", "-D", "data", "-U", "dagster", "--auth=scram-sha-256", "--pwfile=password", "--no-sync"]
        self._run(*made)

    @property
    def url(self) -> str:
        """The address of its database, as the setting wants it."""
        return f"postgresql+psycopg2://dagster:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = ["-D", "data", "-p", str(self.port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("postgres"), *options, "-c", "fsync=off"],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **self._user,
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._ask("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)):
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it as a restart does, without waiting for those who are connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_SECONDS)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments], cwd=self._folder, capture_output=True, text=True, check=False, **self._user
        )
        assert done.returncode == 0, done.stderr

    def _ask(self, program: str, *arguments: str) -> int:
        return subprocess.run([_program(program), *arguments], check=False, cwd=self._folder).returncode


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Runs a server with an empty database."""
    require("PostgreSQL", None if _PROGRAMS else "`make services` installs it")
    # Not in pytest's folders, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="postgres") as folder:
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _program(name: str) -> str:
    return str(shutil.which(name, path=str(_PROGRAMS[-1])))
