"""Which artifacts are to be made: those that would come out otherwise than they are in the store, or are damaged."""

from collections.abc import Mapping

from algorhythms_ask.blocking import BlockList
from pydantic import BaseModel

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
from algorhythms_assets.serving.config import SearchIndexConfig
from algorhythms_assets.settings import Settings


def configs(settings: Settings, blocked: BlockList) -> Mapping[str, BaseModel]:
    """Returns the config that each artifact is made with where nothing else is chosen, by its name."""
    return {
        TRACK_METADATA.name: TrackMetadataConfig(holdout=settings.holdout),
        AUDIO_FEATURES.name: audio_features_config(settings),
        SCALER.name: NoConfig(),
        EDGE_TABLE.name: NoConfig(),
        DEGREE_REPORT.name: NoConfig(),
        GRAPH_SAMPLE.name: GraphSampleConfig(),
        PYG_GRAPH.name: PygGraphConfig(),
        GCN_WEIGHTS.name: GcnConfig(),
        EMBEDDINGS.name: NoConfig(),
        MLP_WEIGHTS.name: MlpConfig(),
        TITLE_WEIGHTS.name: NoConfig(),
        SERVING_BUNDLE.name: NoConfig(),
        NEW_TRACKS.name: audio_features_config(settings),
        SEARCH_INDEX.name: SearchIndexConfig(index=settings.index, blocked=blocked.version),
        EVALUATION_REPORT.name: EvaluationConfig(),
    }


def outdated(store: Store, settings: Settings) -> list[str]:
    """Returns the artifacts after the slices that have to be made, the release among them if another is to serve."""
    chosen = configs(settings, block_list(store))
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
