"""What the documentation says of settings and commands is what there is."""

import re
import subprocess

import pytest
from pydantic import SecretStr

from algorhythms_assets import contracts
from algorhythms_assets.settings import AlertSettings, FeatureSettings, Settings, SlurmSettings
from algorhythms_assets_tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text()
SETTINGS = {
    f"{prefix}{name}": field
    for prefix, kind in (
        ("", Settings),
        ("features_", FeatureSettings),
        ("slurm_", SlurmSettings),
        ("alert_", AlertSettings),
    )
    for name, field in kind.model_fields.items()
}


def test_every_setting_is_documented_with_its_default_and_no_other_is():
    documented = dict(re.findall(r"^\| `ALGORHYTHMS_(\w+)` \| ([^|]*) \|", SETTINGS_PAGE, re.MULTILINE))
    assert set(documented) == {name.upper() for name in SETTINGS}
    for name, field in SETTINGS.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        if default not in (None, ""):
            assert f"`{default}`" in documented[name.upper()]


def test_the_example_of_an_environment_file_names_every_setting():
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"ALGORHYTHMS_(\w+)=", example)) == {name.upper() for name in SETTINGS}


def test_every_make_target_is_documented_and_every_documented_one_is_there():
    listed = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    targets = set(re.findall(r"^  make ([\w-]+)", listed, re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^\| `make ([\w-]+)` \|", README, re.MULTILINE)) == targets
    assert set(re.findall(r"`make ([\w-]+)", README)) <= targets


FILES = {
    "raw_playlists/<slice>.parquet": contracts.RAW_PLAYLISTS_SCHEMA,
    "track_metadata/tracks.parquet": contracts.TRACKS_SCHEMA,
    "track_metadata/playlists.parquet": contracts.PLAYLISTS_SCHEMA,
    "track_metadata/playlist_names.parquet": contracts.PLAYLIST_NAMES_SCHEMA,
    "audio_features.parquet": contracts.AUDIO_FEATURES_SCHEMA,
    "edge_table/part-*.parquet": contracts.EDGES_SCHEMA,
    "graph_sample/sample.parquet": contracts.GRAPH_SAMPLE_SCHEMA,
    "embeddings.parquet": contracts.EMBEDDINGS_SCHEMA,
    "new_tracks.parquet": contracts.NEW_TRACKS_SCHEMA,
}


def columns_of(file):
    """The section of docs/store.md on a file's columns."""
    lines = [f"### `{file}`", "", "| column | type | content |", "| --- | --- | --- |"]
    for column in FILES[file]:
        kind = f"{column.type}, or null" if column.nullable else str(column.type)
        lines.append(f"| {column.name} | {kind} | {contracts.description(column)} |")
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("file", FILES)
def test_the_columns_of_every_table_are_documented_in_the_words_of_the_contract(file):
    assert columns_of(file) in (ROOT / "docs" / "store.md").read_text()


def faults_and_tests():
    """The rows of docs/reliability.md: what goes wrong, and the names in the last column."""
    for line in (ROOT / "docs" / "reliability.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[-1] != "tested in" and not set(line) <= set("| -"):
            yield cells[0], cells[-1]


def test_every_fault_names_tests_that_are_there():
    rows = list(faults_and_tests())
    tested = {fault for fault, tests in rows if tests != "no test"}
    assert len(tested) > 40
    assert len(tested) >= len(rows) - 1
    for fault, tests in rows:
        for name in re.findall(r"`([\w/]+)`", tests):
            place = ROOT / name if name.startswith("lambda/") else ROOT / "algorhythms_assets_tests" / name
            assert place.with_suffix(".py").is_file() or any(place.glob("test_*.py")), f"{fault}: {name}"
        assert tests == "no test" or "`" in tests, fault


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_contributing_names_what_is_there():
    page = (ROOT / "CONTRIBUTING.md").read_text()
    everything = [path for path in ROOT.rglob("*.py") if ".venv" not in path.parts and "node_modules" not in path.parts]
    code = "\n".join(path.read_text() for path in everything)
    named = re.findall(r"`([\w./]+\.py)`", page)
    assert len(named) > 10
    for path in named:
        assert any(str(file).endswith(f"/{path}") for file in everything), path
    for name in re.findall(r"`([A-Za-z]+[_A-Z][\w]+)`", page):
        assert name in code, name
