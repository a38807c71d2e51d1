"""What every artifact is called, made from and shaped like: the contract between stages, and with users' own tools.

Dagster's lineage, the payloads' data versions and the folder layout of the store all come from `ARTIFACTS`.
Raise an artifact's `code_version` whenever the same input would give another output.
"""

from dataclasses import dataclass

import pyarrow as pa
from algorhythms_ask.features import CATEGORICAL_FEATURES, LIMITS, NUMERIC_FEATURES
from pydantic import BaseModel


def _column(name: str, kind: pa.DataType, description: str, nullable: bool = True) -> pa.Field:
    """Returns a column with a description, which files, Dagster's UI and docs/store.md show."""
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


def description(column: pa.Field) -> str:
    """Returns what a column of a schema holds."""
    return str(column.metadata[b"description"].decode())


_TRACK_NAMES = (
    _column("track_name", pa.string(), "title of the track"),
    _column("artist_uri", pa.string(), "identifier of the first artist"),
    _column("artist_name", pa.string(), "name of the first artist"),
    _column("album_uri", pa.string(), "identifier of the album"),
    _column("album_name", pa.string(), "name of the album"),
    _column("duration_ms", pa.int64(), "length in milliseconds"),
)

_FEATURES = (
    *(
        _column(name, pa.float32(), f"Spotify's audio feature, {LIMITS[name][0]:g} to {LIMITS[name][1]:.9g}")
        for name in NUMERIC_FEATURES
    ),
    *(
        _column(name, pa.int8(), f"Spotify's audio feature, a class from {LIMITS[name][0]:g} to {LIMITS[name][1]:.9g}")
        for name in CATEGORICAL_FEATURES
    ),
)

_STRENGTHS = (
    _column("weight", pa.float32(), "sum over pairs of positions of 1 / (distance · tracks in the playlist)", False),
    _column("proximity", pa.float32(), "sum over pairs of positions of 1 / distance", False),
    _column("playlists", pa.int32(), "training playlists that hold both tracks", False),
)

RAW_PLAYLISTS_SCHEMA = pa.schema(
    [
        _column("pid", pa.int64(), "identifier of the playlist", False),
        _column("name", pa.string(), "title of the playlist"),
        _column("bucket", pa.int32(), "0 to 9999, a hash: decides whether it trains or is held out", False),
        _column("content", pa.int64(), "hash of name and tracks: the same export twice has the same", False),
        _column("num_tracks", pa.int32(), "rows that were kept of the playlist", False),
        _column("position", pa.int32(), "place in the playlist, as in the file", False),
        _column("track_uri", pa.string(), "identifier of the track", False),
        *_TRACK_NAMES,
    ]
)

TRACKS_SCHEMA = pa.schema(
    [
        _column("track", pa.int32(), "number of the track within this snapshot: 0, 1, 2, … by rising URI", False),
        _column("track_uri", pa.string(), "identifier of the track", False),
        *_TRACK_NAMES,
        _column("playlists", pa.int32(), "training playlists that hold the track", False),
    ]
)

AUDIO_FEATURES_SCHEMA = pa.schema([_column("track_uri", pa.string(), "identifier of the track", False), *_FEATURES])

# The snapshot's playlists, so that later stages neither join strings nor see slices that arrive meanwhile.
PLAYLISTS_SCHEMA = pa.schema(
    [
        _column("playlist", pa.int32(), "number of the playlist within this snapshot", False),
        _column("pid", pa.int64(), "identifier of the playlist", False),
        _column("bucket", pa.int32(), "0 to 9999; snapshot.json says which are held out", False),
        _column("position", pa.int32(), "place in the playlist", False),
        _column("track", pa.int32(), "number of the track", False),
    ]
)

# The playlists that have a name, for models that learn from names.
PLAYLIST_NAMES_SCHEMA = pa.schema(
    [
        _column("pid", pa.int64(), "identifier of the playlist", False),
        _column("name", pa.string(), "title of the playlist", False),
    ]
)

EDGES_SCHEMA = pa.schema(
    [
        _column("source", pa.int32(), "number of the one track", False),
        _column("target", pa.int32(), "number of the other track, which is higher", False),
        *_STRENGTHS,
    ]
)

GRAPH_SAMPLE_SCHEMA = pa.schema(
    [
        _column("track_uri", pa.string(), "identifier of a track that was drawn", False),
        _column("track_name", pa.string(), "its title"),
        _column("artist_name", pa.string(), "its first artist"),
        _column("neighbour_uri", pa.string(), "identifier of a track that shares playlists with it", False),
        _column("neighbour_name", pa.string(), "the neighbour's title"),
        _column("neighbour_artist", pa.string(), "the neighbour's first artist"),
        *_STRENGTHS,
        *_FEATURES,
    ]
)

EMBEDDINGS_SCHEMA = pa.schema(
    [
        _column("track", pa.int32(), "number of the track", False),
        _column("embedding", pa.list_(pa.float32()), "a unit vector, factors, the popularity term", False),
    ]
)

