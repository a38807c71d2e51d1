"""Finds the artifacts that must be rebuilt: those that are outdated under the current settings, or damaged."""

from collections.abc import Mapping

from algorhythms_ask.blocking import BlockList
from pydantic import BaseModel

from algorhythms_assets.asset_config import lasting, sections
from algorhythms_assets.contracts import (
    ARTIFACTS,
    AUDIO_FEATURES,
    DEGREE_REPORT,
    EDGE_TABLE,
    EMBEDDINGS,
    EVALUATION_REPORT,
    GCN_WEIGHTS,
    GRAPH_SAMPLE,
    MLP_WEIGHTS,
    NEW_TRACKS,
    PYG_GRAPH,
    RAW_PLAYLISTS,
    RELEASE,
    SCALER,
    SEARCH_INDEX,
    SERVING_BUNDLE,
    TITLE_WEIGHTS,
    TRACK_METADATA,
    Artifact,
    NoConfig,
)
from algorhythms_assets.evaluation.config import EvaluationConfig
from algorhythms_assets.features.config import audio_features_config
from algorhythms_assets.graph.config import GraphSampleConfig, PygGraphConfig
from algorhythms_assets.ingest.config import TrackMetadataConfig
from algorhythms_assets.model.config import GcnConfig, MlpConfig
from algorhythms_assets.release.history import current
from algorhythms_assets.resources.checksums import damage
from algorhythms_assets.resources.store import InputError, Store, planned_stamp
from algorhythms_assets.serving.blocked import block_list
from algorhythms_assets.serving.config import DocumentsConfig, SearchIndexConfig
from algorhythms_assets.settings import Settings

# Most of a store, though nothing is served from them: `make clean` frees them once everything downstream is made.
INTERMEDIATE = (EDGE_TABLE, PYG_GRAPH)

CONFIGURABLE: Mapping[str, type[BaseModel]] = {
    GRAPH_SAMPLE.name: GraphSampleConfig,
    PYG_GRAPH.name: PygGraphConfig,
    GCN_WEIGHTS.name: GcnConfig,
    MLP_WEIGHTS.name: MlpConfig,
    SEARCH_INDEX.name: DocumentsConfig,
    EVALUATION_REPORT.name: EvaluationConfig,
}


def chosen(settings: Settings) -> dict[str, BaseModel]:
    """Returns the config of each configurable asset, by its name: the file's values, else the defaults.

    Raises:
        InputError: the file that ALGORHYTHMS_CONFIG names is not valid.
    """
    unknown = [str(name) for name in sections(settings.config) if name not in CONFIGURABLE]
    if unknown:
        raise InputError(
            f"ALGORHYTHMS_CONFIG: {settings.config}: nothing can be chosen of {', '.join(unknown)}, but of: "
            f"{', '.join(CONFIGURABLE)}"
        )
    return {name: lasting(kind, name, settings.config) for name, kind in CONFIGURABLE.items()}


def configs(settings: Settings, blocked: BlockList) -> Mapping[str, BaseModel]:
    """Returns the config of each artifact, by its name, for runs that do not override it.

    Raises:
        InputError: the file that ALGORHYTHMS_CONFIG names is not valid.
    """
    config, of_features = chosen(settings), audio_features_config(settings)
    return {
        TRACK_METADATA.name: TrackMetadataConfig(holdout=settings.holdout),
        AUDIO_FEATURES.name: of_features,
        SCALER.name: NoConfig(),
        EDGE_TABLE.name: NoConfig(),
        DEGREE_REPORT.name: NoConfig(),
        GRAPH_SAMPLE.name: config[GRAPH_SAMPLE.name],
        PYG_GRAPH.name: config[PYG_GRAPH.name],
        GCN_WEIGHTS.name: config[GCN_WEIGHTS.name],
        EMBEDDINGS.name: NoConfig(),
        MLP_WEIGHTS.name: config[MLP_WEIGHTS.name],
        TITLE_WEIGHTS.name: NoConfig(),
        SERVING_BUNDLE.name: NoConfig(),
        NEW_TRACKS.name: of_features,
        SEARCH_INDEX.name: SearchIndexConfig(
            index=settings.index, blocked=blocked.version, **config[SEARCH_INDEX.name].model_dump()
        ),
        EVALUATION_REPORT.name: config[EVALUATION_REPORT.name],
    }


def outdated(store: Store, settings: Settings, verify: bool = True) -> list[str]:
    """Returns the artifacts that must be rebuilt, except slices; includes the release if it would change.

    An intermediate that is absent is rebuilt only if something is to be made from it. To find what is damaged, all
    files are read, unless `verify` is false.
    """
    config_of = configs(settings, block_list(store))
    stamps = {RAW_PLAYLISTS.name: store.stamp(RAW_PLAYLISTS)}
    found: set[str] = set()
    absent: set[str] = set()
    for name, config in config_of.items():
        inputs = {source: stamps[source] for source in ARTIFACTS[name].inputs}
        known = {source: stamp for source, stamp in inputs.items() if stamp is not None}
        planned = planned_stamp(ARTIFACTS[name], known, config.model_dump(mode="json"))
        stamp = store.stamp(ARTIFACTS[name])
        if found & set(inputs) or len(known) < len(inputs):
            found.add(name)
        elif _is_freed(store, ARTIFACTS[name]):
            absent.add(name)
        elif (
            stamp is None
            or stamp.data_version != planned.data_version
            or (verify and damage(store.path(ARTIFACTS[name])))
        ):
            found.add(name)
        stamps[name] = planned
    for name in reversed(list(config_of)):
        if name in absent and any(name in ARTIFACTS[user].inputs for user in found):
            found.add(name)
    names = [name for name in config_of if name in found]
    evaluated, released = store.stamp(EVALUATION_REPORT), current(store)
    if found or evaluated is None or released is None or released["evaluation"] != evaluated.data_version:
        names.append(RELEASE.name)
    return names


def _is_freed(store: Store, artifact: Artifact) -> bool:
    """Tells whether it is an intermediate that does not exist; one that cannot be read counts as existing."""
    try:
        place = store.path(artifact)
    except InputError:
        place = store.root / artifact.name
    return artifact in INTERMEDIATE and not place.exists()
