"""A store as a release leaves it: twelve tracks whose vectors are so simple that answers can be worked out by hand."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from algorhythms_ask.connection import Database
from algorhythms_ask.features import CATEGORICAL_FEATURES, NUMERIC_FEATURES, ONE_HOT
from algorhythms_ask.http import create_app
from algorhythms_ask.index import Document
from algorhythms_ask.keys import album_key, artist_key
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import Release, load_release
from algorhythms_ask.versions import song
from fastapi.testclient import TestClient
from httpx import Response
from jsonschema import Draft202012Validator

from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.history import switch
from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.index.embedded import build_embedded
from algorhythms_assets.resources.store import Store
from algorhythms_assets_tests.services.elasticsearch import Node, elasticsearch_node  # noqa: F401 (fixture)
from algorhythms_assets_tests.services.s3 import bucket  # noqa: F401 (fixture)

# Unit vectors whose inner products single precision holds exactly: 1, 0, 0.5 and -0.5.
ROCK = (1, 0, 0, 0)
JAZZ = (0, 1, 0, 0)
BOTH = (0.5, 0.5, 0.5, 0.5)
ROCKISH = (0.5, -0.5, 0.5, -0.5)
JAZZISH = (-0.5, 0.5, 0.5, -0.5)

# By falling popularity, then identifier; the popularity term is playlists / 64.
TRACKS: list[tuple[str, str | None, str | None, str | None, int, tuple[float, ...]]] = [
    ("rock1", "Highway Fire", "The Sparks", "Ember", 32, ROCK),
    ("jazz1", "Blue Rain", "Nina Blue", "Greatest Hits", 24, JAZZ),
    ("spotify:track:0VjIjW4GlUZAMYd2vXMi3b", "Crossing", "Both Sides", "Bridges", 16, BOTH),
    ("rock2", "Fire Escape", "The Sparks", "Ember", 8, ROCK),
    ("rock3", "Fire Again", "The Sparks", "Greatest Hits", 8, ROCK),
    ("jazz2", "Café Noir", "Nina Blue", "Greatest Hits", 4, JAZZ),
    ("rock4", "Rock'n'Roll AC/DC_live", "Gravel", None, 4, ROCKISH),
    ("jazz3", "Blue Hour", "Nina Blue", None, 2, JAZZ),
    ("jazz4", "Smoke", "Quartet", None, 2, JAZZISH),
    ("jazz5", None, None, None, 1, JAZZISH),
    ("local:track:5f3c", "Basement", "Gravel", None, 1, ROCKISH),
    ("rock5", "Rósin", "Gravel", None, 0, ROCKISH),
]
# Kind, URI, name, artist, keys by name, vector.
GROUPS = [
    ("artist", "spotify:artist:sparks", "The Sparks", "The Sparks", [artist_key("The Sparks")], ROCK),
    ("artist", "spotify:artist:nina", "Nina Blue", "Nina Blue", [artist_key("Nina Blue")], JAZZ),
    ("album", "spotify:album:ember", "Ember", "The Sparks", [album_key("The Sparks", "Ember")], ROCK),
    ("album", "spotify:album:nina", "Greatest Hits", "Nina Blue", [album_key("Nina Blue", "Greatest Hits")], JAZZISH),
    ("album", "spotify:album:hits", "Greatest Hits", "The Sparks", [album_key("The Sparks", "Greatest Hits")], ROCKISH),
]
NEIGHBOURS = {"rock1": (("rock3", 3), ("rock2", 5))}


def _vector(z: tuple[float, ...], popularity: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array([*z, popularity], dtype=np.float32)


def _made(reverse: bool = False) -> list[tuple[Document, list[str]]]:
    """Returns the documents with their keys; reversed, popularity counts against tracks."""
    documents = []
    for identifier, name, artist, album, playlists, z in TRACKS:
        vector = _vector(z, -playlists / 64 if reverse else playlists / 64)
        neighbours = NEIGHBOURS.get(identifier, ())
        told = (name, artist, album, playlists)
        documents.append((Document(identifier, "track", *told, vector, neighbours, song(name, artist)), [identifier]))
    for kind, uri, name, artist, keys, z in GROUPS:
        documents.append((Document(uri, kind, name, artist, None, 1, _vector(z, 0)), [uri, *keys]))
    return documents


def _write_index(folder: Path, reverse: bool = False) -> None:
    folder.mkdir(parents=True)
    build_embedded(folder, _made(reverse), dimension=5, embeddings="e1")


def _write_bundle(folder: Path, features: bool) -> None:
    folder.mkdir(parents=True)
    if features:
        ranges = {name: [0, 1] for name in NUMERIC_FEATURES}
        ranges |= {"loudness": [-60, 0], "tempo": [0, 200], "duration_ms": [0, 600_000]}
        (folder / "scaler.json").write_text(json.dumps(ranges))
        (folder / "one_hot.json").write_text(json.dumps(ONE_HOT))
        # Energy makes a track rock, acousticness makes it jazz.
        weights1 = np.zeros((29, 2), np.float32)
        weights1[NUMERIC_FEATURES.index("energy"), 0] = 1
        weights1[NUMERIC_FEATURES.index("acousticness"), 1] = 1
        np.save(folder / "weights1.npy", weights1)
        np.save(folder / "bias1.npy", np.zeros(2, np.float32))
        np.save(folder / "weights2.npy", np.array([ROCK, JAZZ], np.float32) * 2)
        np.save(folder / "bias2.npy", np.zeros(4, np.float32))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    manifest = {"embeddings": "e1", "features": features, "factors": 0, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _write_store(root: Path, features: bool) -> Path:
    _write_index(root / "search_index" / "v1")
    _write_bundle(root / "serving_bundle" / "v1", features)
    current = {
        "version": "v1",
        "bundle": "serving_bundle/v1",
        "index": {"kind": "embedded", "name": "search_index/v1"},
        "metrics": {"served": {"r_precision": 0.25}},
    }
    (root / "releases").mkdir()
    (root / "releases" / "current.json").write_text(json.dumps(current))
    return root


@pytest.fixture(scope="session")
def documents() -> Callable[[bool], list[tuple[Document, list[str]]]]:
    return _made


@pytest.fixture
def versions(store: Path, tmp_path: Path) -> Path:
    """A store with v1 released, and v2 beside it, which recommends the unpopular."""
    root = Path(shutil.copytree(store, tmp_path / "versions"))
    shutil.copytree(root / "serving_bundle" / "v1", root / "serving_bundle" / "v2")
    _write_index(root / "search_index" / "v2", reverse=True)
    return root


@pytest.fixture
def point(versions: Path) -> Callable[[str], None]:
    """Releases a version, as `algorhythms_assets.release` does."""
    pointer = versions / "releases" / "current.json"
    released = json.loads(pointer.read_text())

    def release(version: str) -> None:
        index = {"kind": "embedded", "name": f"search_index/{version}"}
        content = released | {"version": version, "bundle": f"serving_bundle/{version}", "index": index}
        new = pointer.with_name("new.json")
        new.write_text(json.dumps(content))
        new.replace(pointer)

    return release


@pytest.fixture
def cluster(elasticsearch_node: Node, tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: F811
    """A cluster that holds the indices of v1 and v2."""
    client = writer(Database(elasticsearch_node.url))
    for version in ("v1", "v2"):
        folder = tmp_path_factory.mktemp(version)
        build_elastic(client, f"tracks-bucket-{version}", _made(version == "v2"), 5, 9.0, "e1", folder)
    return elasticsearch_node.url


@pytest.fixture
def publish(
    cluster: str,
    bucket: str,  # noqa: F811
    versions: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], Any]:
    """Releases a version of the store in the bucket, under a prefix; v1 is."""
    monkeypatch.setenv("DATABASE_URL", cluster)
    monkeypatch.setenv("MODEL_BUCKET", bucket)
    monkeypatch.setenv("RELEASE_KEY", "live/releases/current.json")

    def release(version: str) -> Any:
        content = {
            "version": version,
            "bundle": f"serving_bundle/{version}",
            "index": {"kind": "elasticsearch", "name": f"tracks-bucket-{version}"},
            "metrics": {},
        }
        return switch(Store(versions), content, Bucket(boto3.client("s3")))

    release("v1")
    return release


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a release, features included. Not to be written to."""
    return _write_store(tmp_path_factory.mktemp("store"), features=True)


