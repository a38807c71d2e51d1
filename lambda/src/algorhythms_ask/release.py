"""What is released: `releases/current.json` names a serving bundle and an index, and both are checked before use."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from algorhythms_ask.blocking import BLOCKED, BlockList, BlockListError, without
from algorhythms_ask.embedded import EmbeddedIndex
from algorhythms_ask.features import NUMERIC_FEATURES, Encoder, FeatureNetwork, Floats
from algorhythms_ask.index import Index
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.titles import Titles

if TYPE_CHECKING:
    from algorhythms_ask.connection import Connection

CURRENT = "releases/current.json"


class NotServableError(Exception):
    """There is no release, or its files are not the released ones. The message says what to do."""


@dataclass(frozen=True)
class Release:
    """A recommender, and what `releases/current.json` says about it."""

    version: str
    recommender: Recommender
    metrics: dict[str, Any] = field(default_factory=dict)
    bundle: str = ""
    index: str = ""
    report: dict[str, Any] | None = None
    # It was released with a block list, even an empty one, so a missing list is an error, not an empty list.
    has_block_list: bool = False
    block_list: BlockList = field(default_factory=BlockList)
    refused: None = None

    @property
    def chance(self) -> list[float] | None:
        """The weights that the chance of a recommendation is found with; None if they are not known."""
        known = (self.report or {}).get("chance")
        return None if known is None else list(known["weights"])

    @property
    def answers(self) -> str:
        """Changes whenever the same request may get a different answer."""
        return f"{self.version} without {self.block_list.version}" if self.block_list else self.version

    def without(self, blocked: BlockList) -> "Release":
        """Returns the release as it is served with that block list.

        Raises:
            IndexUnavailableError: the index does not answer.
        """
        recommender = self.recommender.on(without(self.recommender.index, blocked))
        return replace(self, recommender=recommender, block_list=blocked)

    def current(self) -> "Release":
        """Returns itself: a single release to answer from."""
        return self


def prefix_of(key: str) -> str:
    """Returns the prefix of all names in a bucket whose pointer is at that key.

    Raises:
        NotServableError: a pointer cannot be there.
    """
    if not f"/{key}".endswith(f"/{CURRENT}"):
        raise NotServableError(f"RELEASE_KEY has to be {CURRENT}, or end with /{CURRENT}")
    return key.removesuffix(CURRENT)


class LocalStore:
    """Releases of a store on this machine."""

    def __init__(self, store: Path, seconds: float = 0) -> None:
        """`seconds`: see `connect`."""
        self._store = store
        self._seconds = seconds

    def pointer(self) -> bytes:
        """Returns the content of `releases/current.json`."""
        try:
            return (self._store / CURRENT).read_bytes()
        except FileNotFoundError:
            raise NotServableError(
                f"nothing is released in {self._store}: run `make demo`, or materialize the asset `release`"
            ) from None
        except OSError as error:
            raise NotServableError(f"{self._store / CURRENT} cannot be read: {error}") from error

    def block_list(self) -> tuple[str, bytes | None]:
        """Returns where the block list is, and its content; None if there is none."""
        path = self._store / BLOCKED
        try:
            return str(path), path.read_bytes()
        except FileNotFoundError:
            return str(path), None
        except OSError as error:
            raise BlockListError(f"{path} cannot be read: {error}") from error

    def load(self, pointer: bytes) -> Release:
        """Opens the release that the pointer names."""
        current = pointed(self._store / CURRENT, pointer)
        index = open_index(self._store, current["index"], self._seconds)
        recommender = load_recommender(self._store / current["bundle"], index)
        return named(current, recommender)


def named(current: Mapping[str, Any], recommender: Recommender) -> Release:
    """Returns the release of a pointer's content and of the recommender that was loaded for it."""
    names = str(current["bundle"]), str(current["index"]["name"])
    return Release(
        current["version"],
        recommender,
        current.get("metrics", {}),
        *names,
        current.get("report"),
        current.get("has_block_list", False),
    )


def load_release(store: Path, seconds: float = 0) -> Release:
    """Opens what the store has released.

    Raises:
        NotServableError: nothing is released, or a file is missing or differs from its checksum.
        IndexUnavailableError: the index does not answer.
    """
    source = LocalStore(store, seconds)
    return source.load(source.pointer())


def open_index(store: Path, index: Mapping[str, str], seconds: float = 0) -> Index:
    """Opens the index that a release names: `search_index/<version>` of the store, or one of Elasticsearch.

    Raises:
        NotServableError: it is of an unknown kind, or the settings of the database cannot be used.
        IndexUnavailableError: it cannot be read, or does not answer.
    """
    if index["kind"] == "embedded":
        opened = EmbeddedIndex(store / index["name"])
        check_files(store / index["name"], opened.files)
        return opened
    if index["kind"] != "elasticsearch":
        raise NotServableError(
            f"the release wants an index of kind {index['kind']!r}; this version knows 'embedded' and 'elasticsearch'"
        )
    # The plain case does not need a client.
    from algorhythms_ask.elastic import ElasticIndex

    return ElasticIndex(connect(seconds), index["name"])


def connect(seconds: float = 0) -> "Connection":
    """Returns a connection to the cluster of the environment's settings.

    It waits for an answer as long as these say, and at least `seconds`: work that nobody waits for has time.

    Raises:
        NotServableError: they cannot be used.
    """
    from algorhythms_ask.connection import Connection, Database, DatabaseError

    try:
        database = Database.from_environment()
        patient = replace(database, timeout=max(database.timeout, seconds))
        return Connection(patient, renew=Database.from_environment)
    except DatabaseError as error:
        raise NotServableError(str(error)) from None


