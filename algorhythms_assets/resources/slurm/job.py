"""The folder of a job on the shared file system: its script, its output, and who follows it."""

import json
import os
import re
import shlex
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from algorhythms_assets.resources.processes import process_started
from algorhythms_assets.resources.store import write_json

_WORK, _FOLLOWER, _FOLLOWED, _JOB, _EXIT, _TIMES, _ENDED = (
    "work.json",
    "follower.json",
    "followed",
    "job",
    "exit",
    "times",
    "ended.json",
)
_GONE_SECONDS = 60

# Slurm ends a job with SIGTERM. Without a trap, bash would leave the exit code of the command before the payload, which
# succeeded. Files are written under another name and renamed, so that no reader sees a partial number.
_SCRIPT = """\
#!/bin/bash
export ALGORHYTHMS_JOB_FOLDER={folder}
folder="$ALGORHYTHMS_JOB_FOLDER"
ended() {{
  code=$?
  times > "$folder/times"
  printf '%s\\n' "$code" > "$folder/.exit" && mv -f "$folder/.exit" "$folder/exit"
}}
trap ended EXIT
trap 'exit 143' TERM
printf '%s\\n' "$SLURM_JOB_ID" > "$folder/.job" && mv -f "$folder/.job" "$folder/job"
# Libraries start a thread for each core they see, and many a cluster shows them all of the node's.
for name in OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS NUMBA_NUM_THREADS; do
  export "$name=${{!name:-${{SLURM_CPUS_PER_TASK:-1}}}}"
done
{exports}
{setup}
{command}
"""


@dataclass(frozen=True)
class Work:
    """What a job is for. Jobs with one digest do the same work; those of one asset and scope share an output."""

    asset: str
    run: str
    root_run: str
    digest: str
    scope: str


@dataclass(frozen=True)
class JobFolder:
    """One job's folder; only its owner may read it, because its script may contain secrets."""

    path: Path

    @property
    def messages(self) -> Path:
        """The file in which the payload reports."""
        return self.path / "messages.jsonl"

    @property
    def context(self) -> Path:
        """Dagster's context for the payload."""
        return self.path / "context.json"

    @property
    def log(self) -> Path:
        """The job's output."""
        return self.path / "log"

    @property
    def script(self) -> Path:
        """The batch script."""
        return self.path / "job.sh"

    @property
    def name(self) -> str:
        """The job's unique name, by which it can be found if its id was never received."""
        return f"{self.path.parent.name}-{self.path.name}"

    @property
    def work(self) -> Work:
        """What the job is for."""
        return Work(**json.loads((self.path / _WORK).read_text(encoding="utf-8")))

    @property
    def run(self) -> str:
        """The Dagster run that follows the job, or was the last to follow it."""
        return str(self._follower["run"])

    @property
    def job(self) -> str | None:
        """The job's id, from sbatch or written by the job itself; None if it may never have been accepted."""
        return _text(self.path / _JOB)

    def submitted_as(self, job: str) -> None:
        """Stores the job's id."""
        temporary = self.path / f".{_JOB}.submitted"
        temporary.write_text(f"{job}\n", encoding="utf-8")
        temporary.replace(self.path / _JOB)

    @property
    def exit_code(self) -> int | None:
        """The script's exit code; None if it has not ended, or could not write it."""
        text = _text(self.path / _EXIT)
        return int(text) if text and text.isdigit() else None

    @property
    def cpu_seconds(self) -> float | None:
        """The payload's CPU time, as counted by the script's shell."""
        lines = (_text(self.path / _TIMES) or "").splitlines()
        found = re.findall(r"(\d+)m(\d+(?:[.,]\d+)?)s", lines[-1]) if lines else []
        return sum(int(minutes) * 60 + float(seconds.replace(",", ".")) for minutes, seconds in found) or None

    @property
    def is_ended(self) -> bool:
        """Tells whether the job's end was observed."""
        return (self.path / _ENDED).is_file()

    def end(self, state: Mapping[str, Any]) -> None:
        """Records that the job's end was observed, so no run has to reattach to it."""
        write_json(self.path / _ENDED, state)

    def taken_by(self, run: str) -> None:
        """Records that this process now follows the job for a run."""
        process = os.getpid()
        follower = {
            "run": run,
            "host": socket.gethostname(),
            "process": process,
            "started": process_started(process),
        }
        write_json(self.path / _FOLLOWER, follower)
        self.follow()

    def follow(self) -> None:
        """Records that the job is still followed."""
        (self.path / _FOLLOWED).touch()

    @property
    def is_followed(self) -> bool:
        """Tells whether a process follows the job, as far as can be known."""
        follower = self._follower
        if follower["host"] == socket.gethostname():
            return bool(process_started(follower["process"]) == follower["started"])
        try:
            return time.time() - (self.path / _FOLLOWED).stat().st_mtime < _GONE_SECONDS
        except FileNotFoundError:
            return False

    @property
    def _follower(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.path / _FOLLOWER).read_text(encoding="utf-8"))
        return content

    def last_lines(self, count: int) -> str:
        """Returns the end of the job's output."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - count * 400))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
        except FileNotFoundError:
            return ""

    def write_script(self, command: Sequence[str], exports: Mapping[str, str], setup: str) -> None:
        """Writes the batch script. `setup` is shell; everything else is quoted for it."""
        text = _SCRIPT.format(
            folder=shlex.quote(str(self.path)),
            exports="\n".join(f"export {name}={shlex.quote(value)}" for name, value in exports.items()),
            setup=setup,
            command=shlex.join(command),
        )
        self.script.write_bytes(text.encode(errors="surrogateescape"))


def new_folder(run_dir: Path, work: Work) -> JobFolder:
    """Creates the folder of a job to be submitted.

    Raises:
        OSError: it cannot be written.
    """
    place = run_dir / work.asset
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = JobFolder(Path(tempfile.mkdtemp(prefix=f"{work.run[:8]}-", dir=place)))
    folder.taken_by(work.run)
    write_json(folder.path / _WORK, asdict(work))
    return folder


def folders(run_dir: Path, asset: str = "*") -> list[JobFolder]:
    """Returns the folders of all jobs, or of an asset's jobs, newest first."""
    found = {path.parent: path.stat().st_mtime_ns for path in run_dir.glob(f"{asset}/*/{_WORK}")}
    return [JobFolder(path) for path in sorted(found, key=lambda path: found[path], reverse=True)]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
