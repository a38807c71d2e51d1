"""Audio features and the scaler."""

import hashlib
from pathlib import Path
from typing import Any

import dagster as dg

from algorhythms_assets.contracts import AUDIO_FEATURES, SCALER, NoConfig
from algorhythms_assets.features.config import AudioFeaturesConfig
from algorhythms_assets.resources.compute import Compute, Request, materialize
from algorhythms_assets.resources.declared import declared
from algorhythms_assets.settings import FeatureSettings, Settings

# The two million tracks of the Million Playlist Dataset are 20,000 requests; a run that is ended goes on later.
_MINUTES = 12 * 60


@dg.asset(**declared(AUDIO_FEATURES), kinds={"pandas", "parquet"})
def audio_features(
    context: dg.AssetExecutionContext,
    compute: dg.ResourceParam[Compute],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[Any]:
    """Spotify's 13 audio features of the tracks that have them."""
    source = settings.feature_source
    file = Path(source)
    content = _checksum(file) if file.is_file() else None
    # Of the settings of a service only its address says which rows come out.
    address = FeatureSettings.read().spotify_url if source == "spotify" else None
    config = AudioFeaturesConfig(source=source, content=content, address=address)
    return materialize(context, compute, AUDIO_FEATURES, config, Request(cpus=1, minutes=_MINUTES))


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dg.asset(**declared(SCALER), kinds={"numpy"})
def scaler(context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute]) -> dg.MaterializeResult[Any]:
    """Min-max ranges and one-hot classes that turn the 13 features into 29 network inputs."""
    return materialize(context, compute, SCALER, NoConfig(), Request(cpus=1))
