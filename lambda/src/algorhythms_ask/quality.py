"""`/quality` as a web page: the released evaluation as tables and bars, without scripts."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from fastapi.responses import HTMLResponse

from algorhythms_ask.contract import Evaluation, Quality

# The names of methods and metrics; the metrics in the order of their tables.
_METHODS = {
    "served": "this model",
    "released": "the previous version",
    "popularity": "the most popular",
    "item_knn": "item-kNN",
}
_METRICS = {
    "r_precision": ("R-precision", "The share of the n hidden tracks among the first n answers. Higher is better."),
    "r_precision_artists": ("R-precision with artists", "Another track by a right artist counts a quarter."),
    "ndcg": ("NDCG@500", "Hidden tracks among 500 answers; earlier ones count more. Higher is better."),
    "clicks": ("Clicks", "How often a listener needs ten more answers until one is right. Fewer are better."),
}
_DRAWN = ("r_precision", "ndcg")
_BAR, _GAP, _WIDTH = 22, 10, 420
_LABEL = 120

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --quiet: #62626d; --line: #d9d9e0; --paper: #fdfdfc;
  --served: #d9480f; --other: #a9a9b4; }
@media (prefers-color-scheme: dark) { :root { --ink: #eeeef2; --quiet: #a5a5b2; --line: #3a3a44; --paper: #16161a;
  --served: #ff8c4b; --other: #6d6d7a; } }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 1rem; } .quiet { color: var(--quiet); } code { font-size: .9em; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; font-weight: 400; } thead th { color: var(--quiet); font-weight: 400; }
tr.served th, tr.served td { color: var(--served); font-weight: 600; }
svg { display: block; width: 100%; max-width: 36rem; height: auto; font: 13px system-ui, sans-serif; fill: var(--ink); }
.bar { fill: var(--other); } .served .bar { fill: var(--served); } .range { stroke: var(--ink); stroke-width: 1.5; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {"Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'"}


def is_wanted(accept: str) -> bool:
    """Returns whether a client prefers HTML to JSON, as browsers do."""
    return "text/html" in accept and "application/json" not in accept


def page_of(quality: Quality) -> HTMLResponse:
    """Returns the page of an evaluation; only the means if the release has no evaluation."""
    body = "\n".join(_body(quality))
    document = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>How good are the playlists?</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )
    return HTMLResponse(document, headers=_HEADERS)


def _body(quality: Quality) -> Iterator[str]:
    yield f"<h1>How good are the playlists?</h1><p class=quiet>Release <code>{escape(quality.model_version)}</code></p>"
    found: Evaluation | None = quality.evaluation
    if found is None:
        yield _table(["", *(_METRICS.get(name, (name, ""))[0] for name in _names(quality.metrics))], _means(quality))
        return
    yield (
        f"<p>{found.test_playlists:,} playlists were kept out of training. Some tracks of each are given, and the "
        "others are to be found. K5 gives the first five, K25r any twenty-five. Lines are 95&nbsp;% intervals.</p>"
    )
    yield from _in_short(found)
    for name in _DRAWN:
        yield f"<h2>{_METRICS[name][0]}</h2><p class=quiet>{_METRICS[name][1]}</p>{_bars(found, name)}"
    yield from _differences(found)
    for name, (title, meaning) in _METRICS.items():
        categories = list(next(iter(found.methods.values()), {}))
        rows = [
            (method, [of_method.get(category, {}).get(name) for category in categories])
            for method, of_method in found.methods.items()
        ]
        yield f"<h2>{title} by number of given tracks</h2><p class=quiet>{meaning}</p>"
        yield _table(["", *categories], rows, 2 if name == "clicks" else 4)
    yield "<h2>Share of hidden tracks found, by number of playlists with the track</h2>"
    yield _table(["", *next(iter(found.by_popularity.values()), {})], _rows(found.by_popularity))
    if found.chance is not None:
        yield "<h2>Does the chance say what happens?</h2>"
        yield "<p class=quiet>Recommendations by the chance that they were given.</p>"
        rows = [(f"{tenth.chance:.4f}", [tenth.share]) for tenth in found.chance.reliability]
        yield _table(["chance", "share that was in the playlist"], rows)
    yield "<h2>The first ten answers</h2>"
    named = list(next(iter(found.beyond.values()), {}))
    yield _across(named, found.beyond)


def _in_short(found: Evaluation) -> Iterator[str]:
    """Yields a summary for listeners."""
    means = [found.methods.get(method, {}).get("mean", {}).get("r_precision") for method in ("served", "popularity")]
    hits = [round(100 * mean) for mean in means if mean is not None]
    if len(hits) == 2:
        yield (
            f"<p><strong>Of 100 songs that people had put there themselves, {hits[0]} are among as many suggestions. "
            f"The most popular songs would hit {hits[1]}.</strong></p>"
        )


def _differences(found: Evaluation) -> Iterator[str]:
    lines = [
        f"<li>{_METRICS[name][0]}: {low:+.4f} to {high:+.4f} compared with {_called(method)}</li>"
        for method, of_method in found.served_minus.items()
        for name in _DRAWN
        if (bounds := of_method.get(name)) is not None
        for low, high in [bounds]
    ]
    if lines:
        yield f"<h2>The difference</h2><ul>{''.join(lines)}</ul>"


def _bars(found: Evaluation, metric: str) -> str:
    """Draws a bar for each method, with its interval."""
    means = {method: of_method.get("mean", {}).get(metric) for method, of_method in found.methods.items()}
    ranges = {method: found.intervals.get(method, {}).get(metric) for method in means}
    ends = [value for value in means.values() if value] + [high for _, high in filter(None, ranges.values())]
    highest = max(ends, default=0)
    scale = (_WIDTH - _LABEL - 60) / highest if highest else 0
    parts = []
    for place, (method, mean) in enumerate(means.items()):
        top, middle = place * (_BAR + _GAP), place * (_BAR + _GAP) + _BAR / 2
        text = f'<text x="0" y="{middle + 5}">{_called(method)}</text>'
        if mean is not None:
            end = _LABEL + mean * scale
            text += f'<rect class="bar" x="{_LABEL}" y="{top}" width="{mean * scale:.1f}" height="{_BAR}"/>'
            if bounds := ranges[method]:
                low, high = (_LABEL + bound * scale for bound in bounds)
                text += f'<path class="range" d="M{low:.1f} {middle}H{high:.1f}"/>'
                end = max(end, high)
            text += f'<text x="{end + 8:.1f}" y="{middle + 5}">{mean:.4f}</text>'
        parts.append(f'<g class="{"served" if method == "served" else ""}">{text}</g>')
    height = len(means) * (_BAR + _GAP)
    told = ", ".join(f"{_called(method)} {_number(mean, 4)}" for method, mean in means.items())
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{told}">{"".join(parts)}</svg>'


def _names(metrics: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    return list(dict.fromkeys(name for of_method in metrics.values() for name in of_method))


def _means(quality: Quality) -> list[tuple[str, list[float | None]]]:
    names = _names(quality.metrics)
    return [(method, [values.get(name) for name in names]) for method, values in quality.metrics.items()]


def _rows(values: Mapping[str, Mapping[str, float | None]]) -> list[tuple[str, list[float | None]]]:
    return [(method, list(of_method.values())) for method, of_method in values.items()]


def _table(header: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]], digits: int = 4) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr class="{"served" if method == "served" else ""}"><th scope="row">{_called(method)}</th>'
        + "".join(f"<td>{_number(value, digits)}</td>" for value in values)
        + "</tr>"
        for method, values in rows
    )
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _across(names: Sequence[str], values: Mapping[str, Mapping[str, float | None]]) -> str:
    """Returns a table with a column for each method."""
    head = "".join(f'<th scope="col">{_called(method)}</th>' for method in values)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{_number(of_method.get(name), 3)}</td>" for of_method in values.values())
        + "</tr>"
        for name in names
    )
    return f"<div class=wide><table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _called(method: str) -> str:
    return escape(_METHODS.get(method, method))


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
