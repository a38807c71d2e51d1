"""The rows of a file of audio features: the track of each, and its values in Spotify's units."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from algorhythms_ask.features import FEATURES
from algorhythms_ask.songs import track_id

from algorhythms_assets.features.columns import HEADINGS, TRACK, Columns, columns_of
from algorhythms_assets.features.left_out import LeftOut
from algorhythms_assets.features.tables import read_table
from algorhythms_assets.features.values import numbers
from algorhythms_assets.resources.store import InputError

_SPOTIFY = "spotify:track:"
_BLANK = ("", "-", "nan", "na", "n/a", "none", "null")


@dataclass(frozen=True)
class Rows:
    """Rows that name a track, by row number: its URI, and float64 values of `FEATURES`, NaN where there is no number.

    `headings` are those of the features that have a column, `examples` a text from each column without numbers.
    """

    uris: pd.Series
    values: pd.DataFrame
    headings: dict[str, str]
    examples: dict[str, str]
    left_out: LeftOut


def read_rows(path: Path, known: Collection[str]) -> Rows:
    """Returns the rows of a file that name a Spotify track or a `known` one.

    Raises:
        InputError: the file cannot be read, or names no track.
    """
    table = read_table(path)
    columns = columns_of(table.headings)
    headings = {name: table.headings[place] for name, place in columns.features.items()}
    if not columns.identifiers:
        raise InputError(
            f"{path} has no column that names tracks, such as {', '.join(HEADINGS[TRACK][:4])}. "
            f"Its headings are: {', '.join(table.headings)[:300]}"
        )
    known = frozenset(known)
    named, parts, examples = columns.identifiers[0], list[pd.DataFrame](), dict[str, str]()
    for part in table.parts(columns.positions):
        uris = {place: part[place].map(lambda cell: _uri(cell, known)) for place in columns.identifiers}
        if not parts:
            # A file may have a column of row numbers as well as a column of tracks.
            named = max(uris, key=lambda place: int(uris[place].notna().sum()))
        nameless = uris[named].isna()
        why = ((number, f"names no track, but {_shown(cell)}") for number, cell in part.loc[nameless, named].items())
        table.left_out.add(why, int(nameless.sum()))
        part = part[~nameless]
        values = _values(part, columns, table.decimal_comma)
        for name in values.columns[values.isna().all()]:
            examples |= _example(part, columns, name)
        parts.append(values.assign(uri=uris[named][~nameless]))
    if not parts:
        raise InputError(f"{path} has headings, but no readable rows: {table.left_out}")
    rows = pd.concat(parts)
    if rows.empty:
        raise InputError(
            f"the column {table.headings[named]!r} of {path} names no tracks: {table.left_out}. Identifiers can be "
            "Spotify's URIs, links, or ids of 22 letters and digits, or the track identifiers of the playlists."
        )
    return Rows(rows.pop("uri"), rows, headings, examples, table.left_out)


def _values(part: pd.DataFrame, columns: Columns, decimal_comma: bool) -> pd.DataFrame:
    values = pd.DataFrame(index=part.index, columns=list(FEATURES), dtype="float64")
    for name, place in columns.features.items():
        values[name] = numbers(part[place], name, decimal_comma)
    return values.assign(duration_ms=values["duration_ms"] * columns.milliseconds)


def _example(part: pd.DataFrame, columns: Columns, name: str) -> dict[str, str]:
    """Returns a text from the feature's column, keyed by the feature; empty if the column is empty or missing."""
    if name not in columns.features:
        return {}
    cells = part[columns.features[name]].dropna().astype("str").str.strip()
    texts = cells[~cells.str.casefold().isin(_BLANK)]
    return {name: texts.iloc[0]} if len(texts) else {}


def _uri(cell: Any, known: Collection[str]) -> str | None:
    text = str(cell).strip()
    try:
        uri = track_id(f"https://{text}" if text.startswith("open.spotify.com/") else text)
    except ValueError:
        return None
    return uri if uri.startswith(_SPOTIFY) or uri in known else None


def _shown(cell: Any) -> str:
    text = str(cell)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
