"""How fast is a slice read, compared with other readers, which check nothing?

python benchmarks/ingest.py [rounds]
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from algorhythms_assets.ingest.parsing import parse_slice
from algorhythms_assets.sample.slices import write_sample

RESULT = Path(__file__).parent / "results" / "ingest.md"
ROW = ("pos", "track_uri", "track_name", "artist_uri", "artist_name", "album_uri", "album_name", "duration_ms")


def main(rounds: int) -> None:
    """Measures all but Spark in turn, round by round, so that other load on the machine affects all of them alike."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder), playlists=1000, slice_size=1000)
        (path,) = (Path(folder) / "playlists").iterdir()
        rows = parse_slice(path.read_bytes(), path.stem).table.num_rows
        seconds: dict[str, list[float]] = {}
        absent = []
        # Spark comes last, because Java's threads would slow the others down.
        for names in (READERS.keys() - {"Spark"}, {"Spark"}):
            reads = {}
            for name in sorted(names, key=list(READERS).index):
                try:
                    reads[name] = READERS[name](path)
                except UnavailableError as error:
                    absent.append(f"{name}: not measured, {error}")
                    continue
                assert reads[name]() in (None, rows), f"{name} does not see all rows"  # also warms up
            for _ in range(rounds):
                for name, read in reads.items():
                    started = time.perf_counter()
                    read()
                    seconds.setdefault(name, []).append(time.perf_counter() - started)
        report(path.stat().st_size / 1e6, rounds, seconds, absent)


def report(megabytes: float, rounds: int, seconds: dict[str, list[float]], absent: list[str]) -> None:
    """Prints the table and writes it."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    peer = medians.get("polars", float("nan"))
    lines = [
        "# Reading a slice of the Million Playlist Dataset's format",
        "",
        f"{megabytes:.1f} MB, 1,000 playlists; median of {rounds} rounds, {os.cpu_count()} cores; "
        f"`python benchmarks/ingest.py`.",
        "",
        "| reader | gives | MB/s | seconds | fastest | times polars |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {GIVES[name]} | {megabytes / median:.0f} | {median:.3f} | {min(seconds[name]):.3f} "
            f"| {median / peer:.2f} |"
            for name, median in medians.items()
        ),
        *(["", *absent] if absent else []),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")


class UnavailableError(Exception):
    """The reader is not installed here."""


Read = Callable[[], int | None]  # returns how many rows it saw, if it made rows


def _json(path: Path) -> Read:
    def read() -> None:
        json.loads(path.read_bytes())

    return read


def _orjson(path: Path) -> Read:
    def read() -> None:
        orjson.loads(path.read_bytes())

    return read


def _polars(path: Path) -> Read:
    try:
        import polars as pl
    except ImportError as error:
        raise UnavailableError("pip install polars") from error

    def read() -> int:
        playlists = pl.read_json(path).select(pl.col("playlists").explode()).unnest("playlists")
        return len(playlists.select("pid", "name", "num_tracks", "tracks").explode("tracks").unnest("tracks"))

    return read


def _simdjson(path: Path) -> Read:
    try:
        import simdjson
    except ImportError as error:
        raise UnavailableError("pip install pysimdjson") from error
    parser = simdjson.Parser()

    def read() -> None:
        parser.parse(path.read_bytes())

    return read


def _simdjson_rows(path: Path) -> Read:
    try:
        import simdjson
    except ImportError as error:
        raise UnavailableError("pip install pysimdjson") from error
    parser = simdjson.Parser()

    def read() -> int:
        columns: dict[str, list[object]] = {name: [] for name in ROW}
        document: Any = parser.parse(path.read_bytes())
        for playlist in document["playlists"]:
            tracks = playlist["tracks"].as_list()
            for name, column in columns.items():
                column += [track[name] for track in tracks]
        return int(pa.table(columns).num_rows)

    return read


def _spark(path: Path) -> Read:
    if not shutil.which("java"):
        raise UnavailableError("there is no Java")
    try:
        from pyspark.sql import SparkSession
        from pyspark.sql import functions as f
    except ImportError as error:
        raise UnavailableError("pip install pyspark") from error
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    # Only reading the rows is timed: without a given schema, Spark would read the file twice.
    schema = spark.read.json(str(path), multiLine=True).schema

    def read() -> None:
        slices = spark.read.schema(schema).json(str(path), multiLine=True)
        playlists = slices.select(f.explode("playlists").alias("p")).select("p.pid", "p.name", "p.tracks")
        rows = playlists.select("pid", "name", f.explode("tracks").alias("t")).select("pid", "name", "t.*")
        rows.write.format("noop").mode("overwrite").save()

    return read


def _ours(path: Path) -> Read:
    def read() -> int:
        return int(parse_slice(path.read_bytes(), path.stem).table.num_rows)

    return read


READERS: dict[str, Callable[[Path], Read]] = {
    "json": _json,
    "orjson": _orjson,
    "simdjson": _simdjson,
    "simdjson, rows": _simdjson_rows,
    "polars": _polars,
    "Spark": _spark,
    "parse_slice": _ours,
}
GIVES = {
    "json": "Python's objects",
    "orjson": "Python's objects",
    "simdjson": "a parsed document, nothing of it taken out",
    "simdjson, rows": "rows as Arrow's columns",
    "polars": "rows",
    "Spark": "rows, written nowhere",
    "parse_slice": "rows as Arrow's columns, checked",
}

if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
