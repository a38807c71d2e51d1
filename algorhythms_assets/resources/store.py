"""The folder of all artifacts: where each is, what it was made from, and how it is replaced atomically."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from glob import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from algorhythms_assets.contracts import ARTIFACTS, RAW_PLAYLISTS, Artifact
from algorhythms_assets.resources.checksums import damage

STAMP_FILE = "artifact.json"
LATEST_FILE = "latest.json"
# Next to the slices; the outcome for each file of the last run, one line each.
REPORT_FILE = "report.jsonl"
# Also next to the slices, for each file that could not be read: its version and the reason.
FAILED_SUFFIX = ".failed.json"
# Suffix of what is being deleted; nothing reads such names.
GONE_SUFFIX = ".gone.tmp"
_STAMP_KEY = b"algorhythms"
# Bytes; file systems allow 255, and temporary names are longer.
_LONGEST_NAME = 180


class InputError(Exception):
    """The user can fix this; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Stamp:
    """What an artifact was made from.

    `snapshot` is the data version of the track_metadata it belongs to. `inputs` are the data versions of what it was
    made from, `ancestors` those of what these were made from, and so on to the slices.
    """

    artifact: str
    data_version: str
    code_version: str
    snapshot: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    ancestors: dict[str, str] = field(default_factory=dict)

    @property
    def descent(self) -> dict[str, str]:
        """The data versions of itself and of all its ancestors, by name."""
        return {**self.ancestors, **self.inputs, self.artifact: self.data_version}


def digest(*parts: object) -> str:
    """Returns the SHA-256, in hex, of the parts as canonical JSON."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def write_json(path: Path, content: object) -> None:
    """Writes JSON atomically."""
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )


@contextmanager
def replacing(path: Path, resume: str | None = None) -> Iterator[Path]:
    """Gives a temporary path for a file or folder, and moves it to `path` when the block succeeds.

    The file is synced to disk before it is renamed. A folder is swapped with two renames; a process killed between them
    leaves the old one next to it, and `Store` restores it. With `resume`, a name for what is to be written, an
    unfinished folder stays, and the next block of the same name resumes with it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{resume or 'new'}.tmp")
    # There is only one writer, so anything here was left by a killed one.
    stale = {*path.parent.glob(f".{escape(path.name)}.*.tmp")} - {temporary} if resume else {temporary}
    for left in stale:
        _remove(left)
    try:
        yield temporary
        if temporary.is_file():
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        while path.is_dir():
            _remove(_replaced(path))
            path.rename(_replaced(path))
            try:
                temporary.rename(path)
                break
            except OSError:
                # Between the two renames a reader may have put the old one back.
                if not path.is_dir():
                    raise
        else:
            temporary.replace(path)
        _remove(_replaced(path))
    finally:
        if not resume:
            _remove(temporary)


def size_of(place: Path) -> int:
    """Returns the bytes of a file, or of all files in a folder; 0 if there is none."""
    total = 0
    for path in place.rglob("*") if place.is_dir() else [place]:
        with suppress(FileNotFoundError):  # deleted meanwhile
            total += path.lstat().st_size if path.is_file() else 0
    return total


def discard(path: Path) -> None:
    """Deletes a file or folder. It is renamed first, so that no reader finds half of it if this is killed."""
    gone = path.with_name(f".{path.name}{GONE_SUFFIX}")
    _remove(gone)
    path.rename(gone)
    _remove(gone)


