"""What the endpoint loads."""

from typing import Any

import dagster as dg

from algorhythms_assets.contracts import SEARCH_INDEX, SERVING_BUNDLE, NoConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import declared
from algorhythms_assets.serving.config import DocumentsConfig, SearchIndexConfig
from algorhythms_assets.settings import Settings


@dg.asset(**declared(SERVING_BUNDLE), kinds={"numpy"})
def serving_bundle(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """The files that the endpoint loads, with a manifest of checksums."""
    return materialize(context, compute, SERVING_BUNDLE, NoConfig(), Memory(0.5), Request(cpus=1))


class SearchIndexRunConfig(DocumentsConfig, dg.Config):
    """How the index is built."""


@dg.asset(**declared(SEARCH_INDEX), kinds={"numpy", "sqlite", "elasticsearch"})
def search_index(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
    config: SearchIndexRunConfig,
) -> dg.MaterializeResult[Any]:
    """The index of tracks, artists and albums: built and verified, not yet visible."""
    chosen = SearchIndexConfig(index=settings.index, **config.model_dump())
    return materialize(context, compute, SEARCH_INDEX, chosen, Memory(0.8, per_million_tracks=8.5))
