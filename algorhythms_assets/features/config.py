"""The stage's configuration."""

import hashlib
from pathlib import Path

from pydantic import BaseModel, Field

from algorhythms_assets.settings import FeatureSettings, Settings

# Bytes of memory for each byte of a text file, and the compression ratio of a compressed one.
_BYTES_A_BYTE = 6
_PACKED = 3


class AudioFeaturesConfig(BaseModel):
    """Where features come from. Secrets and request limits are not part of it, see `settings.FeatureSettings`."""

    source: str = Field(
        "none",
        description="file of features (CSV, JSON Lines or Parquet; see docs/features.md); http(s):// URL of a "
        "service with Spotify's or ReccoBeats' schema; spotify; or none",
    )
    content: str | None = Field(None, description="checksum of the file, to detect changes")
    address: str | None = Field(None, description="base URL of the source spotify, to detect changes")


def audio_features_config(settings: Settings) -> AudioFeaturesConfig:
    """Returns the source of features according to the settings, and what identifies its content."""
    source = settings.feature_source
    file = Path(source)
    content = _checksum(file) if file.is_file() else None
    # Of a service's settings, only its URL affects the rows.
    address = FeatureSettings.read().spotify_url if source == "spotify" else None
    return AudioFeaturesConfig(source=source, content=content, address=address)


def reading_gb(source: str) -> float:
    """Returns the GB that reading a file of features takes; 0 for a service, which answers in batches."""
    file = Path(source)
    packed = source.lower().endswith((".gz", ".bz2", ".xz", ".zst", ".zip", ".parquet"))
    return file.stat().st_size / 1e9 * _BYTES_A_BYTE * (_PACKED if packed else 1) if file.is_file() else 0.0


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return str(hashlib.file_digest(file, "sha256").hexdigest())
