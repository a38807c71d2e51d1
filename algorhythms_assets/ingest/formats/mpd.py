"""The Million Playlist Dataset's JSON (Chen et al., RecSys Challenge 2018): `{"playlists": [{"pid", "tracks"}]}`."""

from collections.abc import Iterator
from typing import Any

from algorhythms_assets.ingest.formats.document import Document


def recognises(document: Document) -> bool:
    """Returns whether there is a list of `playlists`."""
    return isinstance(document, dict) and isinstance(document.get("playlists"), list)


def playlists(document: Document, key: str) -> Iterator[Any]:  # noqa: ARG001
    """Yields the playlists as they stand."""
    yield from document["playlists"]
