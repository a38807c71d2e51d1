"""Clients that are made from the OpenAPI document: made without a warning, they ask with nothing but an identifier."""

import asyncio
import importlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from algorhythms_ask.http import create_app
from algorhythms_ask.release import Release
from httpx import ASGITransport

from algorhythms_assets_tests.services.left_out import require

DOCUMENT = Path(__file__).parents[1] / "openapi.json"


def _run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def python_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package made from the document; it can be imported."""
    # It calls ruff, which is beside Python.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    name = "made_client"
    make = ("-m", "openapi_python_client", "generate", "--meta", "none", "--path", DOCUMENT, "--output-path", name)
    told = _run(tmp_path, sys.executable, *make)
    assert "WARNING" not in told.upper()
    assert "ERROR" not in told.upper()
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_a_python_client_asks_with_an_identifier_alone(python_client: str, release: Release) -> None:
    def module(name: str) -> Any:
        return importlib.import_module(f"{python_client}.{name}")

    models = module("models")
    request = models.RecommendationsIn(songs=[models.SongIn(id="rock2")])

    async def ask() -> Any:
        transport = {"transport": ASGITransport(create_app(release))}
        async with module("client").Client("http://endpoint", httpx_args=transport) as client:
            answer = await module("api.recommendations.recommend").asyncio(client=client, body=request)
            quality = await module("api.service.quality").asyncio(client=client)
            return answer, quality

    answer, quality = asyncio.run(ask())
    assert (answer.recommendation_nodes[0].id, answer.source_nodes[0].resolved_by) == ("rock1", "track")
    assert quality.metrics["served"]["r_precision"] == 0.25


ASK = """
import type { components } from "./client";
type Models = components["schemas"];
export const request: Models["RecommendationsIn"] = { songs: [{ id: "rock2" }] };
export const features: Models["SongIn"]["features"] = { tempo: 120 };
export function tempo(by: Models["SourceNode"]["resolved_by"]): boolean { return by === "features"; }
export function clicks(quality: Models["Quality"]): number { return quality.metrics["served"]?.["clicks"] ?? 0; }
// @ts-expect-error: the document knows what songs are placed by
export const wrong: Models["SourceNode"]["resolved_by"] = "guess";
"""


@pytest.mark.faults
def test_a_typescript_client_asks_with_an_identifier_alone(tmp_path: Path) -> None:
    require("Node", None if shutil.which("npm") else "`make services` installs it")
    (tmp_path / "ask.ts").write_text(ASK)
    _run(tmp_path, "npm", "install", "--no-audit", "--no-fund", "openapi-typescript@7.13.0", "typescript@5.9.3")
    _run(tmp_path, "node_modules/.bin/openapi-typescript", DOCUMENT, "--output", "client.d.ts")
    strict = ("--strict", "--noUncheckedIndexedAccess", "--noEmit")
    _run(tmp_path, "node_modules/.bin/tsc", *strict, "ask.ts")
