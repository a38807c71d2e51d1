"""Parses services' answers about a batch of tracks, in Spotify's schema or ReccoBeats'."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from algorhythms_ask.features import FEATURES, problems
from algorhythms_ask.songs import track_id

from algorhythms_assets.resources.http.client import WrongAnswerError

# NaN where one is missing.
Features = Mapping[str, float]

_SPOTIFY = "spotify:track:"


@dataclass(frozen=True)
class Answer:
    """What is known about the requested tracks, by id: features, None if there are none, or why they are wrong."""

    features: dict[str, Features | None]
    refused: dict[str, str]


def reader(ids: Sequence[str]) -> Callable[[Any], Answer]:
    """Returns a function that checks an answer to these ids and keys it by id; positions are not trusted."""

    def read(content: Any) -> Answer:
        if not isinstance(content, dict):
            raise WrongAnswerError('the answer has no list "audio_features" or "content"')
        if isinstance(content.get("content"), list):
            rows, needed = _of_reccobeats(content["content"], set(ids)), _told
        else:
            rows, needed = _of_spotify(content.get("audio_features"), set(ids)), _all
        refused = {track: why for track, row in rows.items() if (why := _wrong(row, needed(row)))}
        # One faulty track must not stop the others; if all are faulty, the service is.
        if len(refused) == len(rows) > 1:
            raise WrongAnswerError(f"all features in the answer are impossible (e.g. {next(iter(refused.values()))})")
        return Answer({track: _features(rows.get(track, {})) for track in ids if track not in refused}, refused)

    return read


def _of_spotify(rows: Any, asked: Collection[str]) -> dict[str, dict[str, Any]]:
    """Returns by id the entries of a list that has null for a track without features."""
    if not isinstance(rows, list):
        raise WrongAnswerError('the answer has no list "audio_features" or "content"')
    if len(rows) != len(asked):
        raise WrongAnswerError(f"the answer has {len(rows)} entries for {len(asked)} tracks")
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row is None:
            continue
        track = row.get("id") if isinstance(row, dict) else None
        if not isinstance(track, str) or track not in asked:
            raise WrongAnswerError("the answer has an entry with an id that was not requested")
        if track in found:
            raise WrongAnswerError("the answer has two entries for the same track")
        found[track] = row
    return found


def _of_reccobeats(rows: list[Any], asked: Collection[str]) -> dict[str, dict[str, Any]]:
    """Returns by id the entries of a list that omits tracks without features, and identifies tracks by link."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        link = row.get("href") if isinstance(row, dict) else None
        try:
            track = track_id(str(link)).removeprefix(_SPOTIFY)
        except ValueError:
            track = ""
        if track not in asked:
            raise WrongAnswerError("the answer has an entry with a link that was not requested")
        # A track may have several ReccoBeats identifiers.
        found.setdefault(track, row)
    return found


def _all(row: Mapping[str, Any]) -> Sequence[str]:  # noqa: ARG001
    return FEATURES


def _told(row: Mapping[str, Any]) -> Sequence[str]:
    return [name for name in FEATURES if row.get(name) is not None]


def _features(row: Mapping[str, Any]) -> Features | None:
    told = _told(row)
    return {name: row[name] if name in told else nan for name in FEATURES} if told else None


def _wrong(row: Mapping[str, Any], needed: Collection[str]) -> str | None:
    return next((f"{name} {problem}" for name, problem in problems(row, needed).items()), None)
