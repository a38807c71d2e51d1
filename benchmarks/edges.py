"""How fast, and with how much memory, are the edges of playlists counted, compared with what people would use instead?

python -m benchmarks.edges [playlists …]

Every method reads the same Parquet files and writes Parquet, each in its own process, after a warm-up on a few
playlists. Ours writes weight, proximity and the number of playlists; the others write only the weight, which saves them
half the work.
"""

import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import FailedError, measure

RESULT = Path(__file__).parent / "results" / "edges.md"
SIZES = (10_000, 50_000, 100_000)
FEW = 2000
LIMIT_SECONDS = 300
LIMIT_GB = 14
# How much memory Spark may use, so that it gets slow instead of being killed.
SPARK_MEMORY = "10g"
# Of the Million Playlist Dataset: sum over playlists of n (n - 1) / 2, with 66,346,428 rows.
MPD_PAIRS = 3.5e9


def main(sizes: list[int]) -> None:
    """Measures each method at each size, smallest first, and writes the table."""
    results: list[dict[str, Any]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            pairs = generate(Path(folder), size)
            generate(Path(folder) / "few", FEW)
            for name in METHODS:
                row = {"playlists": size, "pairs": pairs, "method": name} | measured(name, Path(folder), pairs, results)
                results.append(row)
                print(row, flush=True)
    text = report(results)
    print(text)
    RESULT.write_text(text, encoding="utf-8")


def measured(name: str, folder: Path, pairs: int, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the figures of a method; one that would take too long, judging by the previous size, is not run."""
    before = [row for row in earlier if row["method"] == name]
    if before:
        if "seconds" not in before[-1]:
            return {"failed": "not begun, see the size before"}
        expected = before[-1]["seconds"] * pairs / before[-1]["pairs"]
        if expected > LIMIT_SECONDS:
            return {"failed": f"not begun: at the rate of the size before {expected:.0f} s"}
    for out in (folder / "few" / "out", folder / "out"):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
    try:
        done = measure(
            [sys.executable, "-m", "benchmarks.edges", "--method", name, str(folder)], LIMIT_SECONDS, LIMIT_GB
        )
    except FailedError as error:
        return {"failed": str(error)}
    written = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file())
    about = json.loads(done.output.strip().splitlines()[-1])
    return {"process": done.seconds, "peak_gb": done.peak_gb, "bytes": written} | about


def report(results: list[dict[str, Any]]) -> str:
    """Returns the results as Markdown."""
    lines = [
        "# Counting edges",
        "",
        f"Generated playlists of the lengths and popularity of the Million Playlist Dataset; {os.cpu_count()} cores; "
        f"`make bench`. Seconds are from Parquet files to Parquet files, in a process that has counted {FEW} playlists "
        "before; what starting and that take, the column `process` has too. Peak is the largest sum of resident memory "
        "over a method's processes.",
    ]
    for size in sorted({row["playlists"] for row in results}):
        rows = [row for row in results if row["playlists"] == size]
        ours = next(row for row in rows if row["method"] == "algorhythms")
        lines += [
            "",
            f"## {size:,} playlists, {rows[0]['pairs'] / 1e6:.1f} M pairs, {ours['edges'] / 1e6:.1f} M edges",
            "",
            "| method | seconds | times ours | process | M pairs/s | peak GB | times ours | GB written |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for row in rows:
            if "failed" in row:
                lines.append(f"| {row['method']} | {row['failed']} | | | | | | |")
                continue
            lines.append(
                f"| {row['method']} | {row['seconds']:.1f} | {row['seconds'] / ours['seconds']:.1f} "
                f"| {row['process']:.1f} | {row['pairs'] / row['seconds'] / 1e6:.1f} | {row['peak_gb']:.2f} "
                f"| {row['peak_gb'] / ours['peak_gb']:.1f} | {row['bytes'] / 1e9:.3f} |"
            )
    return "\n".join([*lines, "", *growth(results)])


def growth(results: list[dict[str, Any]]) -> list[str]:
    """Returns lines on how our time grows with the pairs, extrapolated to the Million Playlist Dataset."""
    lines = []
    for name in ("algorhythms", "algorhythms, Spark"):
        rows = [row for row in results if row["method"] == name and "seconds" in row]
        if len(rows) < 2:
            continue
        pairs, seconds = (np.log([row[key] for row in rows]) for key in ("pairs", "seconds"))
        exponent = np.polyfit(pairs, seconds, 1)[0]
        last = math.exp(seconds[-1]) * (MPD_PAIRS / rows[-1]["pairs"]) ** max(1, exponent)
        lines.append(
            f"- {name}: seconds grow with the {exponent:.2f}th power of pairs. If that goes on (or with the first, if "
            f"it is less), the {MPD_PAIRS / 1e9:.1f} billion pairs of the Million Playlist Dataset take "
            f"{last / 60:.1f} minutes; accumulators that no longer fit the cache make it more."
        )
    return ["## Growth", "", *lines, ""]


def generate(folder: Path, playlists: int) -> int:
    """Writes the snapshot's files, and rows with strings for the origin's plan; returns the number of pairs."""
    from algorhythms_assets.contracts import PLAYLISTS_SCHEMA, TRACK_METADATA, TRACKS_SCHEMA
    from algorhythms_assets.resources.store import STAMP_FILE, Stamp, write_json, write_table
    from algorhythms_assets.sample.draw import draw_sample

    sample = draw_sample(playlists)
    uris = np.asarray(sample.catalogue_names.track_uri)
    used, track = np.unique(uris[sample.playlists.tracks], return_inverse=True)
    lengths = np.diff(sample.playlists.offsets)
    playlist = np.repeat(np.arange(playlists), lengths)
    position = np.arange(len(track)) - sample.playlists.offsets[playlist]
    rows = {"playlist": playlist, "pid": playlist, "bucket": playlist % 10_000, "position": position, "track": track}
    place = folder / TRACK_METADATA.path
    place.mkdir(parents=True)
    write_table(pa.table(rows), place / "playlists.parquet", PLAYLISTS_SCHEMA)
    empty = {
        name: pa.nulls(len(used), field.type) for name, field in zip(TRACKS_SCHEMA.names, TRACKS_SCHEMA, strict=True)
    }
    known = {"track": np.arange(len(used)), "track_uri": used, "playlists": np.bincount(track)}
    write_table(pa.table(empty | known), place / "tracks.parquet", TRACKS_SCHEMA)
    write_json(place / "snapshot.json", {"tracks": len(used), "split": {"validation": [0, 0], "test": [0, 0]}})
    write_json(place / STAMP_FILE, vars(Stamp(TRACK_METADATA.name, "s", TRACK_METADATA.code_version, "s")))
    strings = pa.table(
        {
            "pid": playlist,
            "pos": position.astype(np.int32),
            "track_uri": used[track],
            "n": lengths[playlist].astype(np.int32),
        }
    )
    pq.write_table(strings, folder / "rows.parquet", row_group_size=1 << 17)
    return int((lengths * (lengths - 1) // 2).sum())


def _ours(folder: Path, engine: str) -> tuple[float, int]:
    import logging

    from algorhythms_assets.contracts import EDGE_TABLE, NoConfig
    from algorhythms_assets.graph.edge_table import build
    from algorhythms_assets.payload import Work, open_engine
    from algorhythms_assets.resources.spark.engine import spark_config
    from algorhythms_assets.resources.store import Store, planned_stamp

    store = Store(folder)
    opened = open_engine(engine, spark_config(engine))
    stamp = planned_stamp(EDGE_TABLE, store.inputs(EDGE_TABLE), {})
    started = time.perf_counter()
    about = build(Work(store, EDGE_TABLE, NoConfig(), opened, logging.getLogger(), stamp))
    seconds = time.perf_counter() - started
    store.path(EDGE_TABLE).rename(folder / "out" / "edge_table")
    return seconds, int(about["dagster/row_count"])


def _duckdb(folder: Path) -> tuple[float, int]:
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
    started = time.perf_counter()
    connection.execute(
        f"""
        COPY (
            WITH rows AS (
                SELECT playlist, position, track, CAST(COUNT(*) OVER (PARTITION BY playlist) AS DOUBLE) AS n
                FROM '{folder}/track_metadata/playlists.parquet'
            )
            SELECT LEAST(a.track, b.track) AS source, GREATEST(a.track, b.track) AS target,
                   CAST(SUM(1 / ((b.position - a.position) * a.n)) AS FLOAT) AS weight
            FROM rows a JOIN rows b ON a.playlist = b.playlist AND a.position < b.position
            WHERE a.track <> b.track
            GROUP BY ALL
        ) TO '{folder}/out/edges.parquet' (FORMAT parquet, COMPRESSION lz4_raw)
        """
    )
    return time.perf_counter() - started, pq.read_metadata(folder / "out" / "edges.parquet").num_rows


def _polars(folder: Path) -> tuple[float, int]:
    import polars as pl

    started = time.perf_counter()
    rows = pl.scan_parquet(folder / "track_metadata" / "playlists.parquet").select(
        "playlist", "position", "track", n=pl.len().over("playlist").cast(pl.Float64)
    )
    (
        rows.join(rows, on="playlist", suffix="_b")
        .filter((pl.col("position") < pl.col("position_b")) & (pl.col("track") != pl.col("track_b")))
        .select(
            source=pl.min_horizontal("track", "track_b"),
            target=pl.max_horizontal("track", "track_b"),
            weight=1 / ((pl.col("position_b") - pl.col("position")) * pl.col("n")),
        )
        .group_by("source", "target")
        .agg(pl.col("weight").sum().cast(pl.Float32))
        .sink_parquet(folder / "out" / "edges.parquet", compression="lz4", engine="streaming")
    )
    return time.perf_counter() - started, pq.read_metadata(folder / "out" / "edges.parquet").num_rows


def _scipy(folder: Path) -> tuple[float, int]:
    import scipy.sparse as sp

    started = time.perf_counter()
    table = pq.read_table(folder / "track_metadata" / "playlists.parquet", columns=["playlist", "position", "track"])
    playlist, position, track = (table[name].to_numpy() for name in ("playlist", "position", "track"))
    bounds = np.append(np.flatnonzero(np.diff(playlist, prepend=-1)), len(playlist))
    lengths = np.diff(bounds)
    low, high, weight = [], [], []
    # Playlists of one length at a time, so that numpy sees large arrays.
    for length in np.unique(lengths[lengths > 1]):
        rows = bounds[:-1][lengths == length][:, None] + np.arange(length)
        i, j = np.triu_indices(length, 1)
        a, b = track[rows[:, i]].ravel(), track[rows[:, j]].ravel()
        w = (1 / ((position[rows[:, j]] - position[rows[:, i]]) * float(length))).ravel()
        other = a != b
        low.append(np.minimum(a, b)[other])
        high.append(np.maximum(a, b)[other])
        weight.append(w[other].astype(np.float32))
    size = int(track.max()) + 1
    matrix = sp.coo_array(
        (np.concatenate(weight), (np.concatenate(low), np.concatenate(high))), shape=(size, size)
    ).tocsr()
    matrix.sum_duplicates()
    source = np.repeat(np.arange(size, dtype=np.int32), np.diff(matrix.indptr))
    edges = pa.table({"source": source, "target": matrix.indices, "weight": matrix.data})
    pq.write_table(edges, folder / "out" / "edges.parquet", compression="lz4")
    return time.perf_counter() - started, edges.num_rows


def _spark_session() -> Any:
    from algorhythms_assets.resources.spark.engine import SparkEngine, spark_config

    return SparkEngine(spark_config("local[2]") | {"spark.driver.memory": SPARK_MEMORY}).session


def _spark_join(folder: Path) -> tuple[float, int]:
    session = _spark_session()
    started = time.perf_counter()
    session.read.parquet(str(folder / "track_metadata" / "playlists.parquet")).createOrReplaceTempView("playlists")
    edges = session.sql(
        """
        WITH rows AS (
            SELECT playlist, position, track, CAST(COUNT(*) OVER (PARTITION BY playlist) AS DOUBLE) AS n FROM playlists
        )
        SELECT LEAST(a.track, b.track) AS source, GREATEST(a.track, b.track) AS target,
               CAST(SUM(1 / ((b.position - a.position) * a.n)) AS FLOAT) AS weight
        FROM rows a JOIN rows b ON a.playlist = b.playlist AND a.position < b.position
        WHERE a.track <> b.track
        GROUP BY 1, 2
        """
    )
    edges.write.parquet(str(folder / "out" / "edges.parquet"))
    return time.perf_counter() - started, session.read.parquet(str(folder / "out" / "edges.parquet")).count()


def _origin(folder: Path, both: bool = True) -> tuple[float, int]:
    """The plan of the proof of concept: strings joined with themselves, written as pairs, then in both directions.

    Nothing is kept between the two writes, so the join is done for each.
    """
    from pyspark.sql import functions as f

    session = _spark_session()
    started = time.perf_counter()
    rows = session.read.parquet(str(folder / "rows.parquet"))
    a = rows.select("pid", f.col("track_uri").alias("a_uri"), f.col("pos").alias("a_pos"), "n")
    b = rows.select("pid", f.col("track_uri").alias("b_uri"), f.col("pos").alias("b_pos"))
    weight = f.round(1 / (f.abs(f.col("a_pos") - f.col("b_pos")) * f.col("n")), 5)
    edges = (
        a.join(b, "pid")
        .where(f.col("a_uri") < f.col("b_uri"))
        .withColumn("weight", weight)
        .groupBy("a_uri", "b_uri")
        .agg(f.sum("weight").alias("weight"))
    )
    edges.write.parquet(str(folder / "out" / "edges.parquet"))
    if both:
        back = edges.select(f.col("b_uri").alias("a_uri"), f.col("a_uri").alias("b_uri"), "weight")
        edges.union(back).write.parquet(str(folder / "out" / "relations.parquet"))
    return time.perf_counter() - started, session.read.parquet(str(folder / "out" / "edges.parquet")).count()


METHODS: dict[str, Callable[[Path], tuple[float, int]]] = {
    "algorhythms": lambda folder: _ours(folder, "duckdb"),
    "algorhythms, Spark": lambda folder: _ours(folder, "local[2]"),
    "polars, streaming": _polars,
    "DuckDB": _duckdb,
    "SciPy": _scipy,
    "Spark, self-join of integers": _spark_join,
    "the origin's Spark plan, its first table": lambda folder: _origin(folder, both=False),
    "the origin's Spark plan": _origin,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--method"]:
        METHODS[sys.argv[2]](Path(sys.argv[3]) / "few")
        seconds, edges = METHODS[sys.argv[2]](Path(sys.argv[3]))
        print(json.dumps({"seconds": seconds, "edges": edges}))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
