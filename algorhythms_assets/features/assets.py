"""Audio features and the scaler."""

from typing import Any

import dagster as dg

from algorhythms_assets.contracts import AUDIO_FEATURES, SCALER, NoConfig
from algorhythms_assets.features.config import audio_features_config, reading_gb
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import FEATURE_SERVICE_POOL, OPTIONAL, SERVED, declared
from algorhythms_assets.settings import Settings

# The two million tracks of the Million Playlist Dataset are 20,000 requests; an interrupted run resumes later.
_MINUTES = 12 * 60


@dg.asset(**declared(AUDIO_FEATURES, OPTIONAL), pool=FEATURE_SERVICE_POOL, kinds={"pandas", "parquet"})
def audio_features(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[Any]:
    """Spotify's 13 audio features of the snapshot's tracks that have them.

    They come from a file or a service (ALGORHYTHMS_FEATURES). They are optional: the network uses them in addition to
    identity, and only they can place a track of unknown artist and album. Sources: docs/features.md.
    """
    config = audio_features_config(settings)
    memory = Memory(0.6 + reading_gb(config.source), per_million_tracks=0.7)
    return materialize(context, compute, AUDIO_FEATURES, config, memory, Request(cpus=1, minutes=_MINUTES))


@dg.asset(**declared(SCALER, SERVED), kinds={"pandas", "json"})
def scaler(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """How the 13 audio features become at most 29 network inputs.

    Numeric features are scaled to 0..1 by the ranges of training tracks; the others become one input per class.
    Fitted only on training tracks, and part of the serving bundle, so unknown songs are encoded like known ones.
    """
    return materialize(context, compute, SCALER, NoConfig(), Memory(0.5, per_million_tracks=0.8), Request(cpus=1))
