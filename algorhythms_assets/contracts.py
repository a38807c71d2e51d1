"""What every artifact is called, made from and shaped like: the contract between stages, and with users' own tools.

Dagster's lineage, the payloads' data versions and the folder layout of the store all come from `ARTIFACTS`.
Raise an artifact's `code_version` whenever the same input would give another output.
"""

from dataclasses import dataclass

import pyarrow as pa
from algorhythms_ask.features import CATEGORICAL_FEATURES, NUMERIC_FEATURES
from pydantic import BaseModel

RAW_PLAYLISTS_SCHEMA = pa.schema(
    [
        pa.field("pid", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("bucket", pa.int32(), nullable=False),
        pa.field("content", pa.int64(), nullable=False),
        pa.field("num_tracks", pa.int32(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("track_uri", pa.string(), nullable=False),
        pa.field("track_name", pa.string()),
        pa.field("artist_uri", pa.string()),
        pa.field("artist_name", pa.string()),
        pa.field("album_uri", pa.string()),
        pa.field("album_name", pa.string()),
        pa.field("duration_ms", pa.int64()),
    ]
)

TRACKS_SCHEMA = pa.schema(
    [
        pa.field("track", pa.int32(), nullable=False),
        pa.field("track_uri", pa.string(), nullable=False),
        pa.field("track_name", pa.string()),
        pa.field("artist_uri", pa.string()),
        pa.field("artist_name", pa.string()),
        pa.field("album_uri", pa.string()),
        pa.field("album_name", pa.string()),
        pa.field("duration_ms", pa.int64()),
        pa.field("playlists", pa.int32(), nullable=False),
    ]
)

AUDIO_FEATURES_SCHEMA = pa.schema(
    [
        pa.field("track_uri", pa.string(), nullable=False),
        *(pa.field(name, pa.float32()) for name in NUMERIC_FEATURES),
        *(pa.field(name, pa.int8()) for name in CATEGORICAL_FEATURES),
    ]
)

# The snapshot's playlists, so that what comes later neither joins strings nor sees slices that arrive meanwhile.
PLAYLISTS_SCHEMA = pa.schema(
    [
        pa.field("playlist", pa.int32(), nullable=False),
        pa.field("pid", pa.int64(), nullable=False),
        pa.field("bucket", pa.int32(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("track", pa.int32(), nullable=False),
    ]
)

# The playlists that have a name, for what learns from names.
PLAYLIST_NAMES_SCHEMA = pa.schema(
    [pa.field("pid", pa.int64(), nullable=False), pa.field("name", pa.string(), nullable=False)]
)

EDGES_SCHEMA = pa.schema(
    [
        pa.field("source", pa.int32(), nullable=False),
        pa.field("target", pa.int32(), nullable=False),
        pa.field("weight", pa.float32(), nullable=False),
        pa.field("proximity", pa.float32(), nullable=False),
        pa.field("playlists", pa.int32(), nullable=False),
    ]
)

GRAPH_SAMPLE_SCHEMA = pa.schema(
    [
        pa.field("track_uri", pa.string(), nullable=False),
        pa.field("track_name", pa.string()),
        pa.field("artist_name", pa.string()),
        pa.field("neighbour_uri", pa.string(), nullable=False),
        pa.field("neighbour_name", pa.string()),
        pa.field("neighbour_artist", pa.string()),
        pa.field("weight", pa.float32(), nullable=False),
        pa.field("proximity", pa.float32(), nullable=False),
        pa.field("playlists", pa.int32(), nullable=False),
        *(pa.field(name, pa.float32()) for name in NUMERIC_FEATURES),
        *(pa.field(name, pa.int8()) for name in CATEGORICAL_FEATURES),
    ]
)

# Of a stored vector: behind the graph network's vector, before the popularity term.
FACTORS = 128

EMBEDDINGS_SCHEMA = pa.schema(
    [
        pa.field("track", pa.int32(), nullable=False),
        pa.field("embedding", pa.list_(pa.float32()), nullable=False),
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
    "pyg_graph", "graph", "pyg_graph/{version}", ("edge_table", "track_metadata", "scaler", "audio_features")
)
GCN_WEIGHTS = Artifact("gcn_weights", "model", "gcn_weights", ("pyg_graph", "track_metadata"), code_version="4")
EMBEDDINGS = Artifact(
    "embeddings",
    "model",
    "embeddings.parquet",
    ("gcn_weights", "pyg_graph"),
    code_version="3",
    schema=EMBEDDINGS_SCHEMA,
)
MLP_WEIGHTS = Artifact(
    "mlp_weights", "model", "mlp_weights", ("embeddings", "scaler", "audio_features", "track_metadata")
)
TITLE_WEIGHTS = Artifact("title_weights", "model", "title_weights", ("track_metadata", "embeddings", "gcn_weights"))
SERVING_BUNDLE = Artifact(
    "serving_bundle",
    "serving",
    "serving_bundle/{version}",
    ("scaler", "mlp_weights", "title_weights", "embeddings", "gcn_weights"),
    code_version="3",
)
SEARCH_INDEX = Artifact(
    "search_index",
    "serving",
    "search_index/{version}",
    ("embeddings", "track_metadata", "edge_table", "gcn_weights"),
    code_version="5",
)
EVALUATION_REPORT = Artifact(
    "evaluation_report",
    "evaluation",
    "evaluation_report",
    ("serving_bundle", "search_index", "track_metadata"),
    code_version="7",
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
        SEARCH_INDEX,
        EVALUATION_REPORT,
        RELEASE,
    )
}
