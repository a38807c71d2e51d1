"""Reports what this machine has, what that enables, and what is wrong with the settings.

`python -m algorhythms_assets.operate.doctor`; it changes nothing, and exits with 1 if something is wrong.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from algorhythms_assets.ingest.slices import find_slices
from algorhythms_assets.plan import chosen
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.resources.engine import machine_gb
from algorhythms_assets.resources.index.ready import UnreachableError, require_ready
from algorhythms_assets.resources.request import TRAINING
from algorhythms_assets.resources.s3 import s3_client
from algorhythms_assets.resources.spark.engine import require_java
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import AlertSettings, FeatureSettings, Settings, SlurmSettings, is_url

OK, ABSENT, WRONG = "ok", "absent", "WRONG"

# What each thing enables, in the order of the report; docs/doctor.md has the same table.
ENABLES = {
    "Python": "everything; 3.11 or newer",
    "memory": f"training: {TRAINING.base:g} GB, plus {TRAINING.per_million_tracks:g} GB per million tracks",
    "disk": "the store: 36 GB for a million playlists",
    "settings": "what is set in the environment or in .env",
    "config": "settings of training, graph, index and evaluation for every run",
    "alerts": "failed runs and checks reported to a webhook",
    "playlists": "a model of your own taste, instead of the generated sample's",
    "features": "placing songs that are in no playlist by their sound",
    "GPU": "faster training, if torch finds it",
    "Node": "`make page`: the web page; 20.19 or newer",
    "Java": "ALGORHYTHMS_ENGINE with a Spark master",
    "Slurm": "ALGORHYTHMS_DEPLOYMENT=slurm",
    "Elasticsearch": "ALGORHYTHMS_INDEX with its URL: more vectors than fit into one machine's memory",
    "PostgreSQL": "ALGORHYTHMS_POSTGRES_URL: Dagster's history where several people or a cluster use a store",
    "S3": "ALGORHYTHMS_RELEASES=bucket: releases that the function on AWS serves",
}
_LEAST_DISK_GB = 1
_LEAST_NODE = (20, 19)
_SECONDS = 20


@dataclass(frozen=True)
class Finding:
    """The result for one thing: its state, and a description of what there is or what is wrong."""

    name: str
    state: str
    found: str


def examine(environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Returns the findings in the order of `ENABLES`; a thing with several faults has several."""
    findings = [*_machine(), *_unknown(environment)]
    settings: Settings | None = None
    for kind in (Settings, FeatureSettings, SlurmSettings, AlertSettings):
        try:
            read = kind.read()
        except InputError as error:
            findings += [Finding("settings", WRONG, line) for line in str(error).splitlines()]
        else:
            settings = read if isinstance(read, Settings) else settings
            if isinstance(read, AlertSettings):
                findings.append(_alerts(read))
    if settings is not None:
        findings += _chosen(settings)
        if not any(finding.name == "settings" for finding in findings):
            names = sorted(settings.model_fields_set)
            findings.append(Finding("settings", OK, f"set: {', '.join(names)}" if names else "all defaults"))
    order = list(ENABLES)
    return sorted(findings, key=lambda finding: order.index(finding.name))


