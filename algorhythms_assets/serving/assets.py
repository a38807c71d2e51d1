"""What the endpoint loads."""

from typing import Any

import dagster as dg

from algorhythms_assets.asset_config import with_lasting_defaults
from algorhythms_assets.contracts import NEW_TRACKS, SEARCH_INDEX, SERVING_BUNDLE, NoConfig
from algorhythms_assets.features.config import audio_features_config, reading_gb
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import SERVED, declared
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.serving.blocked import block_list
from algorhythms_assets.serving.config import DocumentsConfig, SearchIndexConfig
from algorhythms_assets.settings import Settings


@dg.asset(**declared(SERVING_BUNDLE, SERVED), kinds={"numpy", "json"})
def serving_bundle(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """All small files that an endpoint loads, with a manifest of checksums.

    Fold-in matrix, scaler, feature network and titles: numpy and JSON, never pickle. A version is never rewritten,
    and it names the embeddings that its index must have been built from.
    """
    memory = Memory(0.5, per_million_tracks=0.3)
    return materialize(context, compute, SERVING_BUNDLE, NoConfig(), memory, Request(cpus=1))


@dg.asset(**declared(NEW_TRACKS, SERVED), kinds={"numpy", "parquet"})
def new_tracks(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[Any]:
    """Tracks of slices newer than the snapshot, with vectors made without training.

    They are placed as the endpoint places an unknown song: by name, album, artist or audio features. The job
    `extend_index` adds them to a new index and release; right after a training there are none. See
    docs/catalogue.md.
    """
    config = audio_features_config(settings)
    memory = Memory(0.8 + reading_gb(config.source), per_million_tracks=2.2)
    return materialize(context, compute, NEW_TRACKS, config, memory, Request(cpus=1))


@with_lasting_defaults(SEARCH_INDEX)
class SearchIndexRunConfig(DocumentsConfig, dg.Config):
    """How the index is built."""


@dg.asset(**declared(SEARCH_INDEX, SERVED), kinds={"numpy", "sqlite"})
def search_index(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    config: SearchIndexRunConfig,
) -> dg.MaterializeResult[Any]:
    """The index of tracks, artists and albums: built and verified, not yet visible.

    Vectors for the search by inner product and names for the search by text, of trained and new tracks; blocked ones
    are left out. The embedded index is a matrix and SQLite; on Elasticsearch (ALGORHYTHMS_INDEX) the number of
    candidates is chosen so that recall@100 is at least 0.95. See
    docs/architecture.md, "Index".
    """
    context.add_asset_metadata(settings.in_use)
    try:
        blocked = block_list(compute.store).version
    except InputError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    chosen = SearchIndexConfig(index=settings.index, blocked=blocked, **config.model_dump())
    return materialize(context, compute, SEARCH_INDEX, chosen, Memory(1.2, per_million_tracks=5.3))
