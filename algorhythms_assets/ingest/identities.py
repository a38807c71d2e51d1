"""What tells artists and albums apart."""

import pyarrow as pa
import pyarrow.compute as pc


def identities(tracks: pa.Table, kind: str) -> pa.ChunkedArray:
    """Returns what identifies each track's artist or album, the `kind`: string [tracks], null if it has none.

    That is the URI, or else the name. An album without a URI is told apart by its artist, too: many artists have
    "Greatest Hits".
    """
    uris, names = (_given(tracks[f"{kind}_{part}"]) for part in ("uri", "name"))
    if kind == "album":
        names = pc.binary_join_element_wise(pc.fill_null(identities(tracks, "artist"), ""), names, "\n")
    return pc.coalesce(uris, names)


def _given(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
