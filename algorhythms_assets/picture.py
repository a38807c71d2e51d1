"""Figures where text is expected: Markdown that holds its picture, so that Dagster's UI shows it from its history."""

import base64
from pathlib import Path


def inline(path: Path) -> str:
    """Returns Markdown that holds a PNG."""
    content = base64.b64encode(path.read_bytes()).decode()
    return f"![{path.stem}](data:image/png;base64,{content})"