# Tracks that arrived after the snapshot have no number in it.
NEW_TRACKS_SCHEMA = pa.schema(
    [
        _column("track_uri", pa.string(), "identifier of the track", False),
        *_TRACK_NAMES,
        _column("playlists", pa.int32(), "training playlists newer than the snapshot that hold the track", False),
        _column("placed_by", pa.string(), "what stands for it: name, album, artist or features", False),
        _column("embedding", pa.list_(pa.float32()), "as in embeddings.parquet", False),
    ]
)


class NoConfig(BaseModel):
    """The config of an artifact that has nothing to choose."""


@dataclass(frozen=True)
class Artifact:
    """One artifact of the store: a file or folder, made by the payload module of its name in the folder of its stage.

    `path` is relative to the store; `{version}` stands for the artifact's own version, `{slice}` for a partition key.
    """

    name: str
    stage: str
    path: str
    inputs: tuple[str, ...] = ()
    code_version: str = "1"
    schema: pa.Schema | None = None

    @property
    def module(self) -> str:
        """The payload module."""
        return f"algorhythms_assets.{self.stage}.{self.name}"


RAW_PLAYLISTS = Artifact(
    "raw_playlists", "ingest", "raw_playlists/{slice}.parquet", code_version="3", schema=RAW_PLAYLISTS_SCHEMA
)
TRACK_METADATA = Artifact(
    "track_metadata", "ingest", "track_metadata", ("raw_playlists",), code_version="3", schema=TRACKS_SCHEMA
)
AUDIO_FEATURES = Artifact(
    "audio_features",
    "features",
    "audio_features.parquet",
    ("track_metadata",),
    code_version="2",
    schema=AUDIO_FEATURES_SCHEMA,
)
SCALER = Artifact("scaler", "features", "scaler", ("audio_features", "track_metadata"))
EDGE_TABLE = Artifact("edge_table", "graph", "edge_table", ("track_metadata",), code_version="2", schema=EDGES_SCHEMA)
DEGREE_REPORT = Artifact("degree_report", "graph", "degree_report", ("edge_table", "track_metadata"))
GRAPH_SAMPLE = Artifact(
    "graph_sample",
    "graph",
    "graph_sample",
    ("edge_table", "track_metadata", "audio_features"),
    code_version="2",
    schema=GRAPH_SAMPLE_SCHEMA,
)
PYG_GRAPH = Artifact(
    "pyg_graph",
    "graph",
    "pyg_graph/{version}",
    ("edge_table", "track_metadata", "scaler", "audio_features"),
    code_version="2",
)
GCN_WEIGHTS = Artifact("gcn_weights", "model", "gcn_weights", ("pyg_graph", "track_metadata"), code_version="6")
EMBEDDINGS = Artifact(
    "embeddings",
    "model",
    "embeddings.parquet",
    ("gcn_weights", "pyg_graph"),
    code_version="4",
    schema=EMBEDDINGS_SCHEMA,
)
MLP_WEIGHTS = Artifact(
    "mlp_weights",
    "model",
    "mlp_weights",
    ("embeddings", "scaler", "audio_features", "track_metadata"),
    code_version="3",
)
TITLE_WEIGHTS = Artifact(
    "title_weights", "model", "title_weights", ("track_metadata", "embeddings", "gcn_weights"), code_version="2"
)
SERVING_BUNDLE = Artifact(
    "serving_bundle",
    "serving",
    "serving_bundle/{version}",
    ("scaler", "mlp_weights", "title_weights", "embeddings", "gcn_weights"),
    code_version="3",
)
NEW_TRACKS = Artifact(
    "new_tracks",
    "serving",
    "new_tracks.parquet",
    ("raw_playlists", "track_metadata", "embeddings", "serving_bundle"),
    code_version="2",
    schema=NEW_TRACKS_SCHEMA,
)
SEARCH_INDEX = Artifact(
    "search_index",
    "serving",
    "search_index/{version}",
    ("embeddings", "track_metadata", "edge_table", "gcn_weights", "new_tracks"),
    code_version="9",
)
EVALUATION_REPORT = Artifact(
    "evaluation_report",
    "evaluation",
    "evaluation_report",
    ("serving_bundle", "search_index", "track_metadata", "new_tracks"),
    code_version="13",
)
RELEASE = Artifact("release", "release", "releases", ("evaluation_report", "serving_bundle", "search_index"))

ARTIFACTS = {
    artifact.name: artifact
    for artifact in (
        RAW_PLAYLISTS,
        TRACK_METADATA,
        AUDIO_FEATURES,
        SCALER,
        EDGE_TABLE,
        DEGREE_REPORT,
        GRAPH_SAMPLE,
        PYG_GRAPH,
        GCN_WEIGHTS,
        EMBEDDINGS,
        MLP_WEIGHTS,
        TITLE_WEIGHTS,
        SERVING_BUNDLE,
        NEW_TRACKS,
        SEARCH_INDEX,
        EVALUATION_REPORT,
        RELEASE,
    )
}
