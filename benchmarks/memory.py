"""How much memory does each payload need, and how does that grow with the playlists?

python -m benchmarks.memory [playlists …]

Runs every payload on generated playlists with audio features and writes its peak memory. The requests of jobs
(`Memory` beside each asset) come from these figures and from `benchmarks.million`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from algorhythms_assets.contracts import (
    ARTIFACTS,
    AUDIO_FEATURES,
    EVALUATION_REPORT,
    GCN_WEIGHTS,
    MLP_WEIGHTS,
    RAW_PLAYLISTS,
    RELEASE,
    TRACK_METADATA,
    Artifact,
)
from algorhythms_assets.resources.store import Store
from algorhythms_assets.sample.draw import draw_sample
from algorhythms_assets.sample.slices import write_features, write_sample
from benchmarks.measuring import measure
from benchmarks.million import SLICE, generate

RESULT = Path(__file__).parent / "results" / "memory.md"
SIZES = (1_000, 20_000, 100_000)
LIMIT_SECONDS, LIMIT_GB = 3600, 20

# Further rounds would take longer, but need no more memory.
KNOBS: Mapping[Artifact, Sequence[str]] = {
    GCN_WEIGHTS: ("--epochs", "1", "--factor_iterations", "1"),
    MLP_WEIGHTS: ("--epochs", "1"),
    EVALUATION_REPORT: ("--playlists", "1000"),
}


def main(sizes: Sequence[int]) -> None:
    """Measures each size, and writes the table."""
    columns = []
    for playlists in sizes:
        with tempfile.TemporaryDirectory() as folder:
            columns.append((playlists, peaks(Path(folder), playlists)))
    names = list(columns[0][1])
    heads = [f"{playlists:,}" for playlists, _ in columns]
    text = "\n".join(
        [
            "# Peak memory of each payload",
            "",
            f"Generated playlists with audio features; {os.cpu_count()} cores; `python -m benchmarks.memory`. GB, the "
            "sum over a payload's processes, which counts mapped files in each. `raw_playlists` parses two slices of "
            f"{SLICE:,} playlists beside each other. `gcn_weights` and `mlp_weights` train for one epoch, "
            "`evaluation_report` evaluates 1,000 playlists at most.",
            "",
            f"| playlists | {' | '.join(heads)} |",
            f"| --- | {' | '.join('---:' for _ in heads)} |",
            *(f"| {name} | {' | '.join(column[name] for _, column in columns)} |" for name in names),
            "",
        ]
    )
    print(text)
    RESULT.write_text(text, encoding="utf-8")


def peaks(folder: Path, playlists: int) -> dict[str, str]:
    """Returns the peak of each payload in GB, below the size of the snapshot, as texts."""
    features = folder / "audio_features.csv"
    store = folder / "store"
    about: dict[str, str] = {"rows": "", "tracks": ""}
    write_sample(folder / "slices", 2 * SLICE, SLICE)
    about[RAW_PLAYLISTS.name] = peak(RAW_PLAYLISTS, folder / "parsed", "--folder", str(folder / "slices" / "playlists"))
    generate(Store(store), playlists)
    with features.open("w", encoding="utf-8", newline="") as file:
        write_features(draw_sample(playlists, seed=7), file)
    for artifact in (each for each in ARTIFACTS.values() if each not in (RAW_PLAYLISTS, RELEASE)):
        knobs = ("--source", str(features)) if artifact is AUDIO_FEATURES else KNOBS.get(artifact, ())
        about[artifact.name] = peak(artifact, store, *knobs)
        print(playlists, artifact.name, about[artifact.name], flush=True)
    snapshot = json.loads((store / TRACK_METADATA.path / "snapshot.json").read_text())
    return about | {name: f"{snapshot[name]:,}" for name in ("rows", "tracks")}


def peak(artifact: Artifact, store: Path, *knobs: str) -> str:
    """Returns the peak memory of a payload in GB."""
    command = [sys.executable, "-m", artifact.module, "--store", str(store), *knobs]
    return f"{measure(command, LIMIT_SECONDS, LIMIT_GB).peak_gb:.2f}"


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or SIZES)
