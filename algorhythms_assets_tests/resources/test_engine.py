"""What every engine has to do; the same tests for each. What differs stands at the end."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algorhythms_assets.payload import open_engine
from algorhythms_assets.resources.embedded_engine import EmbeddedEngine
from algorhythms_assets.resources.engine import machine_gb
from algorhythms_assets.resources.spark.engine import SparkEngine
from algorhythms_assets.resources.store import InputError
from algorhythms_assets_tests.conftest import ROOT
from algorhythms_assets_tests.services.spark import spark_engine  # noqa: F401 (a fixture)


@pytest.fixture(params=["embedded", "spark"])
def engine(request):
    return EmbeddedEngine() if request.param == "embedded" else request.getfixturevalue("spark_engine")


def squared_in_a_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def out_of_room(number: int) -> int:
    if number == 1:
        raise OSError(28, "No space left on device", f"part-{number}")
    return number


def killed(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def waits(seconds: int) -> int:
    time.sleep(seconds)
    return seconds


def test_sql_reads_tables_and_files_alike(engine, tmp_path):
    parts = []
    for number in range(3):
        parts.append(tmp_path / f"{number}.parquet")
        pq.write_table(pa.table({"n": [number]}), parts[-1])
    query = "SELECT n + m AS total FROM files JOIN memory ON n = m ORDER BY total"
    result = engine.sql(query, {"files": parts, "memory": pa.table({"m": [2, 1]})})
    assert result["total"].to_pylist() == [2, 4]


def test_the_name_of_a_file_is_no_pattern(engine, tmp_path):
    for name in ("a[1].parquet", "a1.parquet", "{b,c} *?.parquet"):
        pq.write_table(pa.table({"name": [name]}), tmp_path / name)
    for name in ("a[1].parquet", "{b,c} *?.parquet"):
        assert engine.sql("SELECT name FROM files", {"files": [tmp_path / name]})["name"].to_pylist() == [name]


def test_blocks_keep_their_order_and_run_elsewhere(engine):
    results = list(engine.map_blocks(squared_in_a_process, range(6)))
    assert [square for square, _ in results] == [0, 1, 4, 9, 16, 25]
    if len(os.sched_getaffinity(0)) > 1:
        assert os.getpid() not in {process for _, process in results}


def test_threads_stay_in_the_process_where_the_engine_is_this_machine(request):
    spark = request.getfixturevalue("spark_engine")
    for engine, here in ((EmbeddedEngine(), True), (spark, False)):
        results = list(engine.map_blocks(squared_in_a_process, range(6), threads=True))
        assert [square for square, _ in results] == [0, 1, 4, 9, 16, 25]
        assert (os.getpid() in {process for _, process in results}) is here


def test_a_full_disk_is_told_in_its_own_words(engine):
    with pytest.raises((InputError, OSError), match="No space left on device: 'part-1'"):
        list(engine.map_blocks(out_of_room, range(3)))


def test_a_killed_worker_is_told_with_its_block(engine):
    with pytest.raises(InputError, match=r"\b2\b"):
        list(engine.map_blocks(killed, range(4)))


def test_no_block_is_no_work(engine):
    assert list(engine.map_blocks(squared_in_a_process, [])) == []


def test_workers_end_with_a_killed_parent():
    program = (
        "from algorhythms_assets.resources.embedded_engine import EmbeddedEngine\n"
        "from algorhythms_assets_tests.resources.test_engine import waits\n"
        "if __name__ == '__main__': list(EmbeddedEngine().map_blocks(waits, [300, 300]))\n"
    )
    parent = psutil.Popen([sys.executable, "-c", program], cwd=ROOT)
    deadline = time.monotonic() + 60
    while len(workers := [p for p in parent.children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    parent.kill()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []


@pytest.mark.parametrize(
    ("environment", "told"),
    [({"PATH": "/nowhere"}, "none on the PATH"), ({"JAVA_HOME": "/nowhere"}, "JAVA_HOME names /nowhere")],
)
def test_spark_without_java_says_what_to_install(environment, told, tmp_path):
    inherited = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    command = [sys.executable, "-m", "algorhythms_assets.ingest.raw_playlists", "--engine", "spark"]
    (tmp_path / "mpd.slice.0-0.json").write_text("{}")
    done = subprocess.run(
        [*command, "--folder", str(tmp_path), "--store", str(tmp_path / "store")],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert "openjdk" in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_setting_chooses_the_engine():
    assert isinstance(open_engine("duckdb", {}), EmbeddedEngine)
    assert isinstance(open_engine("spark://host:7077", {}), SparkEngine)


def test_what_sql_holds_in_memory_is_bounded_by_job_machine_and_what_is_enough(monkeypatch):
    limits = {}
    for given in (2_000, 100_000, None):
        monkeypatch.setattr("algorhythms_assets.resources.embedded_engine.memory_mb", lambda given=given: given)
        monkeypatch.setattr("algorhythms_assets.resources.embedded_engine.machine_gb", lambda: 4.0)
        [limits[given]] = EmbeddedEngine().sql("SELECT current_setting('memory_limit') AS it", {})["it"].to_pylist()
    assert limits == {2_000: "1.1 GiB", 100_000: "2.9 GiB", None: "2.3 GiB"}


def test_what_does_not_fit_into_memory_nor_into_the_temporary_folder_is_told(tmp_path):
    # As on a full disk, files take no more; and DuckDB gets little memory, so that it spills.
    program = (
        "import resource, signal\n"
        "from algorhythms_assets.resources.embedded_engine import EmbeddedEngine\n"
        "from algorhythms_assets.resources.store import InputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try:\n"
        "    EmbeddedEngine().sql('SELECT hash(i) AS h, i FROM range(20000000) t(i) ORDER BY h', {})\n"
        "except InputError as error:\n"
        "    print(error)\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path), "SLURM_MEM_PER_NODE": "200"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith(f"{tmp_path} has no space for what does not fit into memory: set TMPDIR"), done.stderr


def test_a_container_has_no_more_memory_than_it_was_given(tmp_path, monkeypatch):
    whole = machine_gb()
    limit = tmp_path / "memory.max"
    monkeypatch.setattr("algorhythms_assets.resources.engine._CONTAINER_LIMITS", (limit, tmp_path / "absent"))
    for text, expected in (("max\n", whole), ("1000000000\n", 1.0), ("9223372036854771712\n", whole)):
        limit.write_text(text)
        assert machine_gb() == expected
