"""Fetches what tests need and no root: Elasticsearch's jars and Lambda's emulator, once, where something can run them.

`make test` does so first. What cannot be fetched is said, and its tests are left out.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from algorhythms_assets_tests.services import elasticsearch, lambda_runtime

_MAVEN = "https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven/3.9.9/apache-maven-3.9.9-bin.tar.gz"
_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def main() -> int:
    """Returns 0 also where something could not be fetched: its tests say so."""
    if elasticsearch.java() is not None:
        _fetch("Elasticsearch's jars, 44 MB", elasticsearch.jars(), _jars)
    if lambda_runtime.ARCHITECTURE and sys.platform == "linux":
        _fetch("Lambda's emulator, 20 MB", lambda_runtime.place(), _emulator)
    return 0


def _fetch(what: str, place: Path, fetch: Callable[[Path], None]) -> None:
    """Fills a folder, which is there whole or not at all."""
    if place.is_dir():
        return
    print(f"Fetching {what}, into {place}", flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Renamed, it is not there to be removed.
    with tempfile.TemporaryDirectory(dir=place.parent, ignore_cleanup_errors=True) as folder:
        try:
            fetch(Path(folder))
            Path(folder).rename(place)
        except subprocess.CalledProcessError as error:
            print(f"  could not be fetched: {error}\n{error.stderr}", file=sys.stderr)
        except (OSError, httpx.HTTPError) as error:
            print(f"  could not be fetched: {error}", file=sys.stderr)


def _run(command: Sequence[str | Path], **environment: str) -> None:
    subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True)


def _jars(folder: Path) -> None:
    java = elasticsearch.java()
    assert java is not None
    with tempfile.TemporaryDirectory() as temporary:
        maven = shutil.which("mvn") or _maven(Path(temporary))
        command = [maven, "--quiet", "--batch-mode", "--file", str(elasticsearch.POM), _DEPENDENCIES]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
        _run(command, JAVA_HOME=str(java.parent))


def _maven(folder: Path) -> str:
    """Maven itself, where there is none."""
    packed = httpx.get(_MAVEN, follow_redirects=True, timeout=60).raise_for_status().content
    told = httpx.get(f"{_MAVEN}.sha512", follow_redirects=True, timeout=60).raise_for_status().text.split()[0]
    if hashlib.sha512(packed).hexdigest() != told:
        raise OSError(f"{_MAVEN} does not have the checksum that is given for it")
    archive = folder / "maven.tar.gz"
    archive.write_bytes(packed)
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    [program] = folder.glob("*/bin/mvn")
    return str(program)


def _emulator(folder: Path) -> None:
    """What Lambda's own images have: the emulator of its runtime interface, its client, boto3."""
    with tempfile.TemporaryDirectory() as temporary:
        # The wheel of AWS SAM alone: what it depends on would get in the way of everything else.
        wanted = ["--no-deps", "--dest", temporary, f"aws-sam-cli=={lambda_runtime.SAM}"]
        _run([*_PIP, "download", *wanted])
        [wheel] = Path(temporary).glob("*.whl")
        with zipfile.ZipFile(wheel) as content:
            names = [name for name in content.namelist() if name.startswith("samcli/local/rapid/aws-lambda-rie-")]
            content.extractall(temporary, names)
        shutil.move(Path(temporary) / "samcli" / "local" / "rapid", folder / "emulator")
    for program in (folder / "emulator").iterdir():
        program.chmod(0o755)
    client = ["--constraint", "constraints.txt", "--target", str(folder / "python")]
    _run([*_PIP, "install", *client, f"awslambdaric=={lambda_runtime.CLIENT}", "boto3"])


if __name__ == "__main__":
    raise SystemExit(main())
