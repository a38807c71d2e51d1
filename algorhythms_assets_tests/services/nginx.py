"""nginx: before a cluster, for what its own jars lack (TLS and passwords), and with a configuration of one's own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from algorhythms_assets_tests.services.left_out import require

USER, PASSWORD = "reader", "correct horse"

_CONFIG = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        keepalive_timeout 1s; client_max_body_size 100m;
        auth_basic "cluster"; auth_basic_user_file {folder}/users;
        location / {{ proxy_pass {upstream}; }}
    }}
}}
"""


@contextmanager
def running_nginx(upstream: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Gives its address, and the file of the certificate that it shows."""
    port = free_port()
    certificate = make_certificate(folder)
    set_password(folder, PASSWORD)
    with running_config(_CONFIG.format(folder=folder, port=port, upstream=upstream), folder, port):
        yield f"https://127.0.0.1:{port}", certificate


def free_port() -> int:
    """Returns a port of the loopback that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def make_certificate(folder: Path) -> Path:
    """Writes cert.pem, for the loopback, and key.pem into the folder; returns the first."""
    require("nginx", None if _program() else "`make services` installs it")
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cluster"]
    certificate += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(certificate, cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


@contextmanager
def running_config(config: str, folder: Path, port: int) -> Iterator[None]:
    """Runs it with a configuration that listens at the port, and writes into the folder alone."""
    program = _program()
    require("nginx", None if program else "`make services` installs it")
    assert program
    folder.chmod(0o755)
    (folder / "config").write_text(config)
    # As root its workers are somebody else, who may not read the folders of tests.
    user = ["-g", "user root;"] if os.getuid() == 0 else []
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "config", *user])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _program() -> str | None:
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def set_password(folder: Path, password: str) -> None:
    """Changes the user's password, for a server that runs too."""
    hashed = subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True)
    (folder / "users").write_text(f"{USER}:{hashed.stdout}")
