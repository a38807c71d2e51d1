"""The files in deploy/: units, a proxy's configuration and a container file that do what docs/serving.md says."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from algorhythms_assets.demo import serving
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.left_out import require
from algorhythms_assets_tests.services.nginx import (
    PASSWORD,
    USER,
    free_port,
    make_certificate,
    running_config,
    set_password,
)

DEPLOY = ROOT / "deploy"
SONGS = {"count": 2, "songs": [{"name": "a song", "artist": "somebody"}]}

# What Debian's /etc/nginx/nginx.conf has around the files of conf.d.
AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {config}
}}
"""


def test_the_proxy_passes_requests_limits_each_client_and_asks_who_wants_dagster(demo, tmp_path):
    certificate, port = make_certificate(tmp_path), free_port()
    set_password(tmp_path, PASSWORD)
    with serving(demo.store.root) as url:
        config = (DEPLOY / "nginx.conf").read_text()
        for written, here in {
            "listen 443": f"listen 127.0.0.1:{port}",
            "/etc/ssl/playlists.example.pem": str(certificate),
            "/etc/ssl/private/playlists.example.key": str(tmp_path / "key.pem"),
            "/etc/nginx/dagster.users": str(tmp_path / "users"),
            "127.0.0.1:8000": url.removeprefix("http://"),
            # Whoever stands behind it: it is about the password.
            "127.0.0.1:3000": url.removeprefix("http://"),
        }.items():
            assert written in config
            config = config.replace(written, here)
        trusted = ssl.create_default_context(cafile=str(certificate))
        with (
            running_config(AROUND.format(folder=tmp_path, config=config), tmp_path, port),
            httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trusted) as client,
        ):
            answer = client.post("/recommendations", json=SONGS, headers={"X-Request-Id": "mine"})
            assert len(answer.json()["recommendation_nodes"]) == 2
            assert answer.headers["x-request-id"] == "mine"
            assert client.post("/recommendations", content=b"x" * (1 << 20) + b"y").status_code == 413
            dagster = {"Host": "dagster.playlists.example"}
            assert client.get("/health", headers=dagster).status_code == 401
            assert client.get("/health", headers=dagster, auth=(USER, PASSWORD)).status_code == 200
            codes = [client.get("/health/live").status_code for _ in range(120)]
            assert set(codes) == {200, 429}
            time.sleep(0.5)
            assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize("name", ["algorhythms.service", "algorhythms-dagster.service"])
def test_units_are_what_systemd_understands(name, tmp_path):
    program = shutil.which("systemd-analyze")
    require("systemd", None if program else "systemd-analyze is part of it")
    unit = (DEPLOY / name).read_text()
    assert "/opt/algorhythms/.venv/bin/python" in unit
    (tmp_path / name).write_text(unit.replace("/opt/algorhythms/.venv/bin/python", sys.executable))
    done = subprocess.run([program, "verify", tmp_path / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "module"),
    [("algorhythms.service", "algorhythms_ask"), ("algorhythms-dagster.service", "algorhythms_assets.operate.dev")],
)
def test_units_start_what_there_is(name, module, tmp_path):
    [command] = [
        line for line in (DEPLOY / name).read_text().splitlines() if line.startswith("ExecStart=/opt/algorhythms/")
    ]
    python, *arguments = command.partition("=")[2].split()
    assert python == "/opt/algorhythms/.venv/bin/python"
    assert arguments[:2] == ["-m", module]
    # Each is refused for what this store lacks, and not for a word of its command.
    (tmp_path / "store").write_text("no folder")
    environment = os.environ | {"ALGORHYTHMS_STORE": str(tmp_path / "store")}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "store" in done.stderr


def containerfile() -> dict[str, list[str]]:
    """What follows each instruction."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "Containerfile").read_text().splitlines():
        if not line.startswith("#"):
            instruction, _, rest = line.partition(" ")
            found.setdefault(instruction, []).append(rest)
    return found


def build_context(folder: Path) -> None:
    """Does what the instructions COPY say."""
    for line in containerfile()["COPY"]:
        source, target = line.split()
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / source, folder / target)


def answers_of(command, folder, environment):
    """Runs the command of the container file on another port and loopback; returns an answer."""
    port = str(free_port())
    assert command[-6:-2] == ["--host", "0.0.0.0", "--port", "8000"]  # within a container that is the only way in
    command = [*command[:-6], "--host", "127.0.0.1", "--port", port, *command[-2:]]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                return httpx.post(f"http://127.0.0.1:{port}/recommendations", json=SONGS, timeout=30).json()
            except httpx.ConnectError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.faults
def test_the_container_files_lines_install_and_start_the_endpoint_alone(demo, tmp_path):
    """Without a container engine: each line by hand, in a virtual environment that has nothing else."""
    build_context(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    [install] = containerfile()["RUN"]
    [command] = containerfile()["CMD"]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"ALGORHYTHMS_STORE": str(demo.store.root), "PATH": f"{Path(python).parent}:{environment['PATH']}"}
    subprocess.run(["sh", "-c", install], cwd=tmp_path, env=environment, check=True)
    answer = answers_of([python, *json.loads(command)[1:]], tmp_path, environment)
    assert len(answer["recommendation_nodes"]) == 2
    listed = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout
    assert "torch" not in listed
    assert "dagster" not in listed
