"""Fetches the features of many tracks from a service, and resumes where an earlier run stopped."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from algorhythms_ask.features import FEATURES

from algorhythms_assets.features.answers import Features
from algorhythms_assets.features.cache import FeatureCache
from algorhythms_assets.features.service import FeatureApi
from algorhythms_assets.payload import Work
from algorhythms_assets.resources.store import InputError

_SPOTIFY = "spotify:track:"
# With one malformed id, the service would refuse the whole batch.
_ASKABLE = re.compile(rf"{_SPOTIFY}[0-9A-Za-z]{{22}}")


@dataclass(frozen=True)
class Fetched:
    """Features by URI, of the tracks that have them (NaN where one is missing), and figures to report."""

    features: pd.DataFrame
    refused: int
    asked: int


def fetch(
    work: Work[Any], api: FeatureApi, cache: FeatureCache, uris: Sequence[str], batch: int, save_every: int
) -> Fetched:
    """Returns the features of the tracks; only tracks that are not in the cache are requested.

    Impossible features are rejected and not cached, so that they are requested again once the service is fixed.

    Raises:
        InputError: the service failed; its answers up to then are in the cache.
    """
    askable = [uri for uri in uris if _ASKABLE.fullmatch(uri)]
    known = cache.read()
    missing = list(np.asarray(askable, dtype=object)[~pd.Index(askable).isin(known.index)])
    if missing:
        have = len(askable) - len(missing)
        work.log.info("%d of %d tracks are in the cache; requesting %d", have, len(askable), len(missing))
    refused: dict[str, str] = {}
    fresh: dict[str, Features | None] = {}
    batches = [missing[start : start + batch] for start in range(0, len(missing), batch)]
    saved = 0
    try:
        for number, asked in enumerate(work.progress(batches, len(batches), f"batches of {batch} tracks"), start=1):
            answer = api.ask([uri.removeprefix(_SPOTIFY) for uri in asked])
            fresh |= {_SPOTIFY + track: features for track, features in answer.features.items()}
            refused |= answer.refused
            if number % save_every == 0:
                saved += _save(cache, fresh)
    except InputError as error:
        done = len(askable) - len(missing) + saved + len(fresh)
        raise InputError(
            f"{error} {done} of {len(askable)} tracks are fetched and kept in {cache.folder}; a new run resumes there."
        ) from None
    finally:
        _save(cache, fresh)
    for track, why in list(refused.items())[:5]:
        work.log.warning("skipped the features of %s: %s", track, why)
    rows = cache.read() if missing else known
    rows = rows[rows.index.isin(askable)]
    return Fetched(rows.dropna(how="all", subset=list(FEATURES)), len(refused), len(missing))


def _save(cache: FeatureCache, fresh: dict[str, Features | None]) -> int:
    saved = len(fresh)
    if fresh:
        cache.add(fresh)
        fresh.clear()
    return saved