def _machine() -> Iterator[Finding]:
    version = sys.version.partition(" ")[0]
    yield Finding("Python", OK if sys.version_info >= (3, 11) else WRONG, version)
    memory = machine_gb()
    tracks = max(0.0, (memory - TRAINING.base) / TRAINING.per_million_tracks)
    yield Finding(
        "memory", OK, f"{memory:.0f} GB, {os.cpu_count()} cores: can train on about {tracks:.1f} million tracks"
    )
    yield _program("GPU", "nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
    yield _node()


def _node() -> Finding:
    found = _program("Node", "node", "--version")
    version = re.match(r"v(\d+)\.(\d+)", found.found)
    if version and tuple(map(int, version.groups())) < _LEAST_NODE:
        return Finding("Node", ABSENT, f"{found.found}, which is too old")
    return found


def _program(name: str, program: str, *arguments: str) -> Finding:
    """Returns the output of a program, or that it is missing."""
    place = shutil.which(program)
    if place is None:
        return Finding(name, ABSENT, f"no {program} on the PATH")
    try:
        done = subprocess.run([place, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name, ABSENT, f"{program} does not answer: {type(error).__name__}")
    return Finding(name, OK, "; ".join(done.stdout.split("\n")).strip("; "))


def _unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yields variables that look like settings but are not: a misspelt setting is silently ignored."""
    known = {
        f"{kind.model_config['env_prefix']}{name}".upper()
        for kind in (Settings, FeatureSettings, SlurmSettings, AlertSettings)
        for name in kind.model_fields
    }
    for name in sorted(environment):
        if name.startswith("ALGORHYTHMS_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            yield Finding("settings", WRONG, f"{name} is not a setting{f'; did you mean {near[0]}?' if near else ''}")


def _chosen(settings: Settings) -> Iterator[Finding]:
    yield _disk(settings.store)
    yield _config(settings)
    yield _playlists(settings)
    yield _features(settings)
    yield _needed("Java", _java, settings.engine != "duckdb")
    yield _needed("Slurm", _slurm, settings.deployment == "slurm")
    if settings.index == "embedded":
        yield Finding("Elasticsearch", ABSENT, "not used: the index is embedded")
    else:
        yield _needed("Elasticsearch", lambda: f"{settings.index}, version {require_ready()}", needed=True)
    if settings.postgres_url is None:
        yield Finding("PostgreSQL", ABSENT, "not used: Dagster's history is in the store")
    else:
        url = settings.postgres_url.get_secret_value()
        yield _needed("PostgreSQL", lambda: _postgres(url), needed=True)
    if settings.releases == "bucket":
        yield _needed("S3", _bucket, needed=True)
    else:
        yield Finding("S3", ABSENT, "not used: releases stay in the store")


def _needed(name: str, look: Callable[[], str], needed: bool) -> Finding:
    """Returns the result of `look`; a failure is wrong only if the settings need the thing."""
    try:
        return Finding(name, OK, look())
    except (InputError, UnreachableError) as error:
        return Finding(name, WRONG if needed else ABSENT, str(error))


def _java() -> str:
    require_java()
    return os.environ.get("JAVA_HOME") or str(shutil.which("java"))


def _slurm() -> str:
    place = shutil.which("sbatch")
    if place is None:
        raise InputError("no sbatch on the PATH")
    return place


def _postgres(url: str) -> str:
    if find_spec("psycopg2") is None:
        raise InputError("dagster-postgres is not installed: .venv/bin/pip install -c constraints.txt '.[postgres]'")
    import psycopg2

    try:
        connection = psycopg2.connect(url.replace("+psycopg2", "", 1), connect_timeout=_SECONDS)
    except psycopg2.Error as error:
        raise InputError(str(error).strip()) from None
    with closing(connection):
        major, minor = divmod(connection.server_version, 10_000)
    return f"version {major}.{minor}"


def _bucket() -> str:
    bucket = Bucket(s3_client())
    current = bucket.current()
    return f"{bucket.name} serves {current['version'] if current else 'nothing yet'}"


def _disk(store: Path) -> Finding:
    place = next(path for path in (store.absolute(), *store.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    told = f"{free:.0f} GB free for the store {store}"
    if not os.access(place, os.W_OK | os.X_OK) or not place.is_dir():
        return Finding("disk", WRONG, f"{place} cannot be written, so the store {store} cannot be created")
    return Finding("disk", OK if free >= _LEAST_DISK_GB else WRONG, told)


def _alerts(settings: AlertSettings) -> Finding:
    if settings.url is None:
        return Finding("alerts", ABSENT, "not set: failures are only shown in Dagster's UI")
    # Only the host: the rest is the secret.
    return Finding("alerts", OK, f"to {urlsplit(settings.url.get_secret_value()).hostname}")


def _config(settings: Settings) -> Finding:
    if settings.config is None:
        return Finding("config", ABSENT, "not set: every asset has its defaults")
    try:
        configs = chosen(settings)
    except InputError as error:
        return Finding("config", WRONG, str(error))
    told = [
        f"{asset} {field} {getattr(config, field)}"
        for asset, config in configs.items()
        for field in sorted(config.model_fields_set)
    ]
    return Finding("config", OK, f"{settings.config}: {', '.join(told) or 'says nothing'}")


def _playlists(settings: Settings) -> Finding:
    if settings.playlists is None:
        return Finding("playlists", ABSENT, "not set: `make demo` generates a sample")
    try:
        files = find_slices(settings.slices).files
    except InputError as error:
        return Finding("playlists", WRONG, str(error))
    return Finding("playlists", OK if files else WRONG, f"{len(files)} files in {settings.slices}")


def _features(settings: Settings) -> Finding:
    source = settings.feature_source
    if source == "none" or settings.features is None:
        return Finding("features", ABSENT, "not set: everything else works")
    if is_url(source) or source == "spotify":
        return Finding("features", OK, f"{source}, used when audio_features is materialized")
    return Finding("features", OK if Path(source).is_file() else WRONG, f"{source}{_no_file(source)}")


def _no_file(source: str) -> str:
    return "" if Path(source).is_file() else " is not a file"


def text(findings: list[Finding]) -> str:
    """Returns the findings as text for a person."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:7} {finding.name:14} {finding.found}")
        if finding.state != OK:
            lines.append(f"{'':23}enables {ENABLES[finding.name]}")
    return "\n".join(lines)


def main() -> int:
    """Prints the findings; returns the exit code."""
    findings = examine()
    print(text(findings))
    wrong = sum(finding.state == WRONG for finding in findings)
    print(f"\n{wrong} to fix." if wrong else "\nNothing is wrong. What is absent is optional.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
