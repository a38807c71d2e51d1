"""Reports how many neighbours tracks have."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algorhythms_assets.contracts import DEGREE_REPORT, EDGE_TABLE, TRACK_METADATA, NoConfig
from algorhythms_assets.graph.edge_table import edge_files
from algorhythms_assets.payload import Work, run
from algorhythms_assets.plots import BLUE, picture, plot
from algorhythms_assets.resources.engine import Engine
from algorhythms_assets.resources.store import write_json

# Exclusive upper ends of the buckets; the last bucket is open.
BUCKET_ENDS = (10, 50, 100, 200, 500, 1000, 2000, 5000, 10000)

_DEGREES = """
SELECT track, CAST(SUM(neighbours) AS BIGINT) AS degree
FROM (
    SELECT source AS track, COUNT(*) AS neighbours FROM edges GROUP BY source
    UNION ALL
    SELECT target AS track, COUNT(*) AS neighbours FROM edges GROUP BY target
) ends
GROUP BY track
ORDER BY track
"""


def bucket_counts(degrees: NDArray[np.int64]) -> dict[str, int]:
    """Returns how many tracks fall into each bucket of degrees, by the bucket's name."""
    starts = (0, *BUCKET_ENDS)
    names = [f"{low}-{high}" for low, high in zip(starts, BUCKET_ENDS, strict=False)] + [f">{BUCKET_ENDS[-1]}"]
    counts = np.bincount(np.searchsorted(BUCKET_ENDS, degrees, side="right"), minlength=len(names))
    return dict(zip(names, counts.tolist(), strict=True))


def degrees_of(engine: Engine, edges: list[Path], tracks: int) -> NDArray[np.int64]:
    """Returns how many neighbours each track has, int64 [tracks], from files of the edge table."""
    table = engine.sql(_DEGREES, {"edges": edges})
    degrees = np.zeros(tracks, np.int64)
    degrees[table["track"].to_numpy()] = table["degree"].to_numpy()
    return degrees


def build(work: Work[NoConfig]) -> dict[str, Any]:
    """Report how many neighbours tracks have."""
    playlists = pq.read_table(work.store.path(TRACK_METADATA) / "tracks.parquet", columns=["playlists"])["playlists"]
    degrees = degrees_of(work.engine, edge_files(work.store.path(EDGE_TABLE)), len(playlists))
    degrees = degrees[playlists.to_numpy() > 0]
    counts = bucket_counts(degrees)
    isolated = int((degrees == 0).sum())
    rows = "\n".join(f"| {name} | {count} |" for name, count in counts.items())
    markdown = f"| neighbours | tracks |\n| --- | ---: |\n{rows}\n\n{isolated} tracks have no neighbour.\n"

    def write(folder: Path) -> None:
        write_json(folder / "report.json", {"tracks": len(degrees), "isolated": isolated, "buckets": counts})
        (folder / "report.md").write_text(
            f"# Neighbours of tracks\n\n{markdown}\n![degrees](degrees.png)\n", encoding="utf-8"
        )
        _plot(degrees, folder / "degrees.png")

    place = work.write_folder(write)
    return {
        "tracks": len(degrees),
        "isolated": isolated,
        "isolated share": round(isolated / max(1, len(degrees)), 4),
        "median degree": float(np.median(degrees)),
        "largest degree": int(degrees.max(initial=0)),
        "buckets": {"raw_value": markdown, "type": "md"},
        "plot": picture(place / "degrees.png"),
    }


def _plot(degrees: NDArray[np.int64], path: Path) -> None:
    degree, tracks = np.unique(degrees[degrees > 0], return_counts=True)
    with plot(path, "How many neighbours tracks have") as axes:
        axes.loglog(degree, tracks, ".", markersize=4, color=BLUE)
        axes.set_xlabel("neighbours")
        axes.set_ylabel("tracks")
        axes.grid(alpha=0.3)


if __name__ == "__main__":
    run(build, DEGREE_REPORT, NoConfig)
