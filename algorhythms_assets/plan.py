"""Finds the artifacts that must be rebuilt: those that are outdated under the current settings, or damaged."""

from collections.abc import Mapping

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
    PYG_GRAPH,
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
from algorhythms_assets.serving.config import DocumentsConfig, SearchIndexConfig
from algorhythms_assets.settings import Settings

CONFIGURABLE: Mapping[str, type[BaseModel]] = {
    GRAPH_SAMPLE.name: GraphSampleConfig,
    PYG_GRAPH.name: PygGraphConfig,
    GCN_WEIGHTS.name: GcnConfig,
    MLP_WEIGHTS.name: MlpConfig,
    SEARCH_INDEX.name: DocumentsConfig,
    EVALUATION_REPORT.name: EvaluationConfig,
}


def chosen(settings: Settings) -> dict[str, BaseModel]:
    """Returns the config of each asset that has something to choose, by its name: what the file says, else defaults.

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


def configs(settings: Settings) -> Mapping[str, BaseModel]:
    """Returns the config that each artifact is made with where no run says anything else, by its name.

    Raises:
        InputError: the file that ALGORHYTHMS_CONFIG names is not valid.
    """
    config = chosen(settings)
    return {
        TRACK_METADATA.name: TrackMetadataConfig(holdout=settings.holdout),
        AUDIO_FEATURES.name: audio_features_config(settings),
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
        SEARCH_INDEX.name: SearchIndexConfig(index=settings.index, **config[SEARCH_INDEX.name].model_dump()),
        EVALUATION_REPORT.name: config[EVALUATION_REPORT.name],
    }


def outdated(store: Store, settings: Settings) -> list[str]:
    """Returns the artifacts that must be rebuilt, except slices; includes the release if it would change."""
    chosen = configs(settings)
    found: list[str] = []
    for name, config in chosen.items():
        artifact = ARTIFACTS[name]
        if set(artifact.inputs) & set(found) or not _is_current(store, artifact, config):
            found.append(name)
    evaluated, released = store.stamp(EVALUATION_REPORT), current(store)
    if found or evaluated is None or released is None or released["evaluation"] != evaluated.data_version:
        found.append(RELEASE.name)
    return found


def _is_current(store: Store, artifact: Artifact, config: BaseModel) -> bool:
    try:
        planned = planned_stamp(artifact, store.inputs(artifact), config.model_dump(mode="json"))
    except InputError:
        return False
    stamp = store.stamp(artifact)
    return stamp is not None and stamp.data_version == planned.data_version and damage(store.path(artifact)) is None