def index_reference(store: Path, folder: Path) -> dict[str, str]:
    """Returns how a release names the index that a folder of the store holds or describes."""
    about = _json(folder / "index.json", "embeddings")
    if about.get("kind") == "elasticsearch":
        return {"kind": "elasticsearch", "name": about["name"]}
    return {"kind": "embedded", "name": str(folder.relative_to(store))}


def load_recommender(bundle: Path, index: Index) -> Recommender:
    """Loads the recommender of a serving bundle that belongs to the index.

    Raises:
        NotServableError: a file is missing or differs from its checksum, or the index was made from other embeddings.
    """
    manifest = _json(bundle / "manifest.json", "embeddings", "files", "features", "factors")
    check_files(bundle, manifest["files"])
    if manifest["embeddings"] != index.embeddings:
        raise NotServableError(
            f"{bundle} was made from embeddings {manifest['embeddings']}, the index from {index.embeddings}: "
            "release again"
        )
    network = None
    if manifest["features"]:
        arrays = {name: _array(bundle / f"{name}.npy") for name in ("weights1", "bias1", "weights2", "bias2")}
        network = FeatureNetwork(load_encoder(bundle), **arrays)
        inputs = len(network.encoder.inputs)
        if network.weights1.shape[:1] != (inputs,):
            raise NotServableError(
                f"{bundle / 'weights1.npy'} does not fit the {inputs} inputs of scaler.json: release again"
            )
    factors = manifest["factors"]
    fold_in = _array(bundle / "fold_in.npy") if factors else None
    if fold_in is not None and (fold_in.shape != (factors, factors) or factors >= index.dimension):
        raise NotServableError(
            f"{bundle / 'fold_in.npy'} does not fit {factors} factors in vectors of {index.dimension}: release again"
        )
    return Recommender(network, index, fold_in, _titles(bundle, index.dimension) if manifest.get("titles") else None)


def _titles(bundle: Path, dimension: int) -> Titles:
    """Loads what a bundle knows about titles: nothing if it was made before there were any."""
    hashes = np.asarray(_array(bundle / "title_hashes.npy"), np.int64)
    weights, vectors = (
        _array(bundle / "title_weights.npy"),
        np.asarray(_array(bundle / "title_vectors.npy"), np.float16),
    )
    if weights.shape != hashes.shape or vectors.shape != (len(hashes), dimension - 1):
        raise NotServableError(f"{bundle / 'title_vectors.npy'} does not fit vectors of {dimension}: release again")
    return Titles(hashes, weights, vectors)


def check_files(folder: Path, checksums: Mapping[str, str]) -> None:
    """Verifies the SHA-256 of files.

    Raises:
        NotServableError: one is missing or differs, or is not in this folder.
    """
    for name, checksum in checksums.items():
        require_beside(folder, name)
        path = folder / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            found = None
        if found != checksum:
            raise NotServableError(f"{path} is missing or not the file that was released: release again")


def require_beside(folder: Path, name: str) -> None:
    """Checks that a file named in a manifest is in the same folder.

    Raises:
        NotServableError: it would be elsewhere.
    """
    if "/" in name or name in ("", ".", ".."):
        raise NotServableError(
            f"{folder / 'manifest.json'} names {name!r}, which is not a file beside it: release again"
        )


def load_encoder(folder: Path) -> Encoder:
    """Loads `scaler.json` and `one_hot.json`, which name the features that training tracks have."""
    scaler = _json(folder / "scaler.json")
    ranges = np.asarray([scaler.get(name, (np.nan, np.nan)) for name in NUMERIC_FEATURES], dtype=np.float32)
    return Encoder(ranges[:, 0], ranges[:, 1], _json(folder / "one_hot.json"))


def _array(path: Path) -> Floats:
    try:
        array: Floats = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise NotServableError(f"{path} cannot be read: {error}") from error
    return array


def _json(path: Path, *names: str) -> dict[str, Any]:
    """Reads an object that has at least those names."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotServableError(f"{path} cannot be read: {error}") from error
    return parsed(path, content, *names)


def pointed(path: Path | str, text: bytes) -> dict[str, Any]:
    """Returns what a pointer to a release says; `path` is where it comes from.

    Raises:
        NotServableError: it is not a pointer, or a path in it could point outside the store.
    """
    content = parsed(path, text, "version", "bundle", "index")
    index = content["index"]
    if not isinstance(index, dict) or not {"kind", "name"} <= set(index):
        raise NotServableError(f"{path} names no index: release again")
    for name in map(str, (content["bundle"], index["name"])):
        if {"", ".", ".."} & set(name.split("/")):
            raise NotServableError(f"{path} names {name!r}, which is not a path in a store: release again")
    return content


def parsed(path: Path | str, text: bytes, *names: str) -> dict[str, Any]:
    """Returns the object of a JSON text that has at least those names; `path` is where it comes from.

    Raises:
        NotServableError: it is not such an object.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        missing = [name for name in names if name not in content]
    except (ValueError, TypeError) as error:
        raise NotServableError(f"{path} cannot be read: {error}") from error
    if missing:
        raise NotServableError(f"{path} lacks {', '.join(missing)}: release again")
    return content