@pytest.fixture(scope="session")
def plain_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a release that was made without features."""
    return _write_store(tmp_path_factory.mktemp("plain_store"), features=False)


@pytest.fixture(scope="session")
def release(store: Path) -> Release:
    return load_release(store)


@pytest.fixture(scope="session")
def recommender(release: Release) -> Recommender:
    return release.recommender


@pytest.fixture(scope="session")
def client(release: Release) -> TestClient:
    """Asks the endpoint; what goes wrong inside comes out as an answer, as it does for users."""
    return TestClient(create_app(release), raise_server_exceptions=False)


@pytest.fixture(scope="session")
def plain_client(plain_store: Path) -> TestClient:
    return TestClient(create_app(load_release(plain_store)), raise_server_exceptions=False)


@pytest.fixture(scope="session")
def conforms(client: TestClient) -> Callable[[str, Any], None]:
    """Holds an answer against a model of the OpenAPI document."""
    components = client.get("/openapi.json").json()["components"]

    def check(model: str, answer: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{model}", "components": components}
        Draft202012Validator(schema).validate(answer)

    return check


@pytest.fixture(scope="session")
def features() -> dict[str, float]:
    """The 13 features of a track that the network places exactly where the rock tracks are."""
    values = dict.fromkeys(NUMERIC_FEATURES, 0.0) | dict.fromkeys(CATEGORICAL_FEATURES, 1)
    return values | {"energy": 1.0, "loudness": -10.0, "tempo": 120.0, "duration_ms": 200_000}


@pytest.fixture(scope="session")
def problem(conforms: Callable[[str, Any], None]) -> Callable[[Response, int], dict[str, Any]]:
    """Checks that a response is a problem of RFC 9457 with that status; returns it."""

    def check(response: Response, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        answer: dict[str, Any] = response.json()
        conforms("Problem", answer)
        assert answer["status"] == status
        assert "Traceback" not in response.text
        return answer

    return check
