"""What the endpoint loads."""

from typing import Any

import dagster as dg

from algorhythms_assets.asset_config import with_lasting_defaults
from algorhythms_assets.contracts import SEARCH_INDEX, SERVING_BUNDLE, NoConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import SERVED, declared
from algorhythms_assets.serving.config import DocumentsConfig, SearchIndexConfig
from algorhythms_assets.settings import Settings


@dg.asset(**declared(SERVING_BUNDLE, SERVED), kinds={"numpy", "json"})
def serving_bundle(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """All small files that an endpoint loads, with a manifest of checksums.

    Fold-in matrix, scaler, feature network and titles: numpy and JSON, never pickle. A version is never rewritten,
    and it names the embeddings that its index must have been built from.
    """
    return materialize(context, compute, SERVING_BUNDLE, NoConfig(), Memory(0.5), Request(cpus=1))


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

    Vectors for the search by inner product, names for the search by text. Embedded it is a matrix and SQLite; on
    Elasticsearch (ALGORHYTHMS_INDEX) the number of candidates is chosen so that recall@100 is at least 0.95. See
    docs/architecture.md, "Index".
    """
    context.add_asset_metadata(settings.in_use)
    chosen = SearchIndexConfig(index=settings.index, **config.model_dump())
    return materialize(context, compute, SEARCH_INDEX, chosen, Memory(0.8, per_million_tracks=8.5))
