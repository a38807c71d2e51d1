"""How long does a cold start take, compared with just importing the packages of the origin's function?

python -m benchmarks.function_start

Ours: the unpacked zips of `make layer` import, load a release and answer a request. The origin's: its packages are
imported and its two clients made, but nothing is answered. Each runs in a new process of the bare interpreter.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from algorhythms_ask.index import Document

from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets_tests.services.lambda_runtime import make_zips, place, unpack

RESULT = Path(__file__).parent / "results" / "function_start.md"
ROOT = Path(__file__).parents[1]
RUNS = 7
PEERS = ("boto3", "elasticsearch", "joblib", "numpy", "scikit-learn")

OURS = """
import json, sys
from types import SimpleNamespace
from algorhythms_ask.handler import handler
event = json.loads(open(sys.argv[1]).read())
assert handler(event, SimpleNamespace(aws_request_id="1"))["statusCode"] == 200
"""
THEIRS = """
import boto3, joblib, numpy
from elasticsearch import Elasticsearch
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
boto3.client("s3", region_name="us-east-1")
Elasticsearch("http://127.0.0.1:9200")
"""


def main() -> None:
    """Measures both in turn, and writes the table."""
    if not place().is_dir():
        raise SystemExit("run `make services` first")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_zips(folder)
        ours = unpack(folder, folder) | {"ALGORHYTHMS_STORE": str(_store(folder / "store"))}
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--constraint", str(ROOT / "constraints.txt"), "--target", str(folder / "peers"), *PEERS]
        subprocess.run(command, check=True)
        theirs = {"PYTHONPATH": str(folder / "peers"), "PATH": os.environ["PATH"]}
        event = str(ROOT / "lambda" / "events" / "post_root.json")
        times: dict[str, list[float]] = {"ours": [], "theirs": []}
        # In turn, so that other load on the machine affects both; the first run of each warms the disk cache.
        for run in range(RUNS + 1):
            for way, code, environment in (("ours", OURS, ours), ("theirs", THEIRS, theirs)):
                started = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-S", "-c", code, event], env=environment, check=True, stdout=subprocess.DEVNULL
                )
                if run:
                    times[way].append(time.perf_counter() - started)
    middle = {way: statistics.median(taken) for way, taken in times.items()}
    lines = [
        "# Cold start",
        "",
        f"Median of {RUNS} new processes each, in turn, with a warm disk, {os.cpu_count()} cores that others use too; "
        "`python -m benchmarks.function_start`.",
        "",
        "| | seconds |",
        "| --- | ---: |",
        f"| ours: imports, a release of one track loaded, the first answer | {middle['ours']:.2f} |",
        f"| the origin's packages ({', '.join(PEERS)}) imported and two clients made | {middle['theirs']:.2f} |",
        f"| ours, of the origin's | {middle['ours'] / middle['theirs']:.2f} |",
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _store(root: Path) -> Path:
    for name in ("index", "bundle", "releases"):
        (root / name).mkdir(parents=True)
    document = Document("t", "track", "Track", "Artist", None, 1, np.ones(2, np.float32))
    build_embedded(root / "index", [(document, ["t"])], 2, "e")
    manifest = {"embeddings": "e", "features": False, "factors": 0, "files": {}}
    (root / "bundle" / "manifest.json").write_text(json.dumps(manifest))
    current = {"version": "v", "bundle": "bundle", "index": {"kind": "embedded", "name": "index"}}
    (root / "releases" / "current.json").write_text(json.dumps(current))
    return root


if __name__ == "__main__":
    main()
