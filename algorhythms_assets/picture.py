"""Figures as text: Markdown with an embedded picture, so that Dagster's UI can show it from its history."""

import base64
from pathlib import Path


def inline(path: Path) -> str:
    """Returns Markdown with an embedded PNG."""
    content = base64.b64encode(path.read_bytes()).decode()
    return f"![{path.stem}](data:image/png;base64,{content})"
