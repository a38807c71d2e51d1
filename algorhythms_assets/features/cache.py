"""Services' answers about tracks, kept in the store so that no track is requested twice.

The cache is not an artifact: it outlives snapshots, and is refilled if its folder is deleted.
"""

import logging
import os
import time
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from algorhythms_ask.features import FEATURES

from algorhythms_assets.contracts import AUDIO_FEATURES_SCHEMA
from algorhythms_assets.features.answers import Features
from algorhythms_assets.resources.store import Store, digest, replacing, write_json, write_table

FOLDER = "audio_features.cache"
_ABANDONED_SECONDS = 3600


class FeatureCache:
    """A folder of Parquet parts in the schema of audio_features; a row without features means that there are none."""

    def __init__(self, store: Store, url: str, log: logging.Logger) -> None:
        self.folder = store.root / FOLDER / digest(url)[:16]
        self._log = log
        if not (self.folder / "source.json").exists():
            write_json(self.folder / "source.json", {"url": url})
        for left in self.folder.glob(".*.tmp"):
            # Left by a killed run; a younger one may belong to a run that is still writing.
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink(missing_ok=True)

    def read(self) -> pd.DataFrame:
        """Returns the features of every track requested so far, by URI; all missing if it has none."""
        tables = [AUDIO_FEATURES_SCHEMA.empty_table()]
        for part in sorted(self.folder.glob("part-*.parquet")):
            try:
                tables.append(pq.read_table(part).select(AUDIO_FEATURES_SCHEMA.names).cast(AUDIO_FEATURES_SCHEMA))
            except (pa.ArrowException, OSError, KeyError, ValueError) as error:
                self._log.warning("%s cannot be read (%s): its tracks are requested again", part, type(error).__name__)
        rows = pa.concat_tables(tables).to_pandas()
        # Concurrent runs may request the same tracks; the names of the parts increase with time.
        return rows.drop_duplicates("track_uri", keep="last").set_index("track_uri")

    def add(self, rows: Mapping[str, Features | None]) -> None:
        """Writes answers, by URI, as a new part."""
        empty: Features = dict.fromkeys(FEATURES, float("nan"))
        table = pd.DataFrame([dict(features or empty) for features in rows.values()], dtype="float64")
        table["track_uri"] = list(rows)
        with replacing(self.folder / f"part-{time.time_ns():020}-{os.getpid()}.parquet") as path:
            write_table(pa.Table.from_pandas(table, preserve_index=False), path, AUDIO_FEATURES_SCHEMA)
