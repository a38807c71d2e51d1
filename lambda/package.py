"""Lambda's zips, without a container: dist/function.zip, and dist/layer-<architecture>.zip with what it stands on.

`make layer`. Beside each layer lies its bill of materials, dist/layer-<architecture>.cdx.json. The same inputs give the
same bytes. Both zips are for the version of Python that makes them, since byte code is in them: Lambda cannot write it
beside the sources, and would compile all of it at every cold start.
"""

import argparse
import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode

from sbom import write_sbom

HERE = Path(__file__).parent
PLATFORMS = {"x86_64": "x86_64", "arm64": "aarch64"}
LARGEST_MB = 60
# What no request needs: tests, type stubs, headers, the building of extensions.
USELESS = ("**/tests", "**/*.pyi", "**/__pycache__", "bin", "numpy/f2py", "numpy/distutils", "numpy/_core/include")
USELESS += ("numpy/**/*.a", "numpy/_core/_simd.*.so", "numpy/_core/*_tests.*.so")


def main() -> int:
    """Makes the zips; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python lambda/package.py", description=__doc__)
    parser.add_argument("--architecture", nargs="*", choices=PLATFORMS, default=list(PLATFORMS))
    parser.add_argument("--out", type=Path, default=HERE.parent / "dist")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "function"
        shutil.copytree(HERE / "src" / "algorhythms_ask", folder / "algorhythms_ask")
        print(f"function: {pack(folder, '.', chosen.out / 'function.zip'):.1f} MB unzipped")
        for architecture in chosen.architecture:
            folder = Path(name) / architecture
            install(folder, PLATFORMS[architecture])
            layer = chosen.out / f"layer-{architecture}.zip"
            size = pack(folder, "python", layer)
            checksum = hashlib.sha256(layer.read_bytes()).hexdigest()
            write_sbom(folder, layer, checksum, layer.with_suffix(".cdx.json"))
            print(f"layer for {architecture}: {size:.1f} MB unzipped")
            if size > LARGEST_MB:
                print(f"that is more than {LARGEST_MB} MB: every cold start loads it", file=sys.stderr)
                return 1
    return 0


def install(folder: Path, machine: str) -> None:
    """Puts the dependencies of the package into a folder, in the versions of constraints.txt."""
    dependencies = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]["dependencies"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--target", str(folder), "--only-binary", ":all:", "--implementation", "cp"]
    command += ["--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
    # Amazon Linux 2023 has glibc 2.34.
    for glibc in ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34"):
        command += ["--platform", f"{glibc}_{machine}"]
    subprocess.run([*command, "--constraint", str(HERE.parent / "constraints.txt"), *dependencies], check=True)  # noqa: S603


def pack(folder: Path, prefix: str, path: Path) -> float:
    """Zips a folder's useful files, in order and without dates; returns their megabytes."""
    for pattern in USELESS:
        for useless in sorted(folder.glob(pattern)):
            shutil.rmtree(useless) if useless.is_dir() else useless.unlink(missing_ok=True)
    # Our own sources stay, so that a traceback in the log shows lines of them.
    layer = prefix == "python"
    compile_all(folder, Path("/opt/python" if layer else "/var/task"), sources=not layer)
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            name = (Path(prefix) / file.relative_to(folder)).as_posix()
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
            size += file.stat().st_size
    return size / 1e6


def compile_all(folder: Path, place: Path, sources: bool) -> None:
    """Writes byte code that is taken as it is, with the place where Lambda will have it for its tracebacks."""
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    paths = {"stripdir": str(folder), "prependdir": str(place)}
    compileall.compile_dir(
        folder, maxlevels=20, quiet=2, legacy=not sources, invalidation_mode=unchecked, optimize=0, **paths
    )
    if not sources:
        for path in folder.rglob("*.py"):
            path.unlink()


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Byte code holds sets in the order of hashes, which differs from process to process.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606
    sys.exit(main())
