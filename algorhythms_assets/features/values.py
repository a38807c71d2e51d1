"""Converts cells to numbers: decimal commas, names of keys and modes, time signatures such as 4/4."""

import re
from collections.abc import Callable

import pandas as pd

_NOTES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SIGNS = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_SIGN = "(?:[ -]?(#|♯|sharp|b|♭|flat))?"
# Of two names of one key ("C#/Db") the first, without the mode that may follow it.
_KEY = re.compile(rf"([a-g]){_SIGN}(?: ?/ ?[a-g]{_SIGN})?(?: ?(?:m|min|minor|maj|major))?")
_MODES = {"major": 1.0, "maj": 1.0, "minor": 0.0, "min": 0.0}
_TIME_SIGNATURE = re.compile(r"(\d) ?/ ?\d+")
_DECIMAL_COMMA = r"^([+-]?\d*),(\d+)$"


def numbers(cells: pd.Series, feature: str, decimal_comma: bool) -> pd.Series:
    """Returns a feature's cells, texts or numbers, as float64; NaN for neither a number nor a known name."""
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        return cells.astype("float64")
    texts = cells.astype("str").str.strip()
    if decimal_comma:
        texts = texts.str.replace(_DECIMAL_COMMA, r"\1.\2", regex=True)
    found = pd.to_numeric(texts, errors="coerce").astype("float64")
    if feature in _NAMED:
        # A column has few distinct names, but many rows.
        names = {text: _NAMED[feature](text.casefold()) for text in texts[found.isna()].dropna().unique()}
        found = found.fillna(texts.map(names).astype("float64"))
    return found


def _key(name: str) -> float | None:
    match = _KEY.fullmatch(name)
    return float((_NOTES[match[1]] + _SIGNS[match[2] or ""]) % 12) if match else None


def _time_signature(name: str) -> float | None:
    match = _TIME_SIGNATURE.fullmatch(name)
    return float(match[1]) if match else None


_NAMED: dict[str, Callable[[str], float | None]] = {"key": _key, "mode": _MODES.get, "time_signature": _time_signature}
