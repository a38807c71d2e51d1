"""What can be chosen at the stage."""

import hashlib
from pathlib import Path

from pydantic import BaseModel, Field

from algorhythms_assets.settings import FeatureSettings, Settings

# Of memory for each of a file of text; and how much smaller a packed one is.
_BYTES_A_BYTE = 6
_PACKED = 3


class AudioFeaturesConfig(BaseModel):
    """Where features come from. Secrets and manners of asking are no part of it, see `settings.FeatureSettings`."""

    source: str = Field(
        "none",
        description="file of features (CSV, JSON lines or Parquet; see docs/features.md); http(s):// address of a "
        "service with Spotify's or ReccoBeats' schema; spotify; or none",
    )
    content: str | None = Field(None, description="checksum of the file, so that a changed file is noticed")
    address: str | None = Field(None, description="the address behind the source spotify, so that another is noticed")


def audio_features_config(settings: Settings) -> AudioFeaturesConfig:
    """Returns where the settings say that features come from, and which they are."""
    source = settings.feature_source
    file = Path(source)
    content = _checksum(file) if file.is_file() else None
    # Of the settings of a service only its address says which rows come out.
    address = FeatureSettings.read().spotify_url if source == "spotify" else None
    return AudioFeaturesConfig(source=source, content=content, address=address)


def reading_gb(source: str) -> float:
    """Returns the GB that reading a file of features takes; none for a service, which is asked in batches."""
    file = Path(source)
    packed = source.lower().endswith((".gz", ".zst", ".zip", ".parquet"))
    return file.stat().st_size / 1e9 * _BYTES_A_BYTE * (_PACKED if packed else 1) if file.is_file() else 0.0


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return str(hashlib.file_digest(file, "sha256").hexdigest())