def _replaced(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Store:
    """Artifacts in one folder, which every process that computes or serves them can reach."""

    root: Path

    def path(self, artifact: Artifact) -> Path:
        """Returns the artifact's path: the latest version of a versioned one.

        Raises:
            InputError: it is versioned and has not been materialized, or `latest.json` is damaged.
        """
        if "{version}" not in artifact.path:
            path = self.root / artifact.path
            if not path.exists() and _replaced(path).exists():
                with suppress(OSError):  # the writer may be in the middle of it
                    _replaced(path).rename(path)
            return path
        pointer = self.root / artifact.name / LATEST_FILE
        try:
            version = str(json.loads(pointer.read_text(encoding="utf-8"))["version"])
        except FileNotFoundError:
            raise self._missing(artifact) from None
        except (ValueError, KeyError, TypeError):
            version = ""
        # It is part of a path, and must not point elsewhere.
        if not re.fullmatch(r"\w[\w.-]*", version):
            raise InputError(f"{pointer} names no version: materialize {artifact.name} again.")
        return self.version_path(artifact, version)

    def version_path(self, artifact: Artifact, version: str) -> Path:
        """Returns the path of a version of a versioned artifact, whether it exists or not."""
        return self.root / artifact.path.format(version=version)

    @property
    def locks(self) -> Path:
        """The folder of locks, which say what is being made, and by whom."""
        return self.root / ".locks"

    def slice_path(self, key: str) -> Path:
        """Returns the path of a slice's rows: a name that is too long for a file is cut and made unique.

        Raises:
            InputError: the key would escape the folder of slices.
        """
        if {"", ".", ".."} & set(key.split("/")) or "\0" in key:
            raise InputError(f"{key!r} is no slice: its name leads elsewhere")
        parts = [part if len(part.encode()) <= _LONGEST_NAME else _shortened(part) for part in key.split("/")]
        return self.root / RAW_PLAYLISTS.path.format(slice="/".join(parts))

    def slices(self) -> dict[str, Stamp]:
        """Returns the stamps of all slices in the store, by partition key and in its order.

        One whose file has become unreadable counts as missing, so that it is parsed again.
        """
        stamps = (self.stamp_of(path) for path in self.slice_path("any").parent.rglob("*.parquet"))
        found = {stamp.config["slice"]: stamp for stamp in stamps if stamp is not None and "slice" in stamp.config}
        return dict(sorted(found.items()))

    def input_size(self, artifact: Artifact) -> tuple[int, int]:
        """Returns how many rows of playlists and how many tracks an artifact is made from, as far as known.

        Those are the snapshot's; of the snapshot itself, the rows of all slices.
        """
        if artifact.name == "track_metadata":
            return sum(pq.read_metadata(self.slice_path(key)).num_rows for key in self.slices()), 0
        try:
            numbers = json.loads((self.path(ARTIFACTS["track_metadata"]) / "snapshot.json").read_text(encoding="utf-8"))
            return numbers["rows"], numbers["tracks"]
        except (FileNotFoundError, ValueError, KeyError):
            # The reader of the snapshot reports what is wrong with it.
            return 0, 0

    def failed_slices(self) -> dict[str, str]:
        """Returns the versions of the slice files that could not be read, by partition key."""
        files = self.slice_path("any").parent.rglob(f"*{FAILED_SUFFIX}")
        found = (json.loads(path.read_text(encoding="utf-8")) for path in files)
        return {failure["slice"]: failure["source version"] for failure in found}

    def stamp(self, artifact: Artifact) -> Stamp | None:
        """Returns what the artifact was made from, or None if it is not in the store, or cannot be read."""
        if artifact is RAW_PLAYLISTS:
            slices = {key: stamp.data_version for key, stamp in self.slices().items()}
            return Stamp(artifact.name, digest(slices), artifact.code_version) if slices else None
        try:
            return self.stamp_of(self.path(artifact))
        except InputError:
            return None

    @staticmethod
    def stamp_of(place: Path) -> Stamp | None:
        """Returns what the file or folder was made from; None if there is none, or it cannot be read."""
        try:
            if place.is_file():
                metadata = pq.read_schema(place).metadata or {}
                return Stamp(**json.loads(metadata[_STAMP_KEY])) if _STAMP_KEY in metadata else None
            return Stamp(**json.loads((place / STAMP_FILE).read_text(encoding="utf-8")))
        except (OSError, pa.ArrowException, ValueError, TypeError):
            return None

    def require_sound(self, artifact: Artifact) -> None:
        """Reads the files of an artifact once and verifies their checksums.

        Raises:
            InputError: one is damaged; the message says which, and what to materialize again.
        """
        if artifact is RAW_PLAYLISTS:
            slices = self.slice_path("any").parent
            found = next(filter(None, map(damage, sorted(slices.rglob("*.parquet")))), None)
            remedy = "delete it, and materialize its slice of raw_playlists again"
        else:
            found = damage(self.path(artifact))
            remedy = f"materialize {artifact.name} again"
        if found:
            raise InputError(f"{found}: {remedy}.")

    def require(self, artifact: Artifact, wanted_by: Artifact | None = None) -> Stamp:
        """Returns what the artifact was made from.

        Raises:
            InputError: it is not in the store.
        """
        stamp = self.stamp(artifact)
        if stamp is None:
            raise self._missing(artifact, wanted_by)
        return stamp

    def inputs(self, artifact: Artifact) -> dict[str, Stamp]:
        """Returns the stamps of the artifact's inputs, which must not descend from two versions of anything.

        Raises:
            InputError: one is missing, or descends from another version of something than the others.
        """
        stamps = {name: self.require(ARTIFACTS[name], wanted_by=artifact) for name in artifact.inputs}
        # Slices that arrive after the snapshot are the input of new_tracks; nothing is made from two snapshots.
        for ancestor in (name for name in ARTIFACTS if name != RAW_PLAYLISTS.name):
            versions = {name: stamp.descent[ancestor] for name, stamp in stamps.items() if ancestor in stamp.descent}
            if len(set(versions.values())) > 1:
                raise self._mixed(artifact, ancestor, versions)
        return stamps

    def _mixed(self, artifact: Artifact, ancestor: str, versions: Mapping[str, str]) -> InputError:
        """Returns the error for inputs of different descent, which names the first artifact to rebuild."""
        now = self.stamp(ARTIFACTS[ancestor])
        newest = now.data_version if now is not None else next(iter(versions.values()))
        old, new = sorted(versions, key=lambda name: versions[name] == newest)[:: len(versions) - 1]
        of_old = {old, *self.require(ARTIFACTS[old]).descent}
        made = {name: self.stamp(ARTIFACTS[name]) for name in ARTIFACTS if name in of_old}
        outdated = (
            name
            for name, stamp in made.items()
            if stamp is not None and name != ancestor and stamp.descent.get(ancestor, newest) != newest
        )
        return InputError(
            f"{artifact.name} cannot mix versions of {ancestor}: {old} descends from {versions[old][:12]}, {new} from "
            f"{versions[new][:12]}. Materialize {next(outdated, old)} again, and what follows from it."
        )

    def _missing(self, artifact: Artifact, wanted_by: Artifact | None = None) -> InputError:
        if artifact is RAW_PLAYLISTS and (report := self.slice_path("any").with_name(REPORT_FILE)).exists():
            return InputError(f"no file of playlists could be used: {report} says why, file by file.")
        purpose = f", which {wanted_by.name} is made from," if wanted_by else ""
        place = self.root / artifact.path.partition("/{")[0]
        if artifact is not RAW_PLAYLISTS and place.exists():
            return InputError(f"{artifact.name}{purpose} cannot be read in {place}: materialize it again.")
        return InputError(f"{artifact.name}{purpose} is not in {self.root}: materialize it first.")


def _shortened(name: str) -> str:
    return f"{name.encode()[: _LONGEST_NAME - 20].decode(errors='ignore')}~{digest(name)[:16]}"


def planned_stamp(artifact: Artifact, inputs: Mapping[str, Stamp], config: Mapping[str, Any]) -> Stamp:
    """Returns the stamp that the artifact will have if it is made now.

    Its data version is a hash of the inputs' data versions, the code version and the config, not of its bytes.
    """
    versions = {name: stamp.data_version for name, stamp in inputs.items()}
    data_version = digest(artifact.name, artifact.code_version, versions, config)
    snapshot = next((stamp.snapshot for stamp in inputs.values() if stamp.snapshot is not None), None)
    if artifact.name == "track_metadata":
        snapshot = data_version
    ancestors: dict[str, str] = {}
    for stamp in inputs.values():
        ancestors |= {name: version for name, version in stamp.descent.items() if name not in versions}
    return Stamp(artifact.name, data_version, artifact.code_version, snapshot, versions, dict(config), ancestors)


def write_table(table: pa.Table, path: Path, schema: pa.Schema, stamp: Stamp | None = None, **encoding: Any) -> None:
    """Writes Parquet in exactly the contract's schema, with the stamp inside; `encoding` is for pyarrow.

    Raises:
        ValueError: the table does not fit the schema.
    """
    table = table.select(schema.names).cast(schema)
    if stamp is not None:
        table = table.replace_schema_metadata({_STAMP_KEY: json.dumps(asdict(stamp))})
    pq.write_table(table, path, **{"compression": "zstd"} | encoding)
